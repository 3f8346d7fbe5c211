// Rules that read the user of a caller who has none.

import { JiraException } from '../errors/jira.exception.js';
import { isPromise } from '../support/is-promise.js';
import type { HookScope } from './scope.js';

/**
 * What is made of the rule's answer, at once if that is there at once; where the rule reads a property of the user that an
 * anonymous caller lacks, the caller is told to authenticate.
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

/** What is thrown in place of the rule's own error. */
function refusal(scope: HookScope, error: unknown): unknown {
  const user: unknown = scope.user;
  // `Cannot read properties of null (reading 'id')`, and what TypeORM's conditions say of `scope.user?.id`.
  const isForLackOfUser = (user === null || user === undefined) && error instanceof TypeError && /\bnull\b|\bundefined\b/.test(error.message); // prettier-ignore
  return isForLackOfUser
    ? new JiraException('UNAUTHENTICATED', 'Authentication credentials were not provided.', { cause: error })
    : error;
}
