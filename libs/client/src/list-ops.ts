// Applies the steps of a live list to its rows. Pure functions, no network.

import type { ListOp, ListRows, RowId } from 'nestjs-jira-protocol';
import { keyText } from './live-list.js';

/** Rows, and their keys in the same order. Never modified. */
export interface Keyed {
  readonly rows: readonly unknown[];
  readonly ids: readonly RowId[];
}

export function applyOps(list: Keyed, ops: readonly ListOp[]): Keyed {
  const rows = [...list.rows];
  const ids = [...list.ids];
  for (const op of ops) {
    if (op.op === 'modified') rows[op.at] = op.row;
    else if (op.op === 'added') put(op.at, op.row, op.id);
    else {
      const from = op.op === 'moved' ? op.from : op.at;
      const [row] = rows.splice(from, 1);
      ids.splice(from, 1);
      if (op.op === 'moved') put(op.at, 'row' in op ? op.row : row, op.id);
    }
  }
  return { rows, ids };

  function put(at: number, row: unknown, id: RowId): void {
    rows.splice(at, 0, row);
    ids.splice(at, 0, id);
  }
}

/** The new list. An equal row stays the same object. If no row differs, the list of rows stays the same object, too. */
export function takeRows(before: Keyed, { rows, ids }: ListRows): Keyed {
  const known = new Map(before.ids.map((id, at) => [keyText(id), before.rows[at]]));
  const taken = rows.map((row, at) => {
    const was = known.get(keyText(ids[at]));
    return was !== undefined && JSON.stringify(was) === JSON.stringify(row) ? was : row;
  });
  const isSame = taken.length === before.rows.length && taken.every((row, at) => row === before.rows[at]);
  return isSame ? before : { rows: taken, ids };
}
