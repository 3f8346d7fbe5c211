// Port: publish values by key to the current subscribers.

import type { Mailbox, MailboxOptions } from './mailbox.js';

/** The values a subscriber iterates over. Leaving the loop, `return()` or closing the PubSub ends it. */
export type PubSubSubscription<T> = Mailbox<T>;

/**
 * Publish and subscribe. A value reaches the subscribers of its key that are there when it is published, each in the
 * order of publishing; nothing is kept for those who come later. Values are plain data: what JSON holds, and dates,
 * bigints and bytes. Inject `PubSub`; one process has its own unless `JiraModule.forRoot({ pubSub })` names another.
 *
 * @example
 * @Action({ methods: ['SUBSCRIPTION'] })
 * async *ticks(scope: ActionScope) { yield* this.pubSub.subscribe<Tick>('ticks'); }
 */
export abstract class PubSub {
  /** Resolves once the value is sent. Rejects with `PubSubClosed` after `close()`. */
  abstract publish(key: string, value: unknown): Promise<void>;

  /**
   * Values from now on; where a server lies between, from when `ready` resolves. What the subscriber does not take is
   * held up to a bound: see `MailboxOptions`.
   */
  abstract subscribe<T = unknown>(key: string, options?: MailboxOptions): PubSubSubscription<T>;

  /** Whether a value published now would reach its subscribers. False while the connection to a server is lost. */
  abstract get isAlive(): boolean;

  /** Ends every subscription, without an error, and closes connections. */
  abstract close(): Promise<void>;
}

export class PubSubClosed extends Error {
  override readonly name = 'PubSubClosed';

  constructor() {
    super('This PubSub is closed.');
  }
}
