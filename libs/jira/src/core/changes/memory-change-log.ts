// The change log of a single process, in memory.

import { randomBytes } from 'node:crypto';
import { isCommit, type ChangeLog, type LogEntry, type LoggedEntry, type LogStretch } from './change-log.js';
import { History, type HistoryLimits } from './history.js';
import { PositionCodec } from './position.js';

/** The change log of a single process, in memory. */
export class MemoryChangeLog implements ChangeLog {
  readonly epoch = randomBytes(9).toString('base64url');
  readonly isShared = false;
  private readonly codec = new PositionCodec();
  private readonly history: History;
  private readonly positions = new WeakMap<object, string>();
  private readonly listeners = new Set<(entry: LoggedEntry) => void>();
  private sequence = 0;

  /** @param history what is kept for clients that come back */
  constructor({ history }: { readonly history?: Partial<HistoryLimits> } = {}) {
    this.history = new History(history, this.head);
  }

  get head(): string {
    return this.codec.encode(this.sequence);
  }

  append(entry: LogEntry): void {
    const position = this.codec.encode(++this.sequence);
    if (isCommit(entry) && entry.transaction) this.positions.set(entry.transaction, position);
    const logged = { position, isOwn: true, at: Date.now() };
    this.history.add(isCommit(entry) ? { changes: entry.changes, ...logged } : { ...entry, ...logged });
    for (const listener of this.listeners) listener({ ...entry, position, isOwn: true });
  }

  listen(listener: (entry: LoggedEntry) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  read(after: string, limit: number): LogStretch | 'unreachable' {
    return this.history.read(after, limit);
  }

  positionOf(transaction: object): string | undefined {
    return this.positions.get(transaction);
  }
}
