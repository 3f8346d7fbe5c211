// Rows that exist only in signals of the application (the observer option `source`).

import type { RowMatcher } from '../delivery/channel.js';
import { EVERY_ROW } from './function-matcher.js';
import type { ObservedRows } from './observed-rows.js';

export function signalRows(name: string): ObservedRows {
  return {
    key: `signal:${name}`,
    name,
    watch: () => undefined,
    matcherOf: (visibility): RowMatcher => {
      if (visibility === true) return EVERY_ROW;
      throw new TypeError(`${name} has no entity, so visibility() must return true or false.`);
    },
    read: () => Promise.resolve([]),
  };
}
