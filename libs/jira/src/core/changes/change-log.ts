// Port: gives commits and revocations their positions, and carries them to every node.

import type { Commit } from './change.js';
import { PositionCodec } from './position.js';
import type { Revocation } from './revocation.js';

export type LogEntry = Commit | Revocation;

export interface Logged {
  /** Opaque; equal for all changes of one commit. */
  readonly position: string;
  /** Whether this process appended it. */
  readonly isOwn: boolean;
  /** Tasks that the committing process runs for it. */
  readonly tasks?: readonly string[];
}

export interface LoggedCommit extends Commit, Logged {}
export interface LoggedRevocation extends Revocation, Logged {}
export type LoggedEntry = LoggedCommit | LoggedRevocation;

export interface ChangeLog {
  /** Resolves when commits of other nodes arrive; absent = at once. */
  readonly ready?: Promise<void>;
  /** Publishes an entry of this process; the listeners of every node get all in one order: no commit overtakes a revocation. */
  append(entry: LogEntry): void;
  /** @param onGap called when entries were missed: every subscriber must refetch */
  listen(listener: (entry: LoggedEntry) => void, onGap?: (error: unknown) => void): () => void;
  /** Declares that this process runs a task for each of its own commits. */
  addTask?(task: string): void;
  /**
   * Whether this process is to run the task for that commit: one process does. The one that committed, or, if it has no
   * such task, one of the others. Absent = the one that committed.
   */
  runs?(task: string, commit: LoggedCommit): Promise<boolean>;
  /** Called when the application shuts down. */
  close?(): Promise<void>;
  /** Position of the newest entry this node has announced to its listeners. */
  readonly head: string;
  /** Where a transaction of this process was logged; `undefined` when it changed nothing that is watched. */
  positionOf(transaction: object): string | undefined;
}

/** Token of the server's log. */
export const CHANGE_LOG = Symbol('jira change log');

/** One process. */
export class MemoryChangeLog implements ChangeLog {
  private readonly codec = new PositionCodec();
  private readonly positions = new WeakMap<object, string>();
  private readonly listeners = new Set<(entry: LoggedEntry) => void>();
  private sequence = 0;

  get head(): string {
    return this.codec.encode(this.sequence);
  }

  append(entry: LogEntry): void {
    const position = this.codec.encode(++this.sequence);
    if (entry.kind !== 'revocation' && entry.transaction) this.positions.set(entry.transaction, position);
    for (const listener of this.listeners) listener({ ...entry, position, isOwn: true });
  }

  listen(listener: (entry: LoggedEntry) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  positionOf(transaction: object): string | undefined {
    return this.positions.get(transaction);
  }
}
