// Errors that the client itself raises for a request.

import type { Call } from './call.js';
import { JiraClientError } from './errors.js';
import { isRead } from './write-once.js';

type Named = Pick<Call, 'action' | 'namespace'>;

/** How messages name a request. */
export function nameOf({ action, namespace }: Named): string {
  return `"${action}" on "${namespace}"`;
}

/** The connection was lost between request and answer. */
export function lostWhileAsking(requestId: string, call: Call, cause: JiraClientError): JiraClientError {
  const message = `The connection was lost before ${nameOf(call)} was answered.${doubtOf(call)}`;
  return new JiraClientError(message, { code: 'CONNECTION_LOST', requestId, cause });
}

/** The request timed out. `where` says how far it got. */
export function late(
  requestId: string,
  call: Call,
  timeoutMs: number,
  where: 'sent' | 'queued' | 'unconnected',
  cause: JiraClientError | undefined,
): JiraClientError {
  const what = nameOf(call);
  if (where === 'sent') {
    const message = `${what} was not answered within ${timeoutMs} ms.${doubtOf(call)}`;
    return new JiraClientError(message, { code: 'REQUEST_TIMEOUT', requestId });
  }
  if (where === 'queued') {
    const message = `${what} was not sent: it waited ${timeoutMs} ms for earlier requests (see "maxRequestsInFlight").`;
    return new JiraClientError(message, { code: 'REQUEST_TIMEOUT', requestId });
  }
  const message = `${what} was not sent: there was no connection for ${timeoutMs} ms.`;
  return new JiraClientError(message, { code: 'NOT_CONNECTED', requestId, cause });
}

export function queueFull(requestId: string, limit: number): JiraClientError {
  const message = `Too many queued requests; the limit is ${limit} ("maxQueuedRequests").`;
  return new JiraClientError(message, { code: 'QUEUE_FULL', requestId });
}

/** The request is not JSON (it holds a bigint or a circular value), or Socket.IO reserves its namespace. */
export function unsendable(requestId: string, call: Call, cause: unknown): JiraClientError {
  return new JiraClientError(`${nameOf(call)} cannot be sent.`, { code: 'UNSENDABLE', requestId, cause });
}

export function malformed(requestId: string, call: Call, reason: string): JiraClientError {
  const message = `The answer to ${nameOf(call)} is malformed: ${reason}`;
  return new JiraClientError(message, { code: 'MALFORMED_ANSWER', requestId });
}

function doubtOf(call: Call): string {
  return isRead(call) ? '' : ' The write may or may not have happened.';
}

export function aborted(requestId: string, cause: unknown): JiraClientError {
  return new JiraClientError('The request was aborted.', { code: 'ABORTED', requestId, cause });
}

/** The answer to a subscribe names no channel. */
export function noChannel(requestId: string, call: Named): JiraClientError {
  const message = `The answer to ${nameOf(call)} has no channel or position. Return what the observer's subscribe(scope) resolves with.`;
  return new JiraClientError(message, { code: 'MALFORMED_ANSWER', requestId });
}

/** Some frames that the server sent did not arrive, so the client subscribes again. */
export function framesLost(): JiraClientError {
  return new JiraClientError('Some changes were lost in transit.', { code: 'CONNECTION_LOST' });
}
