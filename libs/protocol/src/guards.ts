// Reads an unknown value as a frame, or says why it is not one. Nothing here throws.

import {
  CHANGE_TYPES,
  METHODS,
  type AnswerFrame,
  type ChangeFrame,
  type Method,
  type Query,
  type RequestFrame,
} from './frames.js';

/** Longest accepted `requestId`, in UTF-16 units: room for a UUID with a prefix, too short to be a payload. */
export const MAX_REQUEST_ID_LENGTH = 128;
/** Longest accepted action name, in UTF-16 units. */
export const MAX_ACTION_LENGTH = 128;

/** The frame, or why the value is not one. */
export type Parsed<T> = { readonly ok: true; readonly frame: T } | Malformed;

/** Why a value is not a frame. */
export interface Malformed {
  readonly ok: false;
  /** One sentence for the sender: which part is wrong and what it must be. */
  readonly reason: string;
  /** The `requestId`, if it could be read, so that the sender can be answered. */
  readonly requestId?: string;
  readonly method?: Method;
  readonly action?: string;
}

/** Reads a request frame. Ignores unknown keys. Absent `query` and `headers` become `{}`. Never throws. */
export function parseRequest(value: unknown): Parsed<RequestFrame> {
  if (!isRecord(value)) return { ok: false, reason: `A request must be an object, not ${nameOf(value)}.` };
  const { requestId, method, action, data, query, headers } = value;
  const readable = {
    requestId: isRequestId(requestId) ? requestId : undefined,
    method: isMethod(method) ? method : undefined,
    action: isActionName(action) ? action : undefined,
  };
  const reason = faultOf(value);
  if (reason !== undefined) return { ok: false, reason, ...readable };
  return {
    ok: true,
    frame: {
      requestId: requestId as string,
      method: method as Method,
      action: action as string,
      data,
      query: (query ?? {}) as Query,
      headers: (headers ?? {}) as Query,
    },
  };
}

function faultOf({ requestId, method, action, query, headers }: Record<string, unknown>): string | undefined {
  if (!isRequestId(requestId)) return `"requestId" must be a string of 1 to ${MAX_REQUEST_ID_LENGTH} characters.`;
  if (!isMethod(method)) return `"method" must be one of ${METHODS.join(', ')}.`;
  if (!isActionName(action)) return `"action" must be a string of 1 to ${MAX_ACTION_LENGTH} characters.`;
  if (query !== undefined && query !== null && !isRecord(query)) return '"query" must be an object.';
  if (headers !== undefined && headers !== null && !isRecord(headers)) return '"headers" must be an object.';
  return undefined;
}

/** Reads an answer frame. An empty `requestId` answers a frame that had none. Never throws. */
export function parseAnswer(value: unknown): Parsed<AnswerFrame> {
  if (!isRecord(value)) return { ok: false, reason: `An answer must be an object, not ${nameOf(value)}.` };
  const { requestId, method, action, status, position } = value;
  if (requestId !== '' && !isRequestId(requestId)) return { ok: false, reason: '"requestId" is missing.' };
  if (!isMethod(method)) return { ok: false, reason: '"method" is unknown.', requestId };
  if (typeof action !== 'string') return { ok: false, reason: '"action" must be a string.', requestId, method };
  if (!isStatus(status)) return { ok: false, reason: '"status" must be a number of three digits.', requestId, method };
  if (position !== undefined && typeof position !== 'string')
    return { ok: false, reason: '"position" must be a string.', requestId, method };
  return { ok: true, frame: value as unknown as AnswerFrame };
}

/** Reads a change frame. Never throws. */
export function parseChange(value: unknown): Parsed<ChangeFrame> {
  if (!isRecord(value)) return { ok: false, reason: `A change must be an object, not ${nameOf(value)}.` };
  const { method, type, channel, position } = value;
  if (method !== 'SUBSCRIPTION') return { ok: false, reason: '"method" must be SUBSCRIPTION.' };
  if (!(CHANGE_TYPES as readonly unknown[]).includes(type)) return { ok: false, reason: '"type" is unknown.' };
  if (typeof channel !== 'string') return { ok: false, reason: '"channel" must be a string.' };
  if (typeof position !== 'string') return { ok: false, reason: '"position" must be a string.' };
  return { ok: true, frame: value as unknown as ChangeFrame };
}

/** Whether the value is one of `METHODS`. */
export function isMethod(value: unknown): value is Method {
  return typeof value === 'string' && (METHODS as readonly string[]).includes(value);
}

/** Whether the name belongs to the protocol (`$…`) or to Socket.IO. Such a name cannot be a namespace. */
export function isReservedName(name: string): boolean {
  return name.startsWith('$') || SOCKET_IO_EVENTS.has(name);
}

// Socket.IO's client and server refuse these names, or act on them. "newListener" belongs to Node's EventEmitter.
const SOCKET_IO_EVENTS: ReadonlySet<string> = new Set([
  'connect',
  'connect_error',
  'connection',
  'disconnect',
  'disconnecting',
  'error',
  'newListener',
  'new_namespace',
  'removeListener',
]);

function isRequestId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_REQUEST_ID_LENGTH;
}

function isActionName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_ACTION_LENGTH;
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
