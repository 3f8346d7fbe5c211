// The frames of the PHP WebSocket server bundle: `{ event, headers, input_data }` from clients, `{ event, data }` to them.

import type { Query } from 'nestjs-jira-protocol';
import { jsonConverter, member, recordMember, textMember, type MessageFormat } from './message-format.js';

/**
 * The format of the PHP WebSocket server bundle. Header values become strings, and nested ones are dropped. Data is `[]` if the
 * client sends none. Invalid frames are never answered.
 */
export const bundleFormat: MessageFormat = {
  name: 'bundle',
  converter: jsonConverter,
  extractor: {
    event: (value) => textMember(value, 'event'),
    headers: (value) => flatStrings(recordMember(value, 'headers')),
    payload: (value) => member(value, 'input_data') ?? [],
  },
  compose: (event, data) => ({ event, data }),
};

function flatStrings(headers: Query): Query {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    Object.defineProperty(flat, name, { value: String(value), enumerable: true });
  }
  return flat;
}
