// A cursor: where a page begins or ends, whatever rows come and go around it.

/** As exact as the store has it; text where JSON has nothing as exact. */
export type CursorValue = string | number | boolean | null;

/** Values of a row's fields in the list's total order, the primary key last. */
export type Cursor = readonly CursorValue[];

/** Where to read on from. */
export interface Seek {
  readonly cursor: Cursor;
  readonly side: 'after' | 'before';
  /** Whether the row at the cursor itself is read too. @default false */
  readonly isInclusive?: boolean;
}

export interface CursorRow<Row> {
  readonly row: Row;
  readonly cursor: Cursor;
}
