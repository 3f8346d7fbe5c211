// Writes with an idempotency key, which may be sent again.

import type { AnswerFrame, ErrorData } from 'nestjs-jira-protocol';
import type { Call } from './call.js';

const HEADER = 'idempotency-key';

/** Returns the call, with a key if it is a write and `once` asks for one. */
export function withKey(call: Call, once: boolean | string, nextKey: () => string): Call {
  if (once === false || isRead(call)) return call;
  return { ...call, headers: { [HEADER]: once === true ? nextKey() : once, ...call.headers } };
}

/** The idempotency key of a call, or undefined if it has none. */
export function keyOf({ headers }: Call): string | undefined {
  const key = headers?.[HEADER];
  return typeof key === 'string' ? key : undefined;
}

/** Whether sending the call again has no further effect. */
export function isRepeatable(call: Call): boolean {
  return call.method === 'GET' || (call.headers?.[HEADER] !== undefined && !isRead(call));
}

/** Whether the answer says that the same write, sent over a lost connection, is still running. */
export function isRunning({ status, data }: AnswerFrame): boolean {
  return status === 409 && (data as Partial<ErrorData> | null)?.code === 'KEY_IN_FLIGHT';
}

/** Whether a call changes nothing. */
export function isRead({ method }: Pick<Call, 'method'>): boolean {
  return method === 'GET' || method === 'SUBSCRIPTION';
}
