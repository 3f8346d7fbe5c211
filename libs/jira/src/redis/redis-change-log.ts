// ChangeLog over a Redis stream: the stream's order is everybody's order.

import { randomUUID } from 'node:crypto';
import type { Change, Commit } from '../core/changes/change.js';
import { noteExact } from '../core/changes/exact-values.js';
import type { ChangeLog, LoggedCommit } from '../core/changes/change-log.js';
import { PositionCodec } from '../core/changes/position.js';
import { decode, encode } from '../core/support/plain-data.js';
import { atMost } from '../core/support/with-timeout.js';
import { NodeLease } from './node-lease.js';
import { RedisLink, type RedisClient, type RedisOptions } from './redis-link.js';
import { RowOrder } from './row-order.js';
import { StreamReader, timeOf, type StreamEntry } from './stream-reader.js';

export interface RedisChangeLogOptions extends RedisOptions {
  /** Commits the stream keeps, about. A node that is away for longer resets its subscribers. @default 10_000 */
  readonly length?: number;
  /** Commits of this process that wait while Redis is away; beyond, subscribers are reset instead. @default 10_000 */
  readonly pending?: number;
  /** Ms after which a process that ended without a goodbye is noticed, and subscribers are reset. @default 15_000 */
  readonly leaseMs?: number;
}

interface Pending {
  readonly sequence: number;
  readonly position: string;
  /** `undefined`: something is missing here, and all have to fetch again. */
  readonly changes: string | undefined;
  /** By the clock of Redis; `undefined` before that is known. */
  readonly committedAt: number | undefined;
}

const BATCH = 100;
const RETRY_MS = 100;
/** A shutdown waits so long for Redis to take what was committed. */
const FLUSH_MS = 5_000;
/** Another process that reads a commit later than this after the first may run its tasks again. */
const CLAIM_MS = 300_000;

/** The newest commit that was read of a process. */
interface Newest {
  readonly sequence: number;
  /** What comes next has to follow it. Not so after a gap, which has been told. */
  readonly isSure: boolean;
}

/**
 * Every process announces what it reads from the stream, its own commits too, so that all see one order. Positions are
 * given before, so that an answer carries the position of what it committed.
 */
export class RedisChangeLog implements ChangeLog {
  /** Resolves when this process hears the commits of the others. */
  readonly ready: Promise<void>;
  head: string;
  private readonly node = randomUUID();
  private readonly codec = new PositionCodec();
  private readonly link: RedisLink;
  private readonly reader: StreamReader;
  private readonly lease: NodeLease;
  private readonly positions = new WeakMap<object, string>();
  private readonly listeners = new Map<(commit: LoggedCommit) => void, ((error: unknown) => void) | undefined>();
  /** By process: a commit sent twice counts once, a missing one is noticed. */
  private readonly newest = new Map<string, Newest>();
  /** Commits of this process that it has not read back: a Redis that is killed may forget what it has taken. */
  private pending: Pending[] = [];
  private readonly tasks = new Set<string>();
  private readonly order = new RowOrder();
  private sequence = 0;
  /** Why something of what was just read is missing, or may be out of order; told when all of it is. */
  private gap: string | undefined;
  /** The newest that Redis has taken. */
  private taken = 0;
  private sending?: Promise<void>;
  private isClosed = false;

  /** @param link a connection that is shared; else one is made by the options */
  constructor(
    link: RedisLink | RedisChangeLogOptions = {},
    private readonly options: RedisChangeLogOptions = link instanceof RedisLink ? {} : link,
  ) {
    this.link = link instanceof RedisLink ? link : new RedisLink(link);
    this.head = this.codec.encode(0);
    this.reader = new StreamReader(this.link, this.key, {
      onEntry: (entry) => this.receive(entry),
      onGap: (reason, place) => this.noteGap(reason, place),
      onRead: () => this.tellGap(),
      onReconnect: () => this.sendAgain(),
    });
    this.lease = new NodeLease(this.link, this.key, this.node, options.leaseMs ?? 15_000);
    this.ready = Promise.all([this.reader.start(), this.lease.start()]).then(() => undefined);
    this.ready.catch(() => undefined);
  }

  append({ changes, transaction }: Commit): void {
    const position = this.codec.encode(++this.sequence);
    if (transaction) this.positions.set(transaction, position);
    const { pending: most = 10_000 } = this.options;
    if (this.pending.length >= most) this.pending = this.pending.filter((one) => one.sequence > this.taken);
    const isFull = this.pending.length >= most;
    // What is in `pending` now will never be sent: readers are told to fetch again.
    if (isFull) this.pending = [];
    this.pending.push({
      sequence: this.sequence,
      position,
      changes: isFull ? undefined : textOf(changes),
      committedAt: this.lease.now,
    });
    this.sending ??= this.send();
  }

  listen(listener: (commit: LoggedCommit) => void, onGap?: (error: unknown) => void): () => void {
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
        // If the answer to a first try was lost, it is ours all the same.
        return (await client.set(key, this.node, options)) !== null || (await client.get(key)) === this.node;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    return false;
  }

  positionOf(transaction: object): string | undefined {
    return this.positions.get(transaction);
  }

  async close(): Promise<void> {
    await atMost(FLUSH_MS, Promise.resolve(this.sending));
    this.isClosed = true;
    this.reader.stop();
    this.lease.stop();
    // Else the others are told, when the lease ends, that something is missing.
    if (this.taken === this.sequence && this.link.isReady) await this.lease.giveUp().catch(() => undefined);
    await this.link.close();
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
        // It may have been written all the same: readers know a sequence they have had.
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
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
    // All or none, so that a commit never overtakes one that Redis refused.
    const transaction = client.multi();
    for (const { sequence, position, changes, committedAt = this.lease.now } of batch) {
      const fields = { node: this.node, sequence: `${sequence}`, position, tasks: [...this.tasks].join(' ') };
      const more: Record<string, string> = {};
      if (committedAt !== undefined) more['at'] = `${committedAt}`;
      if (changes !== undefined) more['changes'] = changes;
      transaction.xAdd(this.key, '*', { ...fields, ...more }, trim);
    }
    await transaction.exec();
  }

  private receive({ id, fields }: StreamEntry): void {
    const { node, sequence: text, position, changes, gap, tasks, at: committedAt } = fields;
    if (gap !== undefined) return this.noteGap(gap, id);
    if (node === undefined || position === undefined) return;
    const sequence = Number(text);
    const last = this.newest.get(node);
    if (last && sequence <= last.sequence) return;
    const isMissing = last?.isSure && sequence > last.sequence + 1;
    const read = changes === undefined ? undefined : changesOf(changes);
    if (isMissing || !read) this.noteGap('Some commits are missing.', id);
    this.newest.set(node, { sequence, isSure: true });
    this.head = position;
    const isOwn = node === this.node;
    if (isOwn) this.settle(sequence);
    if (!read) return;
    const { changes: settled, isUnsure } = this.order.settle(node, read, {
      at: timeOf(id),
      ...(committedAt !== undefined && { committedAt: Number(committedAt) }),
    });
    const commit = { changes: settled, position, isOwn, tasks: tasks?.split(' ') };
    for (const listener of this.listeners.keys()) listener(commit);
    if (isUnsure) this.gap ??= 'The order in which two processes wrote a row is unknown.';
  }

  private settle(sequence: number): void {
    while (this.pending.length > 0 && this.pending[0].sequence <= sequence) this.pending.shift();
  }

  /** Commits up to this place are missing. */
  private noteGap(reason: string, place: string): void {
    this.gap = reason;
    this.order.miss(timeOf(place));
    for (const [node, { sequence }] of this.newest) this.newest.set(node, { sequence, isSure: false });
  }

  private tellGap(): void {
    const reason = this.gap;
    if (reason === undefined) return;
    this.gap = undefined;
    for (const onGap of this.listeners.values()) onGap?.(new Error(reason));
  }
}

/** `undefined` for what cannot travel: a column of an application's own class that is no data. */
function textOf(changes: readonly Change[]): string | undefined {
  try {
    return encode(changes);
  } catch {
    return undefined;
  }
}

/** `undefined` for what another version of the library wrote, and this one cannot read. */
function changesOf(text: string): readonly Change[] | undefined {
  try {
    const changes = decode(text) as readonly Change[];
    for (const change of changes) noteExact(change);
    return changes;
  } catch {
    return undefined;
  }
}
