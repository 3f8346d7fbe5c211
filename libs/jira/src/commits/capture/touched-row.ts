// A row as a transaction sees it.

import type { RawKey, RawRow, TrackedTable } from './tracked-table.js';

/** A row that the transaction wrote, or may have written. */
export interface TouchedRow {
  readonly table: TrackedTable;
  readonly key: RawKey;
  /** The row before the transaction's first write to it; null if there was none. */
  readonly before: RawRow | null;
  /** The row just before the commit; null if it is gone. */
  after: RawRow | null;
  /** How many statements that may have changed it the transaction had sent when `after` was read; absent before. */
  readAt?: number;
  /** Many-to-many rows of it that changed: announced even if its own columns did not. */
  links: readonly TouchedRow[];
  /** Depth of the transaction or savepoint of the first write: a rollback to below it forgets the row. */
  depth: number;
}
