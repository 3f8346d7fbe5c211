// zaptools' frames, in both directions: `{ "headers": {}, "eventName": "hello", "payload": … }`.

import { randomUUID } from 'node:crypto';
import { jsonConverter, member, recordMember, textMember, type MessageFormat } from './message-format.js';

/** The format of zaptools. Missing or invalid headers are `{}`. As in zaptools, an event without a handler gets no answer. */
export const zaptoolsFormat: MessageFormat = {
  name: 'zaptools',
  converter: jsonConverter,
  extractor: {
    event: (value) => textMember(value, 'eventName'),
    headers: (value) => recordMember(value, 'headers'),
    payload: (value) => member(value, 'payload'),
  },
  compose: (eventName, payload) => ({ headers: {}, eventName, payload }),
  createId: () => `zpt-${randomUUID()}`,
};
