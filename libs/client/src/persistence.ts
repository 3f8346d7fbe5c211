// The port through which rows and writes outlive the page; `nestjs-jira-client/offline` fills it.

import type { Call } from './call.js';
import type { ConnectionView } from './connection-view.js';
import type { JiraClientError } from './errors.js';
import type { Write } from './hook-client.js';
import type { JiraRequest } from './jira-request.js';

/** A write that waits for its answer, as the application is told of it. */
export interface QueuedWrite {
  readonly namespace: string;
  readonly action: string;
  readonly id?: Write['id'];
  readonly data?: unknown;
}

/** How writes wait for a connection. */
export interface OfflineOptions {
  /** Writes that may wait; more fail with `QUEUE_FULL`. @default 1_000 */
  readonly maxWrites?: number;
  /**
   * How long a write may wait, in ms; an older one fails with `NOT_CONNECTED` when there is a connection. Keep it shorter than
   * the server's `idempotencyTtlMs`, or a write whose answer was lost may be done twice.
   *
   * @default 72_000_000, 20 hours
   */
  readonly maxAgeMs?: number;
  /**
   * Called for each write that will not be done: refused, too old, or behind a refused write to the same row. Of several tabs
   * one calls it. The promise of the write rejects too, if its page is still there.
   *
   * @default the client's `onError`, for writes of earlier pages and other tabs
   */
  readonly onRefused?: (error: JiraClientError, write: QueuedWrite) => void;
  /**
   * Called when the server answered a write with a 401 or a 5xx of its own fault, such as `INTERNAL`: the write stays in the queue
   * and is sent again. After a 401 the whole queue waits until the user has signed in again; otherwise this row alone waits. Called
   * once for each write and code, in the tab that sends.
   *
   * @default the client's `onError`
   */
  readonly onDelayed?: (error: JiraClientError, write: QueuedWrite) => void;
}

/** What a client offers to its persistence. */
export interface PersistenceHost {
  readonly url: string;
  readonly connection: ConnectionView;
  /** Undefined: writes do not wait. */
  readonly offline: OfflineOptions | undefined;
  readonly onError: (error: unknown) => void;
  /** Sends the call as it is. */
  send(this: void, call: Call): JiraRequest<unknown>;
  /** A write of an earlier page or of another tab is under way. */
  adopted(this: void, write: Write): void;
}

/** The persistence of one client. */
export interface Persisted {
  /** Whether such a call waits in the queue. */
  takes(call: Call): boolean;
  /** Queues a call that it takes. */
  write(call: Call, shown: Pick<Write, 'id'> & Partial<Pick<Write, 'shown'>>): JiraRequest<unknown>;
  /** Writes that were shown before they are answered, of whatever page. */
  readonly pending: Iterable<Write>;
  /** The rows that this list last had, undefined if they are not kept. */
  rows(list: string): Promise<readonly unknown[] | undefined>;
  /** Keeps these rows, or none. */
  keep(list: string, rows: readonly unknown[] | undefined): void;
  /** Tries the waiting writes again at once: what stopped them may be over. */
  wake(): void;
  close(): void;
}

/** Keeps rows and writes beyond the page: `indexedDb` of `nestjs-jira-client/offline`. */
export interface Persistence {
  open(host: PersistenceHost): Persisted;
}
