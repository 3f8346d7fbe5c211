// Errors that the client itself raises for a request.

import type { Method } from 'nestjs-jira-protocol';
import type { Call } from './call.js';
import { JiraClientError } from './errors.js';

/** The connection was lost between request and answer. */
export function lostWhileAsking(requestId: string, call: Call, cause: JiraClientError): JiraClientError {
  const message = `The connection was lost before "${call.action}" on "${call.namespace}" was answered.${doubtOf(call.method)}`;
  return new JiraClientError(message, { code: 'CONNECTION_LOST', requestId, cause });
}

/** The request timed out. `where` says how far it got. */
export function late(
  requestId: string,
  { action, namespace, method }: Call,
  timeoutMs: number,
  where: 'sent' | 'queued' | 'unconnected',
  cause: JiraClientError | undefined,
): JiraClientError {
  const what = `"${action}" on "${namespace}"`;
  if (where === 'sent') {
    const message = `${what} was not answered within ${timeoutMs} ms.${doubtOf(method)}`;
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
export function unsendable(requestId: string, { action, namespace }: Call, cause: unknown): JiraClientError {
  return new JiraClientError(`"${action}" on "${namespace}" cannot be sent.`, { code: 'UNSENDABLE', requestId, cause });
}

export function malformed(requestId: string, { action, namespace }: Call, reason: string): JiraClientError {
  const message = `The answer to "${action}" on "${namespace}" is malformed: ${reason}`;
  return new JiraClientError(message, { code: 'MALFORMED_ANSWER', requestId });
}

function doubtOf(method: Method): string {
  return method === 'GET' || method === 'SUBSCRIPTION' ? '' : ' The write may or may not have happened.';
}

export function aborted(requestId: string, cause: unknown): JiraClientError {
  return new JiraClientError('The request was aborted.', { code: 'ABORTED', requestId, cause });
}

/** The answer to a subscribe names no channel. */
export function noChannel(
  requestId: string,
  { action, namespace }: { action: string; namespace: string },
): JiraClientError {
  const message = `The answer to "${action}" on "${namespace}" has no channel or position. Return what the observer's subscribe(scope) resolves with.`;
  return new JiraClientError(message, { code: 'MALFORMED_ANSWER', requestId });
}

/** Some frames that the server sent did not arrive, so the client subscribes again. */
export function framesLost(): JiraClientError {
  return new JiraClientError('Some changes were lost in transit.', { code: 'CONNECTION_LOST' });
}
