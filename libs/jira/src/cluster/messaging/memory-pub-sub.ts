// PubSub within one process.

import type { Mailbox, MailboxOptions } from './mailbox.js';
import { decode, encode } from '../../core/support/plain-data.js';
import { PubSub, PubSubClosed } from './pub-sub.js';
import { Topics } from './topics.js';

/** Whether other processes receive what is published. */
export function isShared(pubSub: PubSub): boolean {
  return !(pubSub instanceof MemoryPubSub);
}

/** The default `pubSub`: values reach the subscribers of this process only. */
export class MemoryPubSub extends PubSub {
  private readonly topics = new Topics();
  private isClosed = false;

  get isAlive(): boolean {
    return !this.isClosed;
  }

  publish(key: string, value: unknown): Promise<void> {
    if (this.isClosed) return Promise.reject(new PubSubClosed());
    if (!this.topics.has(key)) return Promise.resolve();
    // Copied, as if it had been sent between processes, so that both behave the same.
    const text = encode(value);
    this.topics.put(key, () => decode(text));
    return Promise.resolve();
  }

  subscribe<T>(key: string, options: MailboxOptions = {}): Mailbox<T> {
    if (this.isClosed) throw new PubSubClosed();
    return this.topics.open<T>(key, options);
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.topics.endAll();
    return Promise.resolve();
  }
}
