// What a live list shows, and how it is read.

import type { RowId } from 'nestjs-jira-protocol';

/** A row as clients are sent it. */
export interface ReadRow {
  readonly id: RowId;
  readonly data: unknown;
}

export interface ListPage {
  /** In order. */
  readonly rows: readonly ReadRow[];
  /** How many match, beyond these; `null` where nobody counts. */
  readonly count: number | null;
  /** Whether no row follows them. */
  readonly complete: boolean;
}

export interface ListDefinition {
  /** Equal keys mean equal pages, whoever asks. */
  readonly key: string;
  /** Whether it is of one request, and ends with it. @default false */
  readonly isOfOne?: boolean;
  /** Names of other entities by whose rows it is ordered. */
  readonly orderedBy: readonly string[];
  /** The page as it is now, by the rights that its key names. */
  read(this: void): Promise<ListPage>;
  /** The same list for who keeps it sorted in memory; absent where memory cannot tell the order, or what a row shows. */
  readonly sorted?: SortedList;
}

/** What a row is sorted by: its values in the total order of the list. */
export type SortKey = readonly (string | number | bigint | boolean | null)[];

/** The order of rows, exactly as the database has it. */
export interface RowOrder {
  /** `undefined` where only the database can tell. */
  sortKeyOf(this: void, row: object): SortKey | undefined;
  /** Negative, 0 or positive. */
  compare(this: void, one: SortKey, other: SortKey): number;
}

/** The first rows of a list, in an order that memory can tell. */
export interface SortedList {
  /** Rows that clients are sent. */
  readonly limit: number;
  /** Rows that are read and kept: the others take the place of those that leave. */
  readonly size: number;
  readonly order: RowOrder;
  read(this: void): Promise<SortedPage>;
}

export interface SortedPage {
  readonly rows: readonly (ReadRow & { readonly sortKey?: SortKey | undefined })[];
  readonly count: number | null;
}
