// The frames of zaptools, in both directions: `{ "headers": {}, "eventName": "hello", "payload": … }`.

import { randomUUID } from 'node:crypto';
import { jsonConverter, member, recordMember, textMember, type MessageFormat } from './message-format.js';

/** Missing or bad headers are `{}`. An unhandled event gets no answer, as in zaptools. */
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
