// Message formats of plain WebSockets. They convert raw text to a value, and a value to an event with its payload.

import type { Method, Query } from 'nestjs-jira-protocol';
import { isRecord } from '../../core/support/is-record.js';
import { jsonText } from '../../core/support/json-text.js';

/** Converts raw text to a value, and back. */
export interface MessageConverter {
  /** @throws Error if the frame is malformed; clients that know the protocol get its message */
  read(raw: string): unknown;
  /** @throws Error if the value cannot be written */
  write(value: unknown): string;
}

/** Returns whether a hook has this namespace. */
export type IsHook = (namespace: string) => boolean;

/** Extracts the message from a value. The value is what the client sent, so it may be anything. */
export interface MessageExtractor {
  /** The name of the event, or the namespace of a hook; `undefined` if the frame has none. */
  event(value: unknown, isHook: IsHook): string | undefined;
  /** The headers of the event; `{}` if there are none. */
  headers(value: unknown): Query;
  /** The payload of the event; for a hook, the request frame of protocol version 2. */
  payload(value: unknown, isHook: IsHook): unknown;
  /** The request that the answer to an event refers to. Absent for formats that do not answer events. */
  request?(value: unknown): EventRequest | undefined;
}

/** The request that the answer to an event refers to. */
export interface EventRequest {
  readonly requestId: string;
  readonly method: Method;
  readonly action?: string;
}

/**
 * The form of the messages on a plain WebSocket. Derive your own format from an existing one.
 *
 * @example
 * const yamlFormat: MessageFormat = { ...bundleFormat, name: 'yaml', converter: { read: parse, write: stringify } };
 */
export interface MessageFormat {
  /** Name of the format, such as `json`. */
  readonly name: string;
  readonly converter: MessageConverter;
  readonly extractor: MessageExtractor;
  /** Returns the value to write for an event and its payload; `undefined` if the format cannot express it. */
  compose(event: string, payload: unknown): unknown;
  /** Whether its clients know protocol version 2, so that they get `$error` and `$reconnect` events. @default false */
  readonly speaksProtocol?: boolean;
  /** Whether each subscription gets changes under its own `requestId`, instead of one frame per channel. @default false */
  readonly finishesChanges?: boolean;
  /** Id of a new connection. @default a random UUID */
  createId?(): string;
}

/** Each message is one JSON object, on one line or several. */
export const jsonConverter: MessageConverter = {
  read: (raw) => {
    try {
      return JSON.parse(raw) as unknown;
    } catch (error) {
      if (!/\}\s*\n\s*\{/.test(raw)) throw error;
      throw new SyntaxError('a message must hold one JSON object; this one holds several.', { cause: error });
    }
  },
  write: (value) => jsonText(value) ?? JSON.stringify(value),
};

/** A member of a value; `undefined` if the value is not an object. */
export function member(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

export function textMember(value: unknown, key: string): string | undefined {
  const found = member(value, key);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

export function recordMember(value: unknown, key: string): Query {
  const found = member(value, key);
  return isRecord(found) ? found : {};
}
