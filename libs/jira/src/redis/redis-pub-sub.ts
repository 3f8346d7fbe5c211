// PubSub through Redis. Each process has one connection to publish and one to subscribe, shared by all its subscribers.

import { setTimeout as delay } from 'node:timers/promises';
import type { Mailbox, MailboxOptions } from '../cluster/messaging/mailbox.js';
import { decode, encode } from '../core/support/plain-data.js';
import { PubSub, PubSubClosed } from '../cluster/messaging/pub-sub.js';
import { Topics } from '../cluster/messaging/topics.js';
import { RedisLink, type RedisClient, type RedisOptions } from './redis-link.js';
import { compareIds } from './stream-reader.js';

/** Options of `RedisPubSub`. */
export interface RedisPubSubOptions extends RedisOptions {
  /** Number of values per key that Redis keeps for subscribers that lose the connection. @default 1_000 */
  readonly history?: number;
  /** How long Redis keeps the values of a key after its newest one, in ms. @default 60_000 */
  readonly historyMs?: number;
}

/** Keeps a value for a while and publishes it with its id. KEYS: history, channel. ARGV: value, number, ms. */
const PUBLISH = `
  local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'value', ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  redis.call('PUBLISH', KEYS[2], id .. ' ' .. ARGV[1])`;

interface Value {
  readonly entryId: string;
  readonly text: string;
}

/** What this process has received for a key. */
interface Joined {
  /** Whether Redis confirmed the subscription. */
  isSubscribed?: boolean;
  /** Id of the newest value received, or of the newest before the subscription. */
  last: string;
  /** Values that wait until earlier, missed values are read. */
  held?: Value[];
  /** Id up to which missed values were read; the same values may still arrive by subscription. */
  caughtUp?: string;
}

const RETRY_MS = 100;

/**
 * Subscribers survive an outage of Redis. Once a process is connected again, it reads the values that it missed, as far
 * as Redis still has them. Values that were published during the outage are sent afterwards.
 */
export class RedisPubSub extends PubSub {
  private readonly link: RedisLink;
  private readonly topics = new Topics((key) => {
    if (!this.isClosed) this.settle(key).catch(() => undefined);
  });
  private readonly joined = new Map<string, Joined>();
  private readonly turns = new Map<string, Promise<void>>();
  private subscriber?: { readonly client: RedisClient; readonly connected: Promise<RedisClient> };
  private isClosed = false;

  /** @param link a shared connection, or options to open one */
  constructor(
    link: RedisLink | RedisPubSubOptions = {},
    private readonly options: Omit<RedisPubSubOptions, keyof RedisOptions> = link instanceof RedisLink ? {} : link,
  ) {
    super();
    this.link = link instanceof RedisLink ? link : new RedisLink(link);
    // Connects at once, so that `isAlive` describes Redis even before the first call.
    void this.link.commands;
  }

  get isAlive(): boolean {
    return !this.isClosed && this.link.isReady && (this.subscriber?.client.isReady ?? true);
  }

  async publish(key: string, value: unknown): Promise<void> {
    if (this.isClosed) throw new PubSubClosed();
    const { history = 1_000, historyMs = 60_000 } = this.options;
    const text = encode(value);
    const client = await this.link.commands;
    await client.eval(PUBLISH, {
      keys: [this.history(key), this.channel(key)],
      arguments: [text, `${history}`, `${historyMs}`],
    });
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

  private readonly receive = (message: string, channel: string): void => {
    const key = channel.slice(this.channel('').length);
    const end = message.indexOf(' ');
    const value = { entryId: message.slice(0, end), text: message.slice(end + 1) };
    const joined = this.joined.get(key);
    if (joined?.held) joined.held.push(value);
    else if (joined) this.putNew(key, joined, value);
  };

  private putNew(key: string, joined: Joined, value: Value): void {
    if (joined.caughtUp === undefined || compareIds(value.entryId, joined.caughtUp) > 0) this.put(key, joined, value);
  }

  private put(key: string, joined: Joined, { entryId, text }: Value): void {
    joined.last = entryId;
    this.topics.put(key, () => decode(text));
  }

  private channel(key: string): string {
    return `${this.link.prefix}pubsub:${key}`;
  }

  private history(key: string): string {
    return `${this.link.prefix}published:${key}`;
  }

  /** The subscribing connection. After it was lost, new values wait until the missed ones are read. */
  private open(): { readonly client: RedisClient; readonly connected: Promise<RedisClient> } {
    const opened = this.link.open();
    let isLost = false;
    const hold = (): void => {
      isLost = true;
      for (const joined of this.joined.values()) joined.held ??= [];
    };
    opened.client.on('error', hold);
    opened.client.on('reconnecting', hold);
    opened.client.on('ready', () => {
      if (isLost) for (const [key, joined] of this.joined) void this.catchUp(key, joined);
      isLost = false;
    });
    return opened;
  }

  private async catchUp(key: string, joined: Joined): Promise<void> {
    while (joined.held && !this.isClosed && this.joined.get(key) === joined)
      try {
        const client = await this.link.commands;
        const missed = (await client.xRange(this.history(key), `(${joined.last}`, '+')) ?? [];
        for (const { id, message } of missed) this.put(key, joined, { entryId: id, text: message['value'] });
        joined.caughtUp = joined.last;
        for (const value of joined.held) this.putNew(key, joined, value);
        joined.held = undefined;
      } catch {
        await delay(RETRY_MS);
      }
  }

  /** Subscribes to and unsubscribes from keys in Redis as needed, one step per key at a time. */
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
    const client = await (this.subscriber ??= this.open()).connected;
    for (;;)
      try {
        return await this.change(client, key);
      } catch (error) {
        // The connection was lost during the call; subscribers wait for the next one.
        if (this.isClosed) throw error;
        await delay(RETRY_MS);
      }
  }

  private async change(client: RedisClient, key: string): Promise<void> {
    if (this.topics.has(key)) {
      const isJoined = this.joined.get(key)?.isSubscribed;
      if (isJoined) return;
      const [newest] = (await (await this.link.commands).xRevRange(this.history(key), '+', '-', { COUNT: 1 })) ?? [];
      const joined: Joined = this.joined.get(key) ?? { last: newest?.id ?? '0-0' };
      this.joined.set(key, joined);
      await client.subscribe(this.channel(key), this.receive);
      joined.isSubscribed = true;
    } else if (this.joined.delete(key)) await client.unsubscribe(this.channel(key));
  }
}
