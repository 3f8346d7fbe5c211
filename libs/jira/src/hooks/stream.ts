// Actions that answer many times: an AsyncIterable or Observable, item by item, as fast as the client takes them.

import { isObservable, type Observable } from 'rxjs';
import type { AnswerFrame } from 'nestjs-jira-protocol';
import { Answer } from '../scope/answer.js';
import type { HookScope } from '../scope/scope.js';
import { observed } from './observed.js';
import { overflow } from './stream-overflow.js';
import { sendEncodable } from './wire-value.js';

type Source = AsyncIterable<unknown> | Observable<unknown>;

export function isStream(value: unknown): value is Source {
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.asyncIterator in value || isObservable(value);
}

/**
 * Sends each item with status 206 under the request's id, and answers with what the source returned, or null. Whatever
 * ends it early (cancel, disconnect, an error) runs the source's `return()`. djira's clients take one answer alone: for
 * them the items are collected.
 *
 * @param maxItems items held for a client that does not keep up, or collected for one of djira's
 */
export async function stream(scope: HookScope, source: Source, maxItems: number): Promise<Answer> {
  clearTimeout(scope.timer); // the limit was for the beginning: a stream lasts as long as it is wanted
  const iterator = isObservable(source) ? observed(source, maxItems) : source[Symbol.asyncIterator]();
  const collected: unknown[] | undefined = scope.connection.dialect === 'djira' ? [] : undefined;
  const wanted = whileWanted(scope);
  try {
    for (;;) {
      const { done, value } = (await wanted(iterator.next())) as IteratorResult<unknown, unknown>;
      if (done) return new Answer(200, collected ?? value ?? null);
      if (!collected) {
        sendItem(scope, value);
        for (let full = scope.connection.full(); full; full = scope.connection.full()) await wanted(full);
      } else if (collected.push(value) > maxItems) throw overflow(`This client takes streams of ${maxItems} items.`);
    }
  } catch (error) {
    // Not awaited: a source may be waiting for what will never come.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
    throw error;
  }
}

function sendItem({ namespace, method, action, requestId, connection }: HookScope, data: unknown): void {
  const frame: AnswerFrame = { requestId, method, action, status: 206, data: data ?? null };
  sendEncodable(frame, (item) => connection.send(namespace, item));
}

/** Waits for something only as long as the request is wanted: rejects at once with the reason when it no longer is. */
function whileWanted({ handle }: HookScope): <T>(work: PromiseLike<T>) => Promise<T> {
  let giveUp: ((reason: Error) => void) | undefined;
  handle.onAbort((reason) => giveUp?.(reason));
  return (work) =>
    new Promise((resolve, reject) => {
      if (handle.aborted) return reject(handle.aborted);
      giveUp = reject;
      work.then(resolve, reject);
    });
}
