// A change log in a Redis stream: all processes see commits in the order of the stream.

import { setTimeout as delay } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { isCommit, type ChangeLog, type LogEntry, type LoggedCommit, type LoggedEntry, type LogStretch } from '../core/changes/change-log.js'; // prettier-ignore
import { DEFAULT_HISTORY, History, type HistoryLimits } from '../core/changes/history.js';
import { PositionCodec } from '../core/changes/position.js';
import { contentOf, entryOf, entryPosition, VERSION, type Content } from './stream-content.js';
import { atMost } from '../core/support/with-timeout.js';
import { NodeLease } from './node-lease.js';
import { RedisLink, type RedisClient, type RedisOptions } from './redis-link.js';
import { RowOrder } from './row-order.js';
import { StreamReader, timeOf, type StreamEntry } from './stream-reader.js';

/** Options of `RedisChangeLog`. */
export interface RedisChangeLogOptions extends RedisOptions {
  /** Approximate number of commits the stream keeps. A node that misses more resets its subscribers. @default 10_000 */
  readonly length?: number;
  /** Commits of this process to hold while Redis is unavailable; beyond that, subscribers are reset. @default 10_000 */
  readonly pending?: number;
  /** Time after which a crashed process is noticed and subscribers are reset, in ms. @default 15_000 */
  readonly leaseMs?: number;
  /** How much history this process keeps for clients that reconnect. */
  readonly history?: Partial<HistoryLimits>;
}

interface Pending {
  readonly sequence: number;
  readonly position: string;
  /** Empty if the entry could not be kept: all subscribers must then refetch. */
  readonly content: Content;
  /** Time of the commit by the clock of Redis; `undefined` while that is unknown. */
  readonly committedAt: number | undefined;
}

const BATCH = 100;
const RETRY_MS = 100;
/** How long a shutdown waits for Redis to accept the remaining commits. */
const FLUSH_MS = 5_000;
/** How long a client that comes from another process waits for this one to read up to its position. */
const CATCH_UP_MS = 2_000;
/** A process that reads a commit this long after the first one may run its tasks again. */
const CLAIM_MS = 300_000;

/** The newest commit that was read from a process. */
interface Newest {
  readonly sequence: number;
  /** Whether the next commit must follow it directly; false after a reported gap. */
  readonly isSure: boolean;
}

/**
 * Every process announces what it reads from the stream, including its own commits, so that all see the same order.
 * Positions are assigned at the commit, so that an answer carries the position of its own commit.
 */
export class RedisChangeLog implements ChangeLog {
  /** Resolves once this process receives the commits of the others. */
  readonly ready: Promise<void>;
  head: string;
  epoch = '';
  private readonly history: History;
  private readonly node = randomUUID();
  private readonly codec = new PositionCodec();
  private readonly link: RedisLink;
  private readonly reader: StreamReader;
  private readonly lease: NodeLease;
  private readonly positions = new WeakMap<object, string>();
  private readonly listeners = new Map<(entry: LoggedEntry) => void, ((error: unknown) => void) | undefined>();
  /** By process: detects commits that were sent twice or are missing. */
  private readonly newest = new Map<string, Newest>();
  /** Commits of this process that it has not read back yet: a killed Redis may lose entries that it had accepted. */
  private pending: Pending[] = [];
  private readonly tasks = new Set<string>();
  private readonly order = new RowOrder();
  private sequence = 0;
  /** Why part of the current read is missing or may be out of order. Reported after the read. */
  private gap: string | undefined;
  /** The newest commit that Redis accepted. */
  private taken = 0;
  private sending?: Promise<void>;
  private isClosed = false;

  /** @param link a shared connection; otherwise one is opened from the options */
  constructor(
    link: RedisLink | RedisChangeLogOptions = {},
    private readonly options: RedisChangeLogOptions = link instanceof RedisLink ? {} : link,
  ) {
    this.link = link instanceof RedisLink ? link : new RedisLink(link);
    this.head = this.codec.encode(0);
    this.history = new History(options.history);
    this.reader = new StreamReader(this.link, this.key, {
      onEntry: (entry) => this.receive(entry),
      onPast: (entry) => this.receive(entry, true),
      onGap: (reason, entryId) => this.noteGap(reason, entryId),
      onRead: () => this.tellGap(),
      onReconnect: () => this.sendAgain(),
    });
    this.lease = new NodeLease(this.link, this.key, this.node, options.leaseMs ?? 15_000);
    this.ready = Promise.all([this.start(), this.lease.start()]).then(() => undefined);
    this.ready.catch(() => undefined);
  }

  append(entry: LogEntry): void {
    const position = this.codec.encode(++this.sequence);
    if (isCommit(entry) && entry.transaction) this.positions.set(entry.transaction, position);
    const { pending: max = 10_000 } = this.options;
    if (this.pending.length >= max) this.pending = this.pending.filter((one) => one.sequence > this.taken);
    const isFull = this.pending.length >= max;
    // The commits in `pending` will never be sent: subscribers are reset.
    if (isFull) this.pending = [];
    const content = isFull ? {} : contentOf(entry);
    this.pending.push({ sequence: this.sequence, position, content, committedAt: this.lease.now });
    this.sending ??= this.send();
  }

  listen(listener: (entry: LoggedEntry) => void, onGap?: (error: unknown) => void): () => void {
    this.listeners.set(listener, onGap);
    return () => this.listeners.delete(listener);
  }

  addTask(task: string): void {
    this.tasks.add(task);
  }

  async runs(task: string, { isOwn, tasks, position }: LoggedCommit): Promise<boolean> {
    if (isOwn || tasks?.includes(task)) return isOwn;
    const key = `${this.key}:task:${position}:${task}`;
    while (!this.isClosed)
      try {
        const client = await this.link.commands;
        const options = { condition: 'NX', expiration: { type: 'PX', value: CLAIM_MS } } as const;
        // It is also ours if only the answer to the first attempt was lost.
        return (await client.set(key, this.node, options)) !== null || (await client.get(key)) === this.node;
      } catch {
        await delay(RETRY_MS);
      }
    return false;
  }

  async read(after: string, limit: number): Promise<LogStretch | 'unreachable'> {
    const found = this.history.read(after, limit);
    if (found !== 'unreachable') return found;
    // Another process may have announced a commit that this one has not read yet.
    await atMost(CATCH_UP_MS, this.reader.caughtUp());
    return this.history.read(after, limit);
  }

  positionOf(transaction: object): string | undefined {
    return this.positions.get(transaction);
  }

  async check(): Promise<void> {
    if (!this.link.isReady) throw new Error('Redis is not connected.');
    await (await this.link.commands).ping();
  }

  async close(): Promise<void> {
    await atMost(FLUSH_MS, Promise.resolve(this.sending));
    this.isClosed = true;
    this.reader.stop();
    this.lease.stop();
    // Otherwise the end of the lease tells the others that commits are missing.
    if (this.taken === this.sequence && this.link.isReady) await this.lease.giveUp().catch(() => undefined);
    await this.link.close();
  }

  private async start(): Promise<void> {
    const { ageMs = DEFAULT_HISTORY.ageMs } = this.options.history ?? {};
    await this.reader.start(ageMs);
    // Those gaps were reported when they were noticed; no client was connected here then.
    this.gap = undefined;
    const [client, name] = [await this.link.commands, `${this.key}:epoch`];
    await client.set(name, randomUUID(), { condition: 'NX' });
    this.epoch = (await client.get(name)) ?? '';
  }

  private get key(): string {
    return `${this.link.prefix}changes`;
  }

  private async send(): Promise<void> {
    for (let batch = this.next(); batch.length > 0 && !this.isClosed; batch = this.next()) {
      const { taken } = this;
      try {
        await this.write(await this.link.commands, batch);
        if (this.taken === taken) this.taken = batch[batch.length - 1].sequence;
      } catch {
        // It may have been written nevertheless: readers ignore a sequence number that they have seen.
        await delay(RETRY_MS);
      }
    }
    this.sending = undefined;
  }

  private next(): Pending[] {
    const start = this.pending.findIndex(({ sequence }) => sequence > this.taken);
    return start < 0 ? [] : this.pending.slice(start, start + BATCH);
  }

  private sendAgain(): void {
    const [oldest] = this.pending;
    if (!oldest) return;
    this.taken = oldest.sequence - 1;
    this.sending ??= this.send();
  }

  private async write(client: RedisClient, batch: readonly Pending[]): Promise<void> {
    const { length = 10_000 } = this.options;
    const trim = { TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold: length } } as const;
    // All or none are written, so that no commit overtakes one that Redis refused.
    const transaction = client.multi();
    for (const { sequence, position, content, committedAt = this.lease.now } of batch) {
      const head = { version: VERSION, node: this.node, sequence: `${sequence}`, position };
      const at: { at?: string } = committedAt === undefined ? {} : { at: `${committedAt}` };
      transaction.xAdd(this.key, '*', { ...head, ...at, tasks: [...this.tasks].join(' '), ...content }, trim);
    }
    await transaction.exec();
  }

  /** @param isPast whether it was written before this process began to listen: it is kept, but not announced */
  private receive({ id, fields }: StreamEntry, isPast = false): void {
    const { node, sequence: text, position, gap, tasks, at: committedAt } = fields;
    if (gap !== undefined) return this.noteGap(gap, id);
    if (node === undefined || position === undefined) return this.keep({ changes: [], position: entryPosition(id), isOwn: false }, id); // prettier-ignore
    const sequence = Number(text);
    const last = this.newest.get(node);
    if (last && sequence <= last.sequence) return;
    const isMissing = last?.isSure && sequence > last.sequence + 1;
    const read = entryOf(fields);
    if (isMissing || !read) this.noteGap('Some commits are missing.', id);
    this.newest.set(node, { sequence, isSure: true });
    const isOwn = node === this.node;
    if (isOwn) this.settle(sequence);
    if (!read) return this.keep({ kind: 'gap', position, isOwn }, id);
    if (!isCommit(read)) {
      this.keep({ ...read, position, isOwn }, id);
      return isPast ? undefined : this.tell({ ...read, position, isOwn });
    }
    const { changes, isUnsure } = this.order.settle(node, read.changes, {
      at: timeOf(id),
      ...(committedAt !== undefined && { committedAt: Number(committedAt) }),
    });
    this.keep({ changes, position, isOwn }, id);
    if (isUnsure) this.noteUnsure(id);
    if (!isPast) this.tell({ changes, position, isOwn, tasks: tasks?.split(' '), lagMs: this.lagOf(committedAt) });
  }

  private lagOf(committedAt: string | undefined): number {
    const { now } = this.lease;
    return committedAt === undefined || now === undefined ? 0 : Math.max(0, now - Number(committedAt));
  }

  /** Called before the entry is announced, so that the readable history never lags behind. */
  private keep(entry: LoggedEntry, id: string): void {
    this.head = entry.position;
    this.history.add({ ...entry, at: timeOf(id) });
  }

  private tell(entry: LoggedEntry): void {
    for (const listener of this.listeners.keys()) listener(entry);
  }

  private settle(sequence: number): void {
    while (this.pending.length > 0 && this.pending[0].sequence <= sequence) this.pending.shift();
  }

  private noteUnsure(entryId: string): void {
    this.gap ??= 'The order in which two processes wrote a row is unknown.';
    this.keep({ kind: 'gap', position: entryPosition(`${entryId} unsure`), isOwn: false }, entryId);
  }

  /** Commits up to this entry are missing. */
  private noteGap(reason: string, entryId: string): void {
    this.gap = reason;
    this.keep({ kind: 'gap', position: entryPosition(entryId), isOwn: false }, entryId);
    this.order.miss(timeOf(entryId));
    for (const [node, { sequence }] of this.newest) this.newest.set(node, { sequence, isSure: false });
  }

  private tellGap(): void {
    const reason = this.gap;
    if (reason === undefined) return;
    this.gap = undefined;
    for (const onGap of this.listeners.values()) onGap?.(new Error(reason));
  }
}
