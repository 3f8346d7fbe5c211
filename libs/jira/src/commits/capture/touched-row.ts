// A row that a transaction has written: its state before the first write and after the last.

import type { RawKey, RawRow, TrackedTable } from './tracked-table.js';

/** A row that the transaction wrote, or may have written. */
export interface TouchedRow {
  readonly table: TrackedTable;
  readonly key: RawKey;
  /** The row before the transaction's first write to it; null if there was none. */
  readonly before: RawRow | null;
  /** The row just before the commit; null if it is gone. */
  after: RawRow | null;
  /** How many statements that may have changed the row were sent when `after` was read; absent if it was not read yet. */
  readAt?: number;
  /** Its changed many-to-many rows: they are announced even if its own columns did not change. */
  links: readonly TouchedRow[];
  /** Depth of the transaction or savepoint of the first write. A rollback below this depth forgets the row. */
  depth: number;
}
