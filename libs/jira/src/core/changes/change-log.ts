// Port: gives commits and revocations their positions, and carries them to every node.

import type { Commit } from './change.js';
import type { Gap } from './gap.js';
import type { Revocation } from './revocation.js';

export type LogEntry = Commit | Revocation | Gap;

export interface Logged {
  /** Opaque; equal for all changes of one commit. */
  readonly position: string;
  /** Whether this process appended it. */
  readonly isOwn: boolean;
  /** Tasks that the committing process runs for it. */
  readonly tasks?: readonly string[];
  /** When this process learned of it, in ms since 1970; in what is read of the log. */
  readonly at?: number;
  /** How long ago it was committed when it was read, in ms, by the log's clock. Absent = not at all. */
  readonly lagMs?: number;
}

export interface LoggedCommit extends Commit, Logged {}
export interface LoggedRevocation extends Revocation, Logged {}
export interface LoggedGap extends Gap, Logged {}
export type LoggedEntry = LoggedCommit | LoggedRevocation | LoggedGap;

/** A part of the history. */
export interface LogStretch {
  /** Oldest first: commits, revocations, and a mark wherever something is missing. */
  readonly entries: readonly LoggedEntry[];
  /** Position of the last of them; the one that was asked for if there are none. */
  readonly tail: string;
}

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
  /** Rejects when the log cannot be reached now. Absent = it always can. */
  check?(): Promise<void>;
  /** Called when the application shuts down. */
  close?(): Promise<void>;
  /** Position of the newest entry this node has announced to its listeners. */
  readonly head: string;
  /**
   * The history after a position, up to `limit` entries; `unreachable` when it does not reach back so far, or nobody has
   * heard of the position. Absent = this log keeps none.
   */
  read?(after: string, limit: number): LogStretch | 'unreachable' | Promise<LogStretch | 'unreachable'>;
  /** Names the history: positions of another epoch mean nothing in it. Needed for `read`, once the log is `ready`. */
  readonly epoch?: string;
  /** Whether other processes append to it. @default true */
  readonly isShared?: boolean;
  /** Where a transaction of this process was logged; `undefined` when it changed nothing that is watched. */
  positionOf(transaction: object): string | undefined;
}

/** Token of the server's log. */
export const CHANGE_LOG = Symbol('jira change log');

export function isCommit<Entry extends LogEntry>(entry: Entry): entry is Extract<Entry, Commit> {
  return entry.kind === undefined || entry.kind === 'commit';
}
