// How clients of a plain WebSocket speak: raw text ↔ value ↔ an event with its payload.

import type { Method, Query } from 'nestjs-jira-protocol';
import { isRecord } from '../../core/support/is-record.js';
import { jsonText } from '../../core/support/json-text.js';

/** Raw text ↔ value. */
export interface MessageConverter {
  /** May throw: then the frame is malformed. */
  read(raw: string): unknown;
  write(value: unknown): string;
}

/** Tells whether a hook has this namespace. */
export type IsHook = (namespace: string) => boolean;

/** Finds in a value what a client asks for. Values are whatever the client sent: nothing about them is sure. */
export interface MessageExtractor {
  /** The event's name, or the namespace of a hook; `undefined` = the frame names nothing. */
  event(value: unknown, isHook: IsHook): string | undefined;
  headers(value: unknown): Query;
  /** The event's payload; for a hook the request frame of protocol version 2. */
  payload(value: unknown, isHook: IsHook): unknown;
  /** What the answer to an event goes under; left out by formats that do not answer events. */
  request?(value: unknown): EventRequest | undefined;
}

export interface EventRequest {
  readonly requestId: string;
  readonly method: Method;
  readonly action?: string;
}

/**
 * A format of frames. Make one of your own from one that is there.
 *
 * @example
 * const yamlFormat: MessageFormat = { ...bundleFormat, name: 'yaml', converter: { read: parse, write: stringify } };
 */
export interface MessageFormat {
  readonly name: string;
  readonly converter: MessageConverter;
  readonly extractor: MessageExtractor;
  /** What the converter writes for an event with its payload; `undefined` = this format has no word for it. */
  compose(event: string, payload: unknown): unknown;
  /** Its clients know protocol version 2: malformed frames are answered, a shutdown is announced. @default false */
  readonly speaksProtocol?: boolean;
  /** Each subscription is sent changes under its own `requestId`; no channel is named. @default false */
  readonly finishesChanges?: boolean;
  /** Id of a new connection. @default a random UUID */
  createId?(): string;
}

/** Text is JSON, one object a message, in as many lines as it likes. */
export const jsonConverter: MessageConverter = {
  read: (raw) => {
    try {
      return JSON.parse(raw) as unknown;
    } catch (error) {
      if (!/\}\s*\n\s*\{/.test(raw)) throw error;
      throw new SyntaxError('a message holds one JSON object, and this one several.', { cause: error });
    }
  },
  write: (value) => jsonText(value) ?? JSON.stringify(value),
};

/** A member of a value that may be no object at all. */
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
