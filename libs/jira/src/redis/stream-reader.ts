// Reads a Redis stream from its end onwards, and detects missing entries.

import { setTimeout as delay } from 'node:timers/promises';
import type { RedisLink, RedisClient } from './redis-link.js';

export interface StreamEntry {
  readonly id: string;
  readonly fields: Readonly<Partial<Record<string, string>>>;
}

export interface StreamListener {
  /** Called in the stream's order. */
  onEntry(entry: StreamEntry): void;
  /** The same for entries that were written shortly before the reader started. */
  onPast(entry: StreamEntry): void;
  /** Entries up to this one were missed: trimmed while this process was not reading, or lost when Redis restarted. */
  onGap(reason: string, entryId: string): void;
  /** Called when every entry of one read was reported. */
  onRead(): void;
  /** The connection was lost: entries that other processes read may be gone. Called before reading resumes. */
  onReconnect(): void;
}

const BLOCK_MS = 5_000;
const COUNT = 200;
const RETRY_MS = 100;
/** Readers that notice the same loss within this time report it once. */
const LOSS_MS = 10_000;

/**
 * Reports a loss to all readers by one entry, however many of them notice it. Returns the entry's id.
 * KEYS: the stream, the id of the newest loss. ARGV: reason, ms for which it counts.
 */
const TELL_LOSS = `
  local told = redis.call('GET', KEYS[2])
  if told then return told end
  told = redis.call('XADD', KEYS[1], '*', 'gap', ARGV[1])
  redis.call('SET', KEYS[2], told, 'PX', ARGV[2])
  return told`;

/** Whether an entry exists, without reading its content, which may be large. KEYS: the stream. ARGV: the entry's id. */
const COUNT_ENTRY = `return #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])`;

export class StreamReader {
  /** The newest entry that was read. While it is in the stream, nothing after it was trimmed. */
  private anchor = '';
  private opened?: { readonly client: RedisClient; readonly connected: Promise<RedisClient> };
  private isStopped = false;
  /** Called after the next read. */
  private waiting: (() => void)[] = [];

  constructor(
    private readonly link: RedisLink,
    private readonly key: string,
    private readonly listener: StreamListener,
  ) {}

  /** Resolves once every further entry will be read. @param pastMs how far back to report the past first, in ms */
  async start(pastMs: number): Promise<void> {
    this.opened = this.link.open();
    const client = await this.opened.connected;
    await this.insist(async () => {
      const end = await this.castAnchor(client);
      await this.readPast(client, end, pastMs);
      this.anchor = end;
    });
    void this.run(client);
  }

  /** Resolves when everything that is in the stream now was read. */
  async caughtUp(): Promise<void> {
    const client = await this.link.commands;
    const newest = (await client.xRevRange(this.key, '+', '-', { COUNT: 1 }))?.[0]?.id;
    if (newest === undefined) return;
    while (!this.isStopped && compareIds(this.anchor, newest) < 0)
      await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private async readPast(client: RedisClient, end: string, pastMs: number): Promise<void> {
    let start = `${Math.max(0, timeOf(end) - pastMs)}`;
    for (let isMore = true; isMore;) {
      const found = (await client.xRange(this.key, start, end, { COUNT })) ?? [];
      for (const { id, message } of found) this.listener.onPast({ id, fields: message });
      isMore = found.length === COUNT;
      start = `(${found[found.length - 1]?.id ?? end}`;
    }
  }

  stop(): void {
    this.isStopped = true;
    if (this.opened) this.link.end(this.opened.client);
  }

  private async run(client: RedisClient): Promise<void> {
    while (!this.isStopped) await this.insist((isAgain) => this.read(client, !isAgain));
  }

  /** Repeats the step until it succeeds: a lost connection comes back by itself. */
  private async insist(step: (isAgain: boolean) => Promise<void>): Promise<void> {
    for (let isAgain = false; !this.isStopped; isAgain = true) {
      try {
        return await step(isAgain);
      } catch {
        await delay(RETRY_MS);
        if (!this.isStopped) this.listener.onReconnect();
      }
    }
  }

  private async read(client: RedisClient, mayWait: boolean): Promise<void> {
    // Sent together and answered together, so that the check for trimmed entries applies to this very read.
    const [reply, isThere] = await Promise.all([
      client.xRead({ key: this.key, id: this.anchor }, { COUNT, ...(mayWait && { BLOCK: BLOCK_MS }) }),
      client.eval(COUNT_ENTRY, { keys: [this.key], arguments: [this.anchor] }),
    ]);
    if (isThere !== 1) return this.recover(client);
    for (const { messages } of (reply ?? []) as readonly { messages: readonly RawEntry[] }[])
      for (const { id, message } of messages) {
        this.anchor = id;
        this.listener.onEntry({ id, fields: message });
      }
    this.told();
  }

  /** Reports the gap and continues with the entries after it. */
  private async recover(client: RedisClient): Promise<void> {
    const oldest = (await client.xRange(this.key, '-', '+', { COUNT: 1 }))?.[0]?.id;
    const isCut = oldest !== undefined && compareIds(oldest, this.anchor) > 0;
    const reason = isCut ? 'Redis no longer holds every commit.' : 'Redis has lost commits.';
    // A Redis that restarted from an older snapshot lost entries that other readers had not read and cannot notice.
    const entryId = isCut ? oldest : await this.tellLoss(client, reason);
    const left = await client.xRange(this.key, `(${this.anchor}`, entryId);
    this.listener.onGap(reason, entryId);
    for (const { id, message } of left ?? []) if (!('gap' in message)) this.listener.onEntry({ id, fields: message });
    this.anchor = entryId;
    this.told();
  }

  private told(): void {
    this.listener.onRead();
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private async castAnchor(client: RedisClient): Promise<string> {
    const newest = (await client.xRevRange(this.key, '+', '-', { COUNT: 1 }))?.[0]?.id;
    return newest ?? (await client.xAdd(this.key, '*', { begin: '1' }));
  }

  private async tellLoss(client: RedisClient, reason: string): Promise<string> {
    const options = { keys: [this.key, `${this.key}:loss`], arguments: [reason, `${LOSS_MS}`] };
    return (await client.eval(TELL_LOSS, options)) as string;
  }
}

interface RawEntry {
  readonly id: string;
  readonly message: Record<string, string>;
}

/** Time when Redis accepted the entry, in ms. */
export function timeOf(id: string): number {
  return Number(id.split('-')[0]);
}

/** Ids are `<milliseconds>-<number>`. */
export function compareIds(a: string, b: string): number {
  const [aTime, aCount] = a.split('-').map(Number);
  const [bTime, bCount] = b.split('-').map(Number);
  return aTime - bTime || aCount - bCount;
}
