// The difference between two states of a list, as steps for the client. Each step is valid once those before it are
// taken.

import type { ListOp, RowId } from 'nestjs-jira-protocol';
import { idKey } from '../../core/changes/change.js';

/** The id itself if it is a single value, to save memory: a list has many. */
export type RowKey = string | number;

export function keyOfRow(id: RowId): RowKey {
  return typeof id === 'object' ? idKey(id) : id;
}

/** A row of a live list. */
export interface ListedRow {
  readonly id: RowId;
  /** Equal for equal ids. */
  readonly key: RowKey;
  /** What clients are sent of the row. The same object means that nothing changed. */
  readonly data: unknown;
}

/**
 * Removes rows first, so that the list is never longer than before or after. As many rows as possible stay where they
 * are. Keys must be unique in each list.
 */
export function differenceOf(before: readonly ListedRow[], after: readonly ListedRow[]): ListOp[] {
  const ops: ListOp[] = [];
  const indexes = new Map(after.map(({ key }, at) => [key, at]));
  const current = [...before];
  for (let at = current.length - 1; at >= 0; at--) {
    const row = current[at];
    if (indexes.has(row.key)) continue;
    ops.push({ op: 'removed', at, id: row.id });
    current.splice(at, 1);
  }
  const known = new Map(current.map((row) => [row.key, row]));
  const inOrder = increasingPart(current.map(({ key }) => indexes.get(key) as number));
  const staying = new Set([...inOrder].map((i) => current[i]?.key));
  let previous: RowKey | undefined;
  for (const row of after) {
    const { id, key, data } = row;
    const was = known.get(key);
    const next = (): number => (previous === undefined ? 0 : current.findIndex((one) => one.key === previous) + 1);
    if (!was) {
      const at = next();
      ops.push({ op: 'added', at, id, row: data });
      current.splice(at, 0, row);
    } else if (!staying.has(key)) {
      const from = current.findIndex((one) => one.key === key);
      current.splice(from, 1);
      const at = next();
      ops.push({ op: 'moved', from, at, id, ...(was.data !== data && { row: data }) });
      current.splice(at, 0, row);
    } else if (was.data !== data) {
      ops.push({ op: 'modified', at: current.findIndex((one) => one.key === key), id, row: data });
    }
    previous = key;
  }
  return ops;
}

/** The indexes of a longest increasing subsequence. */
function increasingPart(numbers: readonly number[]): ReadonlySet<number> {
  // For each length, the index of the lowest end of such a subsequence.
  const ends: number[] = [];
  const before: (number | undefined)[] = [];
  for (const [i, number] of numbers.entries()) {
    let length = ends.findIndex((end) => numbers[end] > number);
    if (length < 0) length = ends.length;
    before[i] = ends[length - 1];
    ends[length] = i;
  }
  const found = new Set<number>();
  for (let i = ends.at(-1); i !== undefined; i = before[i]) found.add(i);
  return found;
}
