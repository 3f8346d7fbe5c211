// Port: publishes values by key to the current subscribers.

import type { Mailbox, MailboxOptions } from './mailbox.js';

/** The values a subscriber iterates over. Leaving the loop, `return()` or closing the PubSub ends it. */
export type PubSubSubscription<T> = Mailbox<T>;

/**
 * Publish and subscribe. A value reaches the subscribers that its key has when it is published, in the order of
 * publishing. Nothing is kept for later subscribers. Values are plain data: what JSON holds, and dates, bigints and
 * bytes. Inject `PubSub`; each process has its own unless `JiraModule.forRoot({ pubSub })` sets a shared one.
 *
 * @example
 * @Action({ methods: ['SUBSCRIPTION'] })
 * async *ticks(scope: ActionScope) { yield* this.pubSub.subscribe<Tick>('ticks'); }
 */
export abstract class PubSub {
  /** Resolves once the value is sent. Rejects with `PubSubClosed` after `close()`. */
  abstract publish(key: string, value: unknown): Promise<void>;

  /**
   * Subscribes to values from now on; with a server in between, from when `ready` resolves. Values that the subscriber
   * has not taken are buffered up to a limit: see `MailboxOptions`.
   */
  abstract subscribe<T = unknown>(key: string, options?: MailboxOptions): PubSubSubscription<T>;

  /** Whether a value published now would reach its subscribers. False while the connection to a server is lost. */
  abstract get isAlive(): boolean;

  /** Ends every subscription, without an error, and closes connections. */
  abstract close(): Promise<void>;
}

/** Thrown by a `PubSub` that is used after `close()`. */
export class PubSubClosed extends Error {
  override readonly name = 'PubSubClosed';

  constructor() {
    super('This PubSub is closed.');
  }
}
