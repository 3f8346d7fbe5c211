// Port: values by key, from whoever publishes to whoever listens at the time.

import type { Mailbox, MailboxOptions } from './mailbox.js';

/** What a subscriber loops over. Leaving the loop, `return()` and closing the PubSub end it. */
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
  /** Resolves when the value is on its way. Rejects with `PubSubClosed` after `close()`. */
  abstract publish(key: string, value: unknown): Promise<void>;

  /**
   * Values from now on; where a server lies between, from when `ready` resolves. What the subscriber does not take is
   * held up to a bound: see `MailboxOptions`.
   */
  abstract subscribe<T = unknown>(key: string, options?: MailboxOptions): PubSubSubscription<T>;

  /** Whether what is published now would reach its subscribers. False while the connection to a server is away. */
  abstract get isAlive(): boolean;

  /** Ends every subscription, without an error, and lets go of connections. */
  abstract close(): Promise<void>;
}

export class PubSubClosed extends Error {
  override readonly name = 'PubSubClosed';

  constructor() {
    super('This PubSub is closed.');
  }
}
