// A create that is sent twice is done once: the client's idempotency key is stored with the result.

import { createHash } from 'node:crypto';
import { JiraException, ValidationException } from '../core/errors/jira.exception.js';
import { stateOf, type HookScope } from '../core/scope/scope.js';
import { wireValue } from '../core/support/wire-value.js';

const HEADER = 'idempotency-key';
const MAX_KEY_LENGTH = 200;

/** Does the work, or returns the stored result if this user sent the same key before. Without a key, it just does the work. */
export async function once(scope: HookScope, work: () => Promise<unknown>): Promise<unknown> {
  const key = scope.headers[HEADER];
  if (key === undefined) return work();
  if (typeof key !== 'string' || key === '' || key.length > MAX_KEY_LENGTH)
    throw new ValidationException({ [HEADER]: [`Must be a string of 1 to ${MAX_KEY_LENGTH} characters.`] });
  const user = (scope.user as { id?: unknown } | null | undefined)?.id;
  if (user === undefined || user === null)
    throw new JiraException('UNAUTHENTICATED', 'Idempotency keys need an authenticated user with an id.');
  const { unitOfWork } = stateOf(scope);
  const remember = unitOfWork?.once?.bind(unitOfWork);
  if (!remember) throw new JiraException('BAD_REQUEST', 'This server does not store idempotency keys.');
  const id = digest([scope.namespace, scope.action, user, key]);
  return remember({ id, fingerprint: digest([scope.data, scope.query]) }, async () => wireValue(await work()));
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(wireValue(value))).digest('hex'); // prettier-ignore
}
