// PubSub through a Redis: one connection publishes, one subscribes, for all subscribers of the process.

import type { Mailbox, MailboxOptions } from '../messaging/mailbox.js';
import { decode, encode } from '../messaging/plain-data.js';
import { PubSub, PubSubClosed } from '../messaging/pub-sub.js';
import { Topics } from '../messaging/topics.js';
import { RedisLink, type RedisClient, type RedisOptions } from './redis-link.js';

/**
 * Subscribers outlive a Redis that goes away and comes back; what is published meanwhile waits for it. What another
 * process published after Redis was back and before this one was, is missed: Redis keeps nothing for subscribers.
 */
export class RedisPubSub extends PubSub {
  private readonly link: RedisLink;
  private readonly topics = new Topics((key) => {
    if (!this.isClosed) this.settle(key).catch(() => undefined);
  });
  private readonly joined = new Set<string>();
  private readonly turns = new Map<string, Promise<void>>();
  private subscriber?: { readonly client: RedisClient; readonly connected: Promise<RedisClient> };
  private isClosed = false;

  /** @param link options of an own connection, or one that is shared */
  constructor(link: RedisLink | RedisOptions = {}) {
    super();
    this.link = link instanceof RedisLink ? link : new RedisLink(link);
    // At once, so that `isAlive` tells of Redis and not of who has asked.
    void this.link.commands;
  }

  get isAlive(): boolean {
    return !this.isClosed && this.link.isReady && (this.subscriber?.client.isReady ?? true);
  }

  async publish(key: string, value: unknown): Promise<void> {
    if (this.isClosed) throw new PubSubClosed();
    const text = encode(value);
    const client = await this.link.commands;
    await client.publish(this.channel(key), text);
  }

  subscribe<T>(key: string, options: MailboxOptions = {}): Mailbox<T> {
    if (this.isClosed) throw new PubSubClosed();
    return this.topics.open<T>(key, options, this.settle(key));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.topics.endAll();
    await this.link.close();
  }

  private readonly receive = (text: string, channel: string): void => {
    this.topics.put(channel.slice(this.channel('').length), () => decode(text));
  };

  private channel(key: string): string {
    return `${this.link.prefix}pubsub:${key}`;
  }

  /** Brings what Redis sends in line with what is wanted, one step of a key after the other. */
  private async settle(key: string): Promise<void> {
    const turn = this.step(key, this.turns.get(key));
    this.turns.set(key, turn);
    try {
      await turn;
    } finally {
      if (this.turns.get(key) === turn) this.turns.delete(key);
    }
  }

  private async step(key: string, previous: Promise<void> | undefined): Promise<void> {
    await previous?.catch(() => undefined);
    const client = await (this.subscriber ??= this.link.open()).connected;
    const isWanted = this.topics.has(key);
    if (isWanted === this.joined.has(key)) return;
    if (isWanted) {
      await client.subscribe(this.channel(key), this.receive);
      this.joined.add(key);
    } else {
      this.joined.delete(key);
      await client.unsubscribe(this.channel(key));
    }
  }
}
