// The dialect of djira's clients, where it differs from protocol version 2.

import { randomUUID } from 'node:crypto';
import type { ChangeFrame } from 'nestjs-jira-protocol';
import type { Recipient } from '../live/delivery/frame-sink.js';

/** Fills in what djira's clients may omit. Leaves anything but an object to the guard, which refuses it. */
export function completeRequest(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { requestId, method, data, query, headers, ...rest } = value as Record<string, unknown>;
  return {
    ...rest,
    requestId: requestId ?? randomUUID(),
    method: method ?? 'GET',
    data: data ?? {},
    query: query ?? {},
    headers: headers ?? {},
  };
}

const KNOWN: ReadonlySet<string> = new Set(['event', 'action', 'requestId', 'method', 'data', 'query', 'headers']);

/** The keys of a frame that the dialect does not define. */
export function extraOf(frame: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(frame as object).filter(([key]) => !KNOWN.has(key)));
}

/** djira clients identify a change by the request that subscribed. */
export function finishChange(frame: ChangeFrame, { requestId, action }: Recipient): Record<string, unknown> {
  const { method, type, status, data } = frame;
  return { method, action, type, status, requestId, data };
}
