// Answers 401 where a rule fails because it reads the user of an anonymous caller.

import { JiraException } from '../errors/jira.exception.js';
import { ProblemLog } from '../errors/problem-log.js';
import { isPromise } from '../support/is-promise.js';
import { stateOf, type HookScope } from './scope.js';

/** A scope, or a connection. */
interface Caller {
  readonly user: unknown;
}

/**
 * Runs a rule and passes its result to `make`, synchronously if the rule is. If the rule fails because it reads a property of
 * a user who is not there, the caller is told to authenticate, and the error is logged once per stack. A rule that fails
 * without reading the user throws its own error.
 *
 * @throws JiraException `UNAUTHENTICATED`
 */
export function unlessAnonymous<T, R>(
  caller: Caller,
  rule: () => T | Promise<T>,
  make: (said: T) => R | Promise<R>,
): R | Promise<R> {
  const reads = nobodyReads(caller);
  const fail = (error: unknown): never => {
    throw refusal(caller, error, reads);
  };
  try {
    const said = rule();
    const made = isPromise(said) ? Promise.resolve(said).then(make) : make(said);
    return isPromise(made) ? Promise.resolve(made).catch(fail) : made;
  } catch (error) {
    return fail(error);
  }
}

/** The same for a rule whose result needs no further step. */
export function ruleFor<T>(caller: Caller, rule: () => T | Promise<T>): T | Promise<T> {
  return unlessAnonymous(caller, rule, (said) => said);
}

/** How often the scope's missing user was read; `undefined` for a connection, which does not count. */
function nobodyReads(caller: Caller): number | undefined {
  const state = stateOf(caller as HookScope) as { readonly nobodyReads?: number } | undefined;
  return state && (state.nobodyReads ?? 0);
}

/** The error thrown in place of the rule's own. */
function refusal(caller: Caller, error: unknown, reads: number | undefined): unknown {
  const hasRead = reads === undefined || nobodyReads(caller) !== reads;
  if (!hasRead || !(error instanceof TypeError) || !isForLackOfUser(caller.user, error)) return error;
  tell(error);
  return new JiraException('UNAUTHENTICATED', 'Authentication credentials were not provided.', { cause: error });
}

/** `Cannot read properties of null (reading 'id')`, and TypeORM's error for a condition on `scope.user?.id`. */
function isForLackOfUser(user: unknown, { message }: TypeError): boolean {
  return (user === null || user === undefined) && /\bnull\b|\bundefined\b/.test(message);
}

const problems = new ProblemLog();
/** The stacks that were logged. */
const told = new Set<string>();
const STACKS = 1_000;

/** Logged, because a fault of the rule itself may look the same. */
function tell(error: TypeError): void {
  const stack = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at ')).join('\n'); // prettier-ignore
  if (told.has(stack)) return;
  if (told.size >= STACKS) told.clear();
  told.add(stack);
  const message = 'A rule failed for an anonymous caller, who was answered 401. Let IsAuthenticated refuse such callers, or mend the rule'; // prettier-ignore
  problems.error(stack, message, error);
}
