// Message formats of plain WebSockets: convert raw text to a value, and a value to an event with its payload.

import type { Method, Query } from 'nestjs-jira-protocol';
import { isRecord } from '../../core/support/is-record.js';
import { jsonText } from '../../core/support/json-text.js';

/** Raw text ↔ value. */
export interface MessageConverter {
  /** May throw for a malformed frame. */
  read(raw: string): unknown;
  write(value: unknown): string;
}

/** Returns whether a hook has this namespace. */
export type IsHook = (namespace: string) => boolean;

/** Extracts the message from a value. Clients can send any value: trust nothing about it. */
export interface MessageExtractor {
  /** The event name, or the namespace of a hook; `undefined` if the frame has none. */
  event(value: unknown, isHook: IsHook): string | undefined;
  headers(value: unknown): Query;
  /** The event's payload; for a hook, the request frame of protocol version 2. */
  payload(value: unknown, isHook: IsHook): unknown;
  /** The request to answer an event under. Formats that do not answer events omit it. */
  request?(value: unknown): EventRequest | undefined;
}

export interface EventRequest {
  readonly requestId: string;
  readonly method: Method;
  readonly action?: string;
}

/**
 * A message format. Derive your own from an existing one.
 *
 * @example
 * const yamlFormat: MessageFormat = { ...bundleFormat, name: 'yaml', converter: { read: parse, write: stringify } };
 */
export interface MessageFormat {
  readonly name: string;
  readonly converter: MessageConverter;
  readonly extractor: MessageExtractor;
  /** The value the converter writes for an event and its payload; `undefined` if the format cannot express it. */
  compose(event: string, payload: unknown): unknown;
  /**
   * Whether its clients know protocol version 2: malformed frames are then answered, and shutdowns announced. @default
   * false
   */
  readonly speaksProtocol?: boolean;
  /** Whether each subscription is sent changes under its own `requestId`, without a channel. @default false */
  readonly finishesChanges?: boolean;
  /** Id of a new connection. @default a random UUID */
  createId?(): string;
}

/** The text is JSON: one object per message, on any number of lines. */
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

/** A member of a value, which need not be an object. */
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
