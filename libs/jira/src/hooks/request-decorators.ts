// Parts of a request as parameters: `close(scope: ActionScope, @Data() data: CloseIssue, @CurrentUser() user: User)`.

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { HookScope } from '../core/scope/scope.js';

/** Index of the scope among the arguments of an ExecutionContext: client, data, scope, pattern. */
export const SCOPE_ARGUMENT = 2;

/**
 * Returns the scope of the request for which a guard, an interceptor, a filter or a parameter decorator runs.
 *
 * @throws TypeError if the context does not belong to a hook
 */
export function scopeOf(context: Pick<ExecutionContext, 'getArgByIndex'>): HookScope {
  const scope: unknown = context.getArgByIndex(SCOPE_ARGUMENT);
  if (scope instanceof HookScope) return scope;
  throw new TypeError('This execution context does not belong to a hook; scopeOf() works for hooks only.');
}

/** The type of Nest's parameter decorators, which differs between its versions. */
type ParamDecorator = ReturnType<typeof createParamDecorator<string | undefined>>;

/** The factory behind `@Data()`, which also identifies its parameters. */
export const dataOf = (key: string | undefined, context: ExecutionContext): unknown => pick(scopeOf(context).data, key);

/**
 * Parameter decorator: the request's data, or one member of it. If the parameter's class has validators, the parameter is a
 * validated instance with declared fields only; invalid data is answered with field errors. A pipe of its own replaces that.
 *
 * @example
 * @Action({ methods: ['POST'] })
 * order(scope: ActionScope, @Data() order: PlaceOrder) { … }
 */
export const Data: ParamDecorator = createParamDecorator(dataOf);

/** Parameter decorator: the request's query, or one key of it. */
export const Query: ParamDecorator = createParamDecorator((key: string | undefined, context) =>
  pick(scopeOf(context).query, key),
);

/** Parameter decorator: the calling user, or one property of the user; `null` if anonymous. */
export const CurrentUser: ParamDecorator = createParamDecorator((key: string | undefined, context) => {
  const user: unknown = scopeOf(context).user ?? null;
  return user === null ? null : pick(user, key);
});

export function pick(value: unknown, key: string | undefined): unknown {
  if (key === undefined) return value;
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
