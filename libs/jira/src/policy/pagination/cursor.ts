// A cursor: where a page begins or ends, whatever rows come and go around it.

/** A value as exact as in the store: as text if JSON has no type as exact. */
export type CursorValue = string | number | boolean | null;

/** A row's values of the fields that order the list, the primary key last. */
export type Cursor = readonly CursorValue[];

/** Where a store continues to read. */
export interface Seek {
  readonly cursor: Cursor;
  /** Which rows to read: those after the cursor, or those before it. */
  readonly side: 'after' | 'before';
  /** Whether to read the row at the cursor, too. @default false */
  readonly isInclusive?: boolean;
}

/** A row and its cursor. */
export interface CursorRow<Row> {
  readonly row: Row;
  readonly cursor: Cursor;
}
