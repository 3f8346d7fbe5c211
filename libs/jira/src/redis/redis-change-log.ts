// ChangeLog over a Redis stream: the stream's order is everybody's order.

import { randomUUID } from 'node:crypto';
import type { Change, Commit } from '../observers/change.js';
import type { ChangeLog, LoggedCommit } from '../observers/change-log.js';
import { PositionCodec } from '../observers/position.js';
import { decode, encode } from '../messaging/plain-data.js';
import { RedisLink, type RedisClient, type RedisOptions } from './redis-link.js';
import { StreamReader, type StreamEntry } from './stream-reader.js';

export interface RedisChangeLogOptions extends RedisOptions {
  /** Commits the stream keeps, about. A node that is away for longer resets its subscribers. @default 10_000 */
  readonly length?: number;
  /** Commits of this process that wait while Redis is away; beyond, subscribers are reset instead. @default 10_000 */
  readonly pending?: number;
}

interface Pending {
  readonly sequence: number;
  readonly position: string;
  /** `undefined`: something is missing here, and all have to fetch again. */
  readonly changes: string | undefined;
}

const BATCH = 100;
const RETRY_MS = 100;
/** A shutdown waits so long for Redis to take what was committed. */
const FLUSH_MS = 5_000;

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
  private readonly positions = new WeakMap<object, string>();
  private readonly listeners = new Map<(commit: LoggedCommit) => void, ((error: unknown) => void) | undefined>();
  /** The newest commit read of each process: a commit sent twice counts once, a missing one is noticed. */
  private readonly newest = new Map<string, number>();
  private pending: Pending[] = [];
  private sequence = 0;
  private sending?: Promise<void>;
  private isClosed = false;

  constructor(
    link: RedisLink | RedisOptions = {},
    private readonly options: Pick<RedisChangeLogOptions, 'length' | 'pending'> = {},
  ) {
    this.link = link instanceof RedisLink ? link : new RedisLink(link);
    this.head = this.codec.encode(0);
    this.reader = new StreamReader(this.link, this.key, {
      onEntry: (entry) => this.receive(entry),
      onGap: (error) => this.tellGap(error),
    });
    this.ready = this.reader.start();
    this.ready.catch(() => undefined);
  }

  append({ changes, transaction }: Commit): void {
    const position = this.codec.encode(++this.sequence);
    if (transaction) this.positions.set(transaction, position);
    const isFull = this.pending.length >= (this.options.pending ?? 10_000);
    // What is in `pending` now will never be asked for again: readers notice the missing sequences, and reset.
    if (isFull) this.pending = [];
    this.pending.push({ sequence: this.sequence, position, changes: isFull ? undefined : textOf(changes) });
    this.sending ??= this.send();
  }

  listen(listener: (commit: LoggedCommit) => void, onGap?: (error: unknown) => void): () => void {
    this.listeners.set(listener, onGap);
    return () => this.listeners.delete(listener);
  }

  positionOf(transaction: object): string | undefined {
    return this.positions.get(transaction);
  }

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, FLUSH_MS)));
    await Promise.race([this.sending, enough]);
    clearTimeout(timer);
    this.isClosed = true;
    this.reader.stop();
    await this.link.close();
  }

  private get key(): string {
    return `${this.link.prefix}changes`;
  }

  private async send(): Promise<void> {
    while (this.pending.length > 0 && !this.isClosed) {
      const batch = this.pending.slice(0, BATCH);
      try {
        await this.write(await this.link.commands, batch);
        this.pending = this.pending.filter(({ sequence }) => sequence > batch[batch.length - 1].sequence);
      } catch {
        // It may have been written all the same: readers know a sequence they have had.
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    this.sending = undefined;
  }

  private async write(client: RedisClient, batch: readonly Pending[]): Promise<void> {
    const { length = 10_000 } = this.options;
    const trim = { TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold: length } } as const;
    // All or none, so that a commit never overtakes one that Redis refused.
    const transaction = client.multi();
    for (const { sequence, position, changes } of batch) {
      const fields = { node: this.node, sequence: `${sequence}`, position };
      transaction.xAdd(this.key, '*', changes === undefined ? fields : { ...fields, changes }, trim);
    }
    await transaction.exec();
  }

  private receive({ fields: { node, sequence: text, position, changes } }: StreamEntry): void {
    const sequence = Number(text);
    const last = this.newest.get(node);
    if (last !== undefined && sequence <= last) return;
    this.newest.set(node, sequence);
    this.head = position;
    if (changes === undefined || (last !== undefined && sequence > last + 1))
      this.tellGap(new Error('Commits of another process are missing.'));
    if (changes === undefined) return;
    const commit = { changes: decode(changes) as readonly Change[], position };
    for (const listener of this.listeners.keys()) listener(commit);
  }

  private tellGap(error: unknown): void {
    for (const onGap of this.listeners.values()) onGap?.(error);
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
