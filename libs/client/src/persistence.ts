// The port through which rows and writes outlive the page. `nestjs-jira-client/offline` implements it.

import type { Call } from './call.js';
import type { ConnectionView } from './connection-view.js';
import type { JiraClientError } from './errors.js';
import type { Write } from './hook-client.js';
import type { JiraRequest } from './jira-request.js';

/** A write that waits for its answer, as the application sees it. */
export interface QueuedWrite {
  readonly namespace: string;
  readonly action: string;
  readonly id?: Write['id'];
  readonly data?: unknown;
}

/** How writes wait for a connection. */
export interface OfflineOptions {
  /** Maximum number of waiting writes. More fail with `QUEUE_FULL`. @default 1_000 */
  readonly maxWrites?: number;
  /**
   * How long a write may wait, in ms. Once there is a connection, an older write fails with `NOT_CONNECTED`. Keep this shorter
   * than the server's `idempotencyTtlMs`. Otherwise, a write whose answer was lost may be done twice.
   *
   * @default 72_000_000, 20 hours
   */
  readonly maxAgeMs?: number;
  /**
   * Called for each write that will not be done, because it was refused, is too old, or follows a refused write to the same
   * row. Only one of several tabs calls it. If the page that made the write is still open, the write's promise rejects, too.
   *
   * @default the client's `onError`, for writes of earlier pages and other tabs
   */
  readonly onRefused?: (error: JiraClientError, write: QueuedWrite) => void;
  /**
   * Called when the server answers a write with a 401, or with a 5xx such as `INTERNAL` that is a fault of the server. The write
   * stays in the queue and is sent again. After a 401, the whole queue waits until the user has signed in again. After a 5xx,
   * only the writes to this row wait. Called once for each write and code, in the tab that sends.
   *
   * @default the client's `onError`
   */
  readonly onDelayed?: (error: JiraClientError, write: QueuedWrite) => void;
}

/** What a client offers its persistence. */
export interface PersistenceHost {
  readonly url: string;
  readonly connection: ConnectionView;
  /** Undefined if writes do not wait. */
  readonly offline: OfflineOptions | undefined;
  readonly onError: (error: unknown) => void;
  /** Sends the call without queueing it. */
  send(this: void, call: Call): JiraRequest<unknown>;
  /** Called for a pending write of an earlier page or of another tab. */
  adopted(this: void, write: Write): void;
}

/** The persistence of one client. */
export interface Persisted {
  /** Whether the queue accepts this call. */
  takes(call: Call): boolean;
  /** Queues a call that `takes()` accepted. */
  write(call: Call, shown: Pick<Write, 'id'> & Partial<Pick<Write, 'shown'>>): JiraRequest<unknown>;
  /** The pending optimistic writes of this page and of others. */
  readonly pending: Iterable<Write>;
  /** Resolves with the list's last rows, or undefined if they are not kept. */
  rows(list: string): Promise<readonly unknown[] | undefined>;
  /** Keeps these rows. Undefined deletes what is kept. */
  keep(list: string, rows: readonly unknown[] | undefined): void;
  /** Tries the waiting writes again at once: what stopped them may be over. */
  wake(): void;
  close(): void;
}

/** Keeps rows and writes beyond the page: `indexedDb` of `nestjs-jira-client/offline`. */
export interface Persistence {
  open(host: PersistenceHost): Persisted;
}
