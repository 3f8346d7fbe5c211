// Writes that carry an idempotency key, and so may be sent again.

import type { AnswerFrame, ErrorData } from 'nestjs-jira-protocol';
import type { Call } from './call.js';

const HEADER = 'idempotency-key';

/** The call with a key, if it is a write that wants one. */
export function withKey(call: Call, once: boolean | string, nextKey: () => string): Call {
  if (once === false || isRead(call)) return call;
  return { ...call, headers: { [HEADER]: once === true ? nextKey() : once, ...call.headers } };
}

/** The key that a call carries, undefined if it carries none. */
export function keyOf({ headers }: Call): string | undefined {
  const key = headers?.[HEADER];
  return typeof key === 'string' ? key : undefined;
}

/** Whether sending it again has no further effect. */
export function isRepeatable(call: Call): boolean {
  return call.method === 'GET' || (call.headers?.[HEADER] !== undefined && !isRead(call));
}

/** Whether the answer says that the same write is still running, sent over a connection that was lost. */
export function isRunning({ status, data }: AnswerFrame): boolean {
  return status === 409 && (data as Partial<ErrorData> | null)?.code === 'KEY_IN_FLIGHT';
}

/** Whether a call changes nothing. */
export function isRead({ method }: Pick<Call, 'method'>): boolean {
  return method === 'GET' || method === 'SUBSCRIPTION';
}
