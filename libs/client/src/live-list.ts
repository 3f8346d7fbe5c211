// Applies changes to rows. Pure functions, no network.

import type { RowId } from 'nestjs-jira-protocol';
import type { Change } from './change.js';

export interface LiveListOptions<Row> {
  /**
   * The row's key, as the server names it in `change.id`.
   *
   * @default row => row.id
   */
  readonly key?: (row: Row) => RowId;
  /**
   * The order of the rows.
   *
   * @default the server's with `listen`; `applyChange` appends new rows and leaves changed rows at their index
   */
  readonly compare?: (a: Row, b: Row) => number;
}

/**
 * Returns the rows after the change, or the same array if nothing changes. Applying a change twice has no further effect. A
 * `reset` changes nothing here: refetch instead.
 *
 * @example
 * rows = applyChange(rows, change);
 */
export function applyChange<Row>(
  rows: readonly Row[],
  change: Change<Row>,
  options: LiveListOptions<Row> = {},
): readonly Row[] {
  if (change.type === 'reset') return rows;
  const at = indexOf(rows, change.id, options);
  if (change.type === 'removed') return at < 0 ? rows : rows.toSpliced(at, 1);
  return putRow(rows, at, change.data, options);
}

/** Returns the rows with this row replaced or added, by key. Use it for the answer to your own write. */
export function applyRow<Row>(rows: readonly Row[], row: Row, options: LiveListOptions<Row> = {}): readonly Row[] {
  return putRow(rows, indexOf(rows, keyOf(row, options), options), row, options);
}

/** Whether the rows contain this key. */
export function hasRow<Row>(rows: readonly Row[], id: RowId, options: LiveListOptions<Row> = {}): boolean {
  return indexOf(rows, id, options) >= 0;
}

/** Whether the key of this row is known. */
export function hasKey<Row>(row: Row, { key }: LiveListOptions<Row>): boolean {
  return key !== undefined || (row as { id?: RowId } | null)?.id !== undefined;
}

function putRow<Row>(rows: readonly Row[], at: number, row: Row, { compare }: LiveListOptions<Row>): readonly Row[] {
  if (!compare) return at < 0 ? [...rows, row] : rows.with(at, row);
  const others = at < 0 ? rows : rows.toSpliced(at, 1);
  const before = others.findIndex((other) => compare(other, row) > 0);
  return others.toSpliced(before < 0 ? others.length : before, 0, row);
}

function indexOf<Row>(rows: readonly Row[], id: RowId, options: LiveListOptions<Row>): number {
  const key = keyText(id);
  return rows.findIndex((row) => keyText(keyOf(row, options)) === key);
}

function keyOf<Row>(row: Row, { key }: LiveListOptions<Row>): RowId {
  const id = key ? key(row) : (row as { id?: RowId }).id;
  if (id === undefined) throw new TypeError('A row of this list has no "id". Set the option "key".');
  return id;
}

/** Returns the same string for equal keys. A number and its digits are equal, because a view may write a bigint either way. */
export function keyText(id: RowId): string {
  if (typeof id !== 'object') return String(id);
  return JSON.stringify(
    Object.keys(id)
      .toSorted()
      .map((column) => [column, String(id[column])]),
  );
}
