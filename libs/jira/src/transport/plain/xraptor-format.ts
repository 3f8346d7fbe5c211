// x-raptor's frames: `{ request_id, route, method, header, payload }`, where the payload is JSON in a string.

import { isMethod, type Method, type RequestFrame } from 'nestjs-jira-protocol';
import { isRecord } from '../../core/support/is-record.js';
import {
  jsonConverter,
  member,
  recordMember,
  textMember,
  type EventRequest,
  type IsHook,
  type MessageFormat,
} from './message-format.js';

const UNREGISTERED: ReadonlySet<unknown> = new Set(['UNKNOWN_NAMESPACE', 'UNKNOWN_ACTION', 'METHOD_NOT_ALLOWED']);

const CANCELLED = 409;

/**
 * The format of x-raptor. A route names an event, whose handler returns the answer, or an action of a hook, such as
 * `issues/list`. `SUB` on `issues/subscribe` subscribes, and changes arrive under its `request_id`; `UNSUB` with the same id
 * ends the subscription. The payload is the action's data. For methods that read (`GET`, `SUB`), it is the query as well; for
 * others, the query is the header's `query`.
 */
export const xraptorFormat: MessageFormat = {
  name: 'xraptor',
  finishesChanges: true,
  converter: jsonConverter,
  extractor: {
    event: (value, isHook) => hookRoute(value, isHook)?.namespace ?? textMember(value, 'route'),
    headers: (value) => recordMember(value, 'header'),
    payload: (value, isHook) => {
      const payload = parsePayload(value);
      const route = hookRoute(value, isHook);
      return route ? frameOf(value, route.action, payload) : payload;
    },
    request: requestOf,
  },
  compose: (event, payload) =>
    isRecord(payload) && typeof payload['requestId'] === 'string' ? response(payload) : post(event, payload),
};

function requestOf(value: unknown): EventRequest | undefined {
  const requestId = textMember(value, 'request_id');
  const method = textMember(value, 'method')?.toUpperCase();
  if (requestId === undefined || method === undefined) return undefined;
  if (method === 'UNSUB') return { requestId, method: 'SUBSCRIPTION', action: 'unsubscribe' };
  if (method === 'SUB') return { requestId, method: 'SUBSCRIPTION' };
  return isMethod(method) ? { requestId, method } : undefined;
}

/** `/issues/list` and `issues/list` → the hook `issues` and its action `list`. */
function hookRoute(value: unknown, isHook: IsHook): { namespace: string; action: string } | undefined {
  const [namespace = '', action = '', ...rest] = (textMember(value, 'route') ?? '').replace(/^\//, '').split('/');
  return rest.length === 0 && action !== '' && isHook(namespace) ? { namespace, action } : undefined;
}

/** Throws unless the payload is JSON in a string, which x-raptor's clients always send. */
function parsePayload(value: unknown): unknown {
  const payload = member(value, 'payload');
  if (typeof payload !== 'string') throw new TypeError('"payload" must be a JSON string.');
  return payload === '' ? undefined : (JSON.parse(payload) as unknown);
}

function frameOf(value: unknown, action: string, data: unknown): RequestFrame | undefined {
  const request = requestOf(value);
  if (!request) return undefined;
  const { requestId, method } = request;
  const headers = recordMember(value, 'header');
  if (request.action === 'unsubscribe') return { ...request, action: 'unsubscribe', data: { target: requestId } };
  const reads = method === 'GET' || method === 'SUBSCRIPTION';
  return {
    requestId,
    method,
    action,
    data,
    headers,
    query: reads && isRecord(data) ? data : recordMember(headers, 'query'),
  };
}

/** An answer or a change, under its request's id. */
function response(frame: Readonly<Record<string, unknown>>): unknown {
  const { requestId, status, type, data, action } = frame;
  const method = frame['method'] as Method;
  if (status === CANCELLED && member(data, 'code') === 'CANCELLED') return undefined; // the client cancelled it
  if (typeof status === 'number' && status >= 400)
    return envelope(requestId, method, action, { message: messageOf(data) });
  if (typeof type === 'string') return envelope(requestId, method, action, { type, data });
  // x-raptor does not answer a subscribe, or a handler that returns nothing.
  const isSubscribed = textMember(data, 'channel') !== undefined && textMember(data, 'position') !== undefined;
  const isSilent = method === 'SUBSCRIPTION' && (data === null || isSubscribed);
  return isSilent ? undefined : envelope(requestId, method, action, data);
}

function messageOf(error: unknown): string {
  return UNREGISTERED.has(member(error, 'code')) ? 'Not registered' : 'fail';
}

/** An event of the application belongs to no request, so it carries its name as the id. */
function post(event: string, payload: unknown): unknown {
  return envelope(event, 'POST', '', payload);
}

function envelope(requestId: unknown, method: Method, action: unknown, body: unknown): unknown {
  const word = method === 'SUBSCRIPTION' ? (action === 'unsubscribe' ? 'UNSUB' : 'SUB') : method;
  return { request_id: requestId, payload: JSON.stringify(body ?? null), header: {}, method: word };
}
