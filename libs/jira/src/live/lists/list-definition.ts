// The definition of a live list: what it shows, how to read it, and how to sort it in memory.

import type { RowId } from 'nestjs-jira-protocol';

/** A row as clients are sent it. */
export interface ReadRow {
  readonly id: RowId;
  readonly data: unknown;
}

export interface ListPage {
  /** In order. */
  readonly rows: readonly ReadRow[];
  /** The number of matching rows on all pages; `null` if nothing counts them. */
  readonly count: number | null;
  /** Whether no row follows them. */
  readonly complete: boolean;
}

export interface ListDefinition {
  /** Equal keys mean equal pages, for every caller. */
  readonly key: string;
  /** Whether it belongs to one request and ends with it. @default false */
  readonly isOfOne?: boolean;
  /** Names of other entities whose rows determine the order. */
  readonly orderedBy: readonly string[];
  /** Reads the page as it is now, by the rights that its key names. */
  read(this: void): Promise<ListPage>;
  /** The same list for sorting in memory; absent if memory cannot tell the order, or what a row shows. */
  readonly sorted?: SortedList;
}

/** The values that a row is sorted by, in the total order of the list. */
export type SortKey = readonly (string | number | bigint | boolean | null)[];

/** The order of rows, exactly as the database sorts them. */
export interface RowOrder {
  /** `undefined` if only the database can tell. */
  sortKeyOf(this: void, row: object): SortKey | undefined;
  /** Negative, 0 or positive. */
  compare(this: void, one: SortKey, other: SortKey): number;
}

/** The first rows of a list whose order memory can tell. */
export interface SortedList {
  /** Number of rows that clients are sent. */
  readonly limit: number;
  /** Number of rows that are read and kept. The spare ones replace rows that leave. */
  readonly size: number;
  readonly order: RowOrder;
  read(this: void): Promise<SortedPage>;
}

export interface SortedPage {
  readonly rows: readonly (ReadRow & { readonly sortKey?: SortKey | undefined })[];
  readonly count: number | null;
}
