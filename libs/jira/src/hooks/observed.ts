// An Observable as an async iterator. An Observable cannot be paused, so early items are buffered, up to a limit.

import type { Observable } from 'rxjs';
import { overflow } from './stream-overflow.js';

interface Waiting {
  readonly resolve: (result: IteratorResult<unknown>) => void;
  readonly reject: (error: unknown) => void;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Fails with STREAM_OVERFLOW if more than `maxItems` items wait. `return()` unsubscribes. */
export function observed(source: Observable<unknown>, maxItems: number): AsyncIterator<unknown> {
  const held: unknown[] = [];
  let waiting: Waiting | undefined;
  let end: (() => Promise<IteratorResult<unknown>>) | undefined;
  const finish = (how: () => Promise<IteratorResult<unknown>>): void => {
    end ??= how;
    if (waiting) void end().then(waiting.resolve, waiting.reject);
    waiting = undefined;
  };
  const subscription = source.subscribe({
    next: (value) => {
      if (end) return;
      if (waiting) {
        waiting.resolve({ done: false, value });
        waiting = undefined;
      } else if (held.push(value) > maxItems) {
        held.length = 0;
        finish(() => Promise.reject(overflow(`The client is too slow: more than ${maxItems} items were waiting.`)));
        queueMicrotask(() => subscription.unsubscribe()); // a source may emit before subscribe() has returned
      }
    },
    // oxlint-disable-next-line promise/no-promise-in-callback, typescript/prefer-promise-reject-errors -- an Observable tells by callbacks what an iterator promises
    error: (error: unknown) => finish(() => Promise.reject(error)),
    complete: () => finish(() => Promise.resolve(DONE)),
  });
  return {
    next() {
      if (held.length > 0) return Promise.resolve({ done: false, value: held.shift() });
      if (end) return end();
      return new Promise((resolve, reject) => (waiting = { resolve, reject }));
    },
    return() {
      subscription.unsubscribe();
      held.length = 0;
      finish(() => Promise.resolve(DONE));
      return Promise.resolve(DONE);
    },
  };
}
