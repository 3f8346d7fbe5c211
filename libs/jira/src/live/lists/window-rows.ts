// How a live list learns its next rows: by asking again, or from the change alone.

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

/** What became of one row, for one list. */
export interface RowChange {
  readonly id: RowId;
  /** Whether it was in the list's filter and in sight before. */
  readonly wasIn: boolean;
  /** The row, if it is in both now. */
  readonly after?: Image | undefined;
  /** What clients are sent of it. */
  show(this: void): unknown;
}

/** The rows of a window. */
export interface WindowRows {
  readonly shown: Shown;
  /** Whether rows are missing that only a read can bring. */
  readonly isShort: boolean;
  /** Whether the count is kept by adding and subtracting: it is wrong where a read knew of a change before it was told. */
  readonly isReckoned: boolean;
  /** Reads what `take` will show. */
  read(): Promise<() => void>;
  /** False = only a read can tell what the list is now. */
  apply(change: RowChange): boolean;
}

/** Rows that only the database can order or show: any change of one of them asks again. */
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

/** Rows that show the same as before stay the same objects. */
export function listedAs(before: readonly ListedRow[], rows: readonly ReadRow[]): ListedRow[] {
  const known = new Map(before.map((row) => [row.key, row]));
  return rows.map(({ id, data }) => {
    const key = keyOfRow(id);
    return { id, key, data: sameOr(known.get(key), data) };
  });
}

/** What was shown, if the data shows nothing else. */
export function sameOr(before: ListedRow | undefined, data: unknown): unknown {
  return before && wireText(before.data) === wireText(data) ? before.data : data;
}
