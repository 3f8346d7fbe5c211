// Types for others to fill in: the application's user, the store's manager.

/**
 * Merge into this interface to type what a scope carries.
 *
 * @example
 * declare module 'nestjs-jira' {
 *   interface ScopeTypes { user: User }
 * }
 */
export interface ScopeTypes {}

/** The user that authentication found, `null` when anonymous. Untyped until the application says what it is. */
// oxlint-disable-next-line typescript/no-explicit-any -- `scope.user.id` has to compile before the app names its user type
export type ScopeUser = ScopeTypes extends { user: infer User } ? User | null : any;

/** The transaction's manager; with TypeORM an `EntityManager`. */
export type ScopeManager = ScopeTypes extends { manager: infer Manager } ? Manager : unknown;
