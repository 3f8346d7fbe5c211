// A write that is sent twice is done only once: the client's idempotency key is stored with the answer.

import { createHash } from 'node:crypto';
import { JiraException, ValidationException } from '../core/errors/jira.exception.js';
import { Answer } from '../core/scope/answer.js';
import { stateOf, type HookScope } from '../core/scope/scope.js';
import type { UnitOfWork } from '../core/scope/unit-of-work.js';
import { wireValue } from '../core/support/wire-value.js';

const HEADER = 'idempotency-key';
const MAX_KEY_LENGTH = 200;

/** What is stored: the action's result, or its answer if it made one. */
interface Done {
  readonly status?: number;
  readonly data?: unknown;
}

/** Whether the request has an idempotency key. Those of reads are ignored: reads change nothing. */
export function isOnce({ headers, method }: HookScope): boolean {
  return headers[HEADER] !== undefined && method !== 'GET' && method !== 'SUBSCRIPTION';
}

/**
 * Does the work in a transaction; or answers as before if this user has already sent the same key.
 *
 * @param isTransactional whether the action runs in a transaction. Without one, it cannot be known what was done.
 */
export async function once(
  scope: HookScope,
  unitOfWork: UnitOfWork | undefined,
  isTransactional: boolean,
  work: () => Promise<unknown>,
): Promise<unknown> {
  const key = scope.headers[HEADER];
  if (typeof key !== 'string' || key === '' || key.length > MAX_KEY_LENGTH)
    throw new ValidationException({ [HEADER]: [`Must be a string of 1 to ${MAX_KEY_LENGTH} characters.`] });
  const user = (scope.user as { id?: unknown } | null | undefined)?.id;
  if (user === undefined || user === null)
    throw new JiraException('UNAUTHENTICATED', 'Idempotency keys need an authenticated user with an id.');
  if (!unitOfWork?.once) throw new JiraException('BAD_REQUEST', 'This server does not store idempotency keys.');
  if (!isTransactional)
    throw new JiraException('BAD_REQUEST', 'This action runs without a transaction, so it takes no idempotency key.');
  const id = digest([scope.namespace, scope.action, user, key]);
  const fingerprint = digest([scope.method, scope.data, scope.query]);
  const fresh: unknown[] = [];
  const done = (await unitOfWork.once({ id, fingerprint }, async () => {
    const result = await work();
    fresh.push(result);
    return wireValue(doneBy(result, scope));
  })) as Done;
  if (fresh.length > 0) return fresh[0];
  return done.status === undefined ? done.data : new Answer(done.status, done.data ?? null);
}

export function noStream(): JiraException {
  return new JiraException('BAD_REQUEST', 'A stream takes no idempotency key.');
}

function doneBy(result: unknown, scope: HookScope): Done {
  const own = result instanceof Answer ? result : result === undefined ? stateOf(scope).answered : undefined;
  return own ? { status: own.status, data: own.data } : { data: result };
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(wireValue(value))).digest('hex'); // prettier-ignore
}
