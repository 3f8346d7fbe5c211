// A bounded buffer of values for one consumer.

import { JiraException } from '../../core/errors/jira.exception.js';

/**
 * What happens to a value if the mailbox is full. `fail` ends the loop with status 503, code `STREAM_OVERFLOW`, so that
 * nothing is lost unnoticed. `drop-oldest` makes room: for values of which only the latest matter. `drop-newest` keeps
 * the values that are there.
 */
export type OverflowPolicy = 'fail' | 'drop-oldest' | 'drop-newest';

/** Options of `PubSub.subscribe()`: how values are buffered until the subscriber takes them. */
export interface MailboxOptions {
  /** Number of values to buffer for a slow consumer. @default 1_000, as for streams */
  readonly capacity?: number;
  /** What to do with a value that arrives while the buffer is full. @default 'fail' */
  readonly overflow?: OverflowPolicy;
}

interface Taker<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: Error) => void;
}

export class Mailbox<T> implements AsyncIterableIterator<T, undefined> {
  /** Resolves once values are certain to arrive; rejects if the mailbox closes before that. */
  readonly ready: Promise<void>;
  /** The number of values dropped by the policy. */
  dropped = 0;
  private readonly capacity: number;
  private readonly overflow: OverflowPolicy;
  private readonly values: T[] = [];
  private readonly takers: Taker<T>[] = [];
  private isEnded = false;
  private failure?: Error;

  /** @param onEnd called once, when the mailbox accepts no more values */
  constructor(
    { capacity = 1_000, overflow = 'fail' }: MailboxOptions,
    private readonly onEnd: (box: Mailbox<T>) => void,
    ready: Promise<void> = Promise.resolve(),
  ) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`capacity must be 1 or more, not ${capacity}.`);
    this.capacity = capacity;
    this.overflow = overflow;
    this.ready = ready;
    ready.catch(() => undefined); // most takers only use the values
  }

  put(value: T): void {
    if (this.isEnded) return;
    const taker = this.takers.shift();
    if (taker) return taker.resolve({ done: false, value });
    if (this.values.length < this.capacity) return void this.values.push(value);
    if (this.overflow === 'fail') {
      const message = `The subscriber is too slow: more than ${this.capacity} values were waiting.`;
      return this.end(new JiraException('STREAM_OVERFLOW', message));
    }
    this.dropped++;
    if (this.overflow === 'drop-newest') return;
    this.values.shift();
    this.values.push(value);
  }

  /** Accepts no more values. Buffered values come first, then the error, if any. */
  end(error?: Error): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.failure = error;
    for (const taker of this.takers.splice(0)) this.settle(taker);
    this.onEnd(this);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.values.length > 0) return resolve({ done: false, value: this.values.shift() as T });
      if (this.isEnded) return this.settle({ resolve, reject });
      this.takers.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.values.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The error is thrown once; after that the mailbox is empty. */
  private settle({ resolve, reject }: Taker<T>): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure) reject(failure);
    else resolve({ done: true, value: undefined });
  }
}
