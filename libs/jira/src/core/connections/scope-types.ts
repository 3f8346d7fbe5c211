// Types that others fill in: the application's user, the store's manager.

/**
 * Merge into this interface to give `scope.user` the type of your user.
 *
 * @example
 * declare module 'nestjs-jira' {
 *   interface ScopeTypes { user: User }
 * }
 */
export interface ScopeTypes {}

/** The user that authentication returned; `null` if anonymous. It is `any` until you merge your type into `ScopeTypes`. */
// oxlint-disable-next-line typescript/no-explicit-any -- `scope.user.id` has to compile before the app names its user type
export type ScopeUser = ScopeTypes extends { user: infer User } ? User | null : any;

/** The manager that a scope's queries run through. With TypeORM, an `EntityManager`. */
export type ScopeManager = ScopeTypes extends { manager: infer Manager } ? Manager : unknown;
