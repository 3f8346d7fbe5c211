// Streaming actions: an AsyncIterable or Observable, sent item by item, as fast as the client reads.

import { isPromise } from '../core/support/is-promise.js';
import { isObservable, type Observable } from 'rxjs';
import type { AnswerFrame } from 'nestjs-jira-protocol';
import { Answer } from '../core/scope/answer.js';
import type { Connection } from '../core/connections/connection.js';
import { stateOf, type HookScope } from '../core/scope/scope.js';
import { observed } from './observed.js';
import { overflow } from './stream-overflow.js';
import { sendEncodable } from '../core/support/wire-value.js';

type Source = AsyncIterable<unknown> | Observable<unknown>;

export function isStream(value: unknown): value is Source {
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.asyncIterator in value || isObservable(value);
}

/** Where the items of a stream go: to the client, or first to interceptors. */
export interface StreamSink {
  /** Called and awaited before the first item. `end()` stops the source; with a reason, the stream fails. */
  open?(end: (reason?: Error) => void): PromiseLike<void>;
  /** Takes one item. The result is awaited, so that the source waits for the receiver. */
  send(item: unknown): PromiseLike<void> | undefined;
  /** The answer after the last item. */
  close(returned: unknown): Answer | Promise<Answer>;
}

class Ended extends Error {}

/**
 * Passes each item to the sink, and the source's return value to `sink.close()`, whose answer it returns. If the stream ends
 * early (cancel, disconnect, an error, a sink that wants no more), the source's `return()` is called.
 *
 * @param maxItems items held for a client that does not keep up
 */
export async function stream(scope: HookScope, source: Source, maxItems: number, sink: StreamSink): Promise<Answer> {
  // The limit is for the first item: a stream may last as long as it is wanted. A transaction may not: readers can be slow.
  const { timer, unitOfWork } = stateOf(scope);
  if (!unitOfWork?.transaction) clearTimeout(timer);
  const iterator = isObservable(source) ? observed(source, maxItems) : source[Symbol.asyncIterator]();
  const { wanted, check, end } = whileWanted(scope);
  try {
    const opened = sink.open?.(end);
    if (opened) await wanted(opened);
    for (;;) {
      const { done, value } = (await wanted(iterator.next())) as IteratorResult<unknown, unknown>;
      if (done) return await sink.close(value);
      const taken = sink.send(value);
      if (taken) await wanted(taken);
      check(); // do not ask the source for an item that nobody wants
    }
  } catch (error) {
    // Not awaited: the source may be waiting for something that never comes.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
    if (error instanceof Ended) return sink.close(undefined);
    throw error;
  }
}

/**
 * Sends each item with status 206 under the request's id, and answers with the source's return value, or null. djira's clients
 * accept only one answer, so their items are collected.
 *
 * @param maxItems how many items to collect for a djira client, at most
 */
export function clientSink(scope: HookScope, maxItems: number): StreamSink {
  const { connection } = scope;
  if (connection.dialect === 'djira') return new CollectingSink(maxItems);
  return {
    send: (item) => {
      sendItem(scope, item);
      return connection.full() && drained(connection);
    },
    close: (returned) => new Answer(200, returned ?? null),
  };
}

/** A sink that shows each item, and passes it on in order. */
export function shownSink(sink: StreamSink, show: (item: unknown) => unknown): StreamSink {
  return {
    open: sink.open && ((end) => sink.open?.(end) as PromiseLike<void>),
    send: (item) => {
      const shown = show(item);
      return isPromise(shown) ? shown.then((data) => sink.send(data)) : sink.send(shown);
    },
    close: (returned) => {
      const shown = show(returned);
      return isPromise(shown) ? shown.then((data) => sink.close(data)) : sink.close(shown);
    },
  };
}

class CollectingSink implements StreamSink {
  private readonly items: unknown[] = [];

  constructor(private readonly maxItems: number) {}

  send(item: unknown): undefined {
    if (this.items.push(item) > this.maxItems)
      throw overflow(`This client accepts streams of at most ${this.maxItems} items.`);
  }

  close(): Answer {
    return new Answer(200, this.items);
  }
}

async function drained(connection: Connection): Promise<void> {
  for (let full = connection.full(); full; full = connection.full()) await full;
}

function sendItem({ namespace, method, action, requestId, connection }: HookScope, data: unknown): void {
  const frame: AnswerFrame = { requestId, method, action, status: 206, data: data ?? null };
  sendEncodable(frame, (item) => connection.send(namespace, item));
}

/** Awaits work only while the stream is wanted. When it no longer is, rejects at once with the reason. */
function whileWanted(scope: HookScope) {
  const { handle } = stateOf(scope);
  let giveUp: ((reason: Error) => void) | undefined;
  let ended: Error | undefined;
  const end = (reason: Error = new Ended()): void => {
    ended ??= reason;
    giveUp?.(reason);
  };
  handle.onAbort(end);
  const check = (): void => {
    const reason = handle.aborted ?? ended;
    if (reason) throw reason;
  };
  const wanted = <T>(work: PromiseLike<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      check(); // what is thrown here rejects
      giveUp = reject;
      work.then(resolve, reject);
    });
  return { wanted, check, end };
}
