// Keeps message queues in Redis: a stream per recipient, and a sorted set of the recipients that have messages.

import type { ExpiredMessage, Message, MessageQueue, QueuedMessage } from '../cluster/messaging/message-queue.js';
import { decode, encode } from '../core/support/plain-data.js';
import { RedisLink, type RedisClient, type RedisOptions } from './redis-link.js';

interface RawEntry {
  readonly id: string;
  readonly message: Readonly<Record<string, string>>;
}

/**
 * Adds a message, and removes and returns the oldest ones beyond the count. It is one step, because two senders would
 * otherwise each remove messages to make room for both. KEYS: stream, recipients, channel. ARGV: recipient, count,
 * fields.
 */
const ADD = `
  redis.call('XADD', KEYS[1], '*', 'id', ARGV[3], 'event', ARGV[4], 'data', ARGV[5], 'sentAt', ARGV[6])
  redis.call('ZADD', KEYS[2], 'NX', ARGV[6], ARGV[1])
  redis.call('PUBLISH', KEYS[3], ARGV[1])
  local excess = redis.call('XLEN', KEYS[1]) - ARGV[2]
  if excess <= 0 then return {} end
  local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', excess)
  for _, entry in ipairs(oldest) do redis.call('XDEL', KEYS[1], entry[1]) end
  return oldest`;

/** Stores messages in a Redis that all processes share. */
export class RedisMessageQueue implements MessageQueue {
  private readonly link: RedisLink;
  private readonly listeners = new Set<(recipient?: string) => void>();
  private subscriber?: RedisClient;

  constructor(link: RedisLink | RedisOptions = {}) {
    this.link = link instanceof RedisLink ? link : new RedisLink(link);
  }

  async add(recipient: string, { id, event, data, sentAt }: Message, keepCount: number): Promise<ExpiredMessage[]> {
    const client = await this.link.commands;
    const fields = [id, event, encode(data), `${sentAt.getTime()}`];
    const removed = (await client.eval(ADD, {
      keys: [this.stream(recipient), this.key('recipients'), this.key('added')],
      arguments: [recipient, `${keepCount}`, ...fields],
    })) as unknown as readonly [string, readonly string[]][];
    return removed.map(([slot, flat]) => ({ ...queued({ id: slot, message: pairs(flat) }), recipient }));
  }

  async read(recipient: string, after?: string): Promise<QueuedMessage[]> {
    const client = await this.link.commands;
    return (await this.range(client, recipient, after === undefined ? '-' : `(${after}`)).map(queued);
  }

  async remove(recipient: string, slots: readonly string[]): Promise<void> {
    if (slots.length === 0) return;
    const client = await this.link.commands;
    await client.xDel(this.stream(recipient), [...slots]);
  }

  async expire(before: Date): Promise<ExpiredMessage[]> {
    const client = await this.link.commands;
    const expired: ExpiredMessage[] = [];
    for (const recipient of await client.zRangeByScore(this.key('recipients'), '-inf', before.getTime() - 1)) {
      const entries = await this.range(client, recipient, '-');
      const old = entries.filter(({ message }) => Number(message['sentAt']) < before.getTime());
      expired.push(...(await this.take(client, recipient, old)));
      // Removes the recipient, then adds it again if messages are left: a message sent meanwhile adds its recipient too.
      await client.zRem(this.key('recipients'), recipient);
      const [left] = await this.range(client, recipient, '-', 1);
      const score = Number(left?.message['sentAt']);
      if (left) await client.zAdd(this.key('recipients'), { score, value: recipient }, { condition: 'NX' });
    }
    return expired;
  }

  watch(listener: (recipient?: string) => void): () => void {
    this.listeners.add(listener);
    if (!this.subscriber) this.listen();
    return () => this.listeners.delete(listener);
  }

  close(): Promise<void> {
    return this.link.close();
  }

  private key(name: string): string {
    return `${this.link.prefix}queue:${name}`;
  }

  private stream(recipient: string): string {
    return this.key(`to:${recipient}`);
  }

  private listen(): void {
    const { client, connected } = this.link.open();
    this.subscriber = client;
    const tell = (recipient?: string): void => {
      for (const listener of this.listeners) listener(recipient);
    };
    // Notifications were lost while Redis was unavailable: every recipient reads its queue again.
    client.on('ready', () => tell());
    const subscribe = async (): Promise<void> => {
      await (await connected).subscribe(this.key('added'), tell);
      tell();
    };
    subscribe().catch(() => undefined); // the link was closed
  }

  private async range(client: RedisClient, recipient: string, from: string, count?: number): Promise<RawEntry[]> {
    const options = count === undefined ? undefined : { COUNT: count };
    return (await client.xRange(this.stream(recipient), from, '+', options)) ?? [];
  }

  /** Removes entries, and returns those that no other process has removed. */
  private async take(client: RedisClient, recipient: string, entries: readonly RawEntry[]): Promise<ExpiredMessage[]> {
    const expired: ExpiredMessage[] = [];
    for (const entry of entries)
      if ((await client.xDel(this.stream(recipient), entry.id)) > 0) expired.push({ ...queued(entry), recipient });
    return expired;
  }
}

function queued({ id: slot, message: { id, event, data, sentAt } }: RawEntry): QueuedMessage {
  return { id, event, data: decode(data), sentAt: new Date(Number(sentAt)), slot };
}

/** Converts the fields of an entry as Redis lists them: name, value, name, value. */
function pairs(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = 0; i < flat.length; i += 2) fields[flat[i]] = flat[i + 1];
  return fields;
}
