// Keeps the identity of rows: a row that equals the one shown before stays the same object.

import { isEqual } from './equal.js';

/** The rows of a source, and the same rows as shown: each is its oldest equal object. */
export interface Reconciled<Row> {
  readonly given: readonly Row[];
  readonly shown: readonly Row[];
}

/**
 * Returns the new rows. Equal rows are the objects shown before, and if nothing changed, so is the array. A row that is still
 * the same object costs one comparison.
 *
 * @param keyOf returns a string that identifies the row
 */
export function reconcile<Row>(
  before: Reconciled<Row>,
  given: readonly Row[],
  keyOf: (row: Row) => string,
): Reconciled<Row> {
  if (given === before.given) return before;
  const { given: old, shown } = before;
  let start = 0;
  while (start < given.length && start < old.length && given[start] === old[start]) start++;
  let tail = 0;
  const maxTail = Math.min(given.length, old.length) - start;
  while (tail < maxTail && given[given.length - 1 - tail] === old[old.length - 1 - tail]) tail++;
  const known = new Map(shown.slice(start, shown.length - tail).map((row) => [keyOf(row), row]));
  const middle = given.slice(start, given.length - tail).map((row) => {
    const same = known.get(keyOf(row));
    return same !== undefined && isEqual(same, row) ? same : row;
  });
  const isSame = given.length === old.length && middle.every((row, at) => row === shown[start + at]);
  if (isSame) return { given, shown };
  return { given, shown: [...shown.slice(0, start), ...middle, ...shown.slice(shown.length - tail)] };
}
