// Port: gives commits and revocations their positions, and carries them to every node.

import type { Commit } from './change.js';
import type { Gap } from './gap.js';
import type { Revocation } from './revocation.js';

/** What a process appends to the log. */
export type LogEntry = Commit | Revocation | Gap;

/** What the log adds to an entry. */
export interface Logged {
  /** Opaque. All changes of one commit have the same position. */
  readonly position: string;
  /** Whether this process appended it. */
  readonly isOwn: boolean;
  /** Tasks that the committing process runs for it. */
  readonly tasks?: readonly string[];
  /** When this process learned of it, in ms since 1970. Set on entries of the history. */
  readonly at?: number;
  /** Time from its commit until this process read it, in ms, by the log's clock. Absent = 0. */
  readonly lagMs?: number;
}

/** A commit, with its position. */
export interface LoggedCommit extends Commit, Logged {}
/** A revocation, with its position. */
export interface LoggedRevocation extends Revocation, Logged {}
/** A gap, with its position. */
export interface LoggedGap extends Gap, Logged {}
/** What the log passes to its listeners. */
export type LoggedEntry = LoggedCommit | LoggedRevocation | LoggedGap;

/** A part of the history. */
export interface LogStretch {
  /** Oldest first: commits, revocations, and a gap wherever something is missing. */
  readonly entries: readonly LoggedEntry[];
  /** Position of the last entry, or the requested position if there are none. */
  readonly tail: string;
}

/** Orders commits and revocations, and carries them to every node. */
export interface ChangeLog {
  /** Resolves when commits of other nodes arrive; absent = at once. */
  readonly ready?: Promise<void>;
  /** Publishes an entry. Listeners on every node get all entries in one order, so no commit overtakes a revocation. */
  append(entry: LogEntry): void;
  /**
   * Calls the listener with each entry, in order. Returns a function that unsubscribes.
   *
   * @param onGap called when entries were missed: every subscriber must refetch
   */
  listen(listener: (entry: LoggedEntry) => void, onGap?: (error: unknown) => void): () => void;
  /** Declares that this process runs a task for each of its own commits. */
  addTask?(task: string): void;
  /**
   * Whether this process is to run the task for that commit. One process does: the one that committed or, if it has no such
   * task, one of the others. Absent = the one that committed.
   */
  runs?(task: string, commit: LoggedCommit): Promise<boolean>;
  /** Rejects if the log cannot be reached now. Absent = it always can. */
  check?(): Promise<void>;
  /** Called when the application shuts down. */
  close?(): Promise<void>;
  /** Position of the newest entry this node has announced to its listeners. */
  readonly head: string;
  /**
   * The history after a position, up to `limit` entries; `unreachable` if the history does not reach back that far or does
   * not know the position. Absent = this log keeps no history.
   */
  read?(after: string, limit: number): LogStretch | 'unreachable' | Promise<LogStretch | 'unreachable'>;
  /** Identifies the history: positions of another epoch mean nothing in it. Required for `read`, once the log is `ready`. */
  readonly epoch?: string;
  /** Whether other processes append to it. @default true */
  readonly isShared?: boolean;
  /** Position of a transaction of this process; `undefined` if it changed nothing that is watched. */
  positionOf(transaction: object): string | undefined;
}

/** Injection token of the server's log. */
export const CHANGE_LOG = Symbol('jira change log');

export function isCommit<Entry extends LogEntry>(entry: Entry): entry is Extract<Entry, Commit> {
  return entry.kind === undefined || entry.kind === 'commit';
}
