// Rules that read the user of an anonymous caller.

import { JiraException } from '../errors/jira.exception.js';
import { isPromise } from '../support/is-promise.js';
import type { HookScope } from './scope.js';

/**
 * Runs a rule and continues with its result, synchronously if the rule is. If the rule fails because it reads a property
 * of the user of an anonymous caller, the caller is told to authenticate.
 *
 * @throws JiraException `UNAUTHENTICATED`
 */
export function unlessAnonymous<T, R>(
  scope: HookScope,
  rule: () => T | Promise<T>,
  make: (said: T) => R | Promise<R>,
): R | Promise<R> {
  const fail = (error: unknown): never => {
    throw refusal(scope, error);
  };
  try {
    const said = rule();
    const made = isPromise(said) ? Promise.resolve(said).then(make) : make(said);
    return isPromise(made) ? Promise.resolve(made).catch(fail) : made;
  } catch (error) {
    return fail(error);
  }
}

/** The error thrown in place of the rule's own. */
function refusal(scope: HookScope, error: unknown): unknown {
  const user: unknown = scope.user;
  // `Cannot read properties of null (reading 'id')`, and TypeORM's error for a condition on `scope.user?.id`.
  const isForLackOfUser = (user === null || user === undefined) && error instanceof TypeError && /\bnull\b|\bundefined\b/.test(error.message); // prettier-ignore
  return isForLackOfUser
    ? new JiraException('UNAUTHENTICATED', 'Authentication credentials were not provided.', { cause: error })
    : error;
}
