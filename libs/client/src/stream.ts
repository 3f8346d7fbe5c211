// A streamed answer as an async iterable, with a bounded buffer for a slow reader.

import type { AnswerFrame } from 'nestjs-jira-protocol';
import type { Call } from './call.js';
import { nameOf } from './call-errors.js';
import { JiraClientError } from './errors.js';
import type { Requests } from './requests.js';

/** Sends the request when iteration begins. Leaving the loop early (`break`, `return`, a throw) cancels it on the server. */
export async function* createStream<Item>(
  requests: Requests,
  call: Call,
  maxBufferedItems: number,
): AsyncGenerator<Item, void, undefined> {
  const items: Item[] = [];
  let end: { readonly error?: JiraClientError } | undefined;
  let wake: (() => void) | undefined;
  const finish = (error?: JiraClientError) => {
    end ??= { error };
    wake?.();
  };
  const open = requests.open(
    call,
    {
      item: ({ data }: AnswerFrame) => {
        if (items.push(data as Item) > maxBufferedItems) open.abort(undefined, overflow(call, maxBufferedItems));
        wake?.();
      },
      done: () => finish(),
      failed: finish,
    },
    { isStream: true },
  );
  try {
    for (;;) {
      while (items.length > 0) yield items.shift() as Item;
      if (end?.error) throw end.error;
      if (end) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    open.abort();
  }
}

function overflow(call: Call, limit: number): JiraClientError {
  const message = `${nameOf(call)} streamed more than ${limit} items that were not read ("maxBufferedItems").`;
  return new JiraClientError(message, { code: 'STREAM_OVERFLOW' });
}
