// Rules that read the user of an anonymous caller.

import { JiraException } from '../errors/jira.exception.js';
import { isPromise } from '../support/is-promise.js';

/** A scope, or a connection. */
interface Caller {
  readonly user: unknown;
}

/**
 * Runs a rule and continues with its result, synchronously if the rule is. If the rule fails because it reads a property
 * of the user of an anonymous caller, the caller is told to authenticate.
 *
 * @throws JiraException `UNAUTHENTICATED`
 */
export function unlessAnonymous<T, R>(
  caller: Caller,
  rule: () => T | Promise<T>,
  make: (said: T) => R | Promise<R>,
): R | Promise<R> {
  const fail = (error: unknown): never => {
    throw refusal(caller, error);
  };
  try {
    const said = rule();
    const made = isPromise(said) ? Promise.resolve(said).then(make) : make(said);
    return isPromise(made) ? Promise.resolve(made).catch(fail) : made;
  } catch (error) {
    return fail(error);
  }
}

/** The same for a rule whose result is taken as it is. */
export function ruleFor<T>(caller: Caller, rule: () => T | Promise<T>): T | Promise<T> {
  return unlessAnonymous(caller, rule, (said) => said);
}

/** The error thrown in place of the rule's own. */
function refusal({ user }: Caller, error: unknown): unknown {
  // `Cannot read properties of null (reading 'id')`, and TypeORM's error for a condition on `scope.user?.id`.
  const isForLackOfUser = (user === null || user === undefined) && error instanceof TypeError && /\bnull\b|\bundefined\b/.test(error.message); // prettier-ignore
  return isForLackOfUser
    ? new JiraException('UNAUTHENTICATED', 'Authentication credentials were not provided.', { cause: error })
    : error;
}
