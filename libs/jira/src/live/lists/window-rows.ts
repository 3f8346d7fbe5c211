// How a live list gets its next rows: by reading it again, or from the change alone.

import type { Image } from '../../core/changes/change.js';
import { wireText } from '../../core/support/wire-value.js';
import type { RowId } from 'nestjs-jira-protocol';
import { keyOfRow, type ListedRow } from './difference.js';
import type { ListDefinition, ListPage, ReadRow } from './list-definition.js';

/** What clients are shown. */
export interface Shown {
  readonly listed: readonly ListedRow[];
  readonly count: number | null;
  readonly complete: boolean;
}

/** What a change means for one list. */
export interface RowChange {
  readonly id: RowId;
  /** Whether the row matched the list's filter and was visible before. */
  readonly wasIn: boolean;
  /** The row, if it matches and is visible now. */
  readonly after?: Image | undefined;
  /** Returns what clients are sent of the row. */
  show(this: void): unknown;
}

/** The rows of a live list. */
export interface WindowRows {
  readonly shown: Shown;
  /** Whether rows are missing that only a read can bring. */
  readonly isShort: boolean;
  /** Whether the count is kept by adding and subtracting. It is wrong if a read counted a change before it was applied. */
  readonly isReckoned: boolean;
  /** Reads the rows; the returned function shows them. */
  read(): Promise<() => void>;
  /** Applies a change. False means that only a read can tell what the list is now. */
  apply(change: RowChange): boolean;
}

/** Rows that only the database can sort or show: any change of one of them requires a read. */
export class PageRows implements WindowRows {
  readonly isShort = false;
  readonly isReckoned = false;
  shown: Shown = { listed: [], count: null, complete: false };

  constructor(private readonly list: Pick<ListDefinition, 'read'>) {}

  async read(): Promise<() => void> {
    const page = await this.list.read();
    return () => this.take(page);
  }

  apply({ wasIn, after }: RowChange): boolean {
    return !wasIn && !after;
  }

  private take({ rows, count, complete }: ListPage): void {
    this.shown = { listed: listedAs(this.shown.listed, rows), count, complete };
  }
}

/** Reuses the objects of rows that show the same as before. */
export function listedAs(before: readonly ListedRow[], rows: readonly ReadRow[]): ListedRow[] {
  const known = new Map(before.map((row) => [row.key, row]));
  return rows.map(({ id, data }) => {
    const key = keyOfRow(id);
    return { id, key, data: sameOr(known.get(key), data) };
  });
}

/** The data that was shown before, if the new data is equal on the wire. */
export function sameOr(before: ListedRow | undefined, data: unknown): unknown {
  return before && wireText(before.data) === wireText(data) ? before.data : data;
}
