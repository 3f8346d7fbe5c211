// Reading on from a row, in a total order.

/** One field of a total order, the last ones being the primary key. */
export interface KeysetField {
  readonly path: readonly string[];
  readonly direction: 'asc' | 'desc';
  /** Its values are finer in the database than in the row: a moment with microseconds. */
  readonly isCoarse: boolean;
  valueOf(row: object): KeyValue;
}

export type KeyValue = string | number | boolean | Date | null;

export interface Keyset {
  readonly fields: readonly KeysetField[];
  /** The row's primary key, in the order of `keyPaths`. */
  keyOf(row: object): readonly KeyValue[];
  readonly keyPaths: readonly (readonly string[])[];
}

/** Where a page ended. */
export interface KeysetPosition {
  /** Values of the last row, by field. */
  readonly values: readonly KeyValue[];
  /** Keys of the rows read so far that a coarse field cannot tell from the last one. */
  readonly seen: readonly (readonly KeyValue[])[];
}

/** The position after these rows, which followed `before`. */
export function positionAfter(keyset: Keyset, rows: readonly object[], before?: KeysetPosition): KeysetPosition {
  const last = rows.at(-1) as object;
  const values = keyset.fields.map((field) => field.valueOf(last));
  const coarse = keyset.fields.findIndex((field) => field.isCoarse);
  if (coarse < 0) return { values, seen: [] };
  const isSameMoment = (others: readonly KeyValue[]): boolean =>
    values.slice(0, coarse + 1).every((value, i) => same(value, others[i] ?? null));
  const here = rows.filter((row) => isSameMoment(keyset.fields.map((field) => field.valueOf(row))));
  const earlier = before && isSameMoment(before.values) ? before.seen : [];
  return { values, seen: [...earlier, ...here.map((row) => keyset.keyOf(row))] };
}

function same(a: KeyValue, b: KeyValue): boolean {
  return a instanceof Date && b instanceof Date ? a.getTime() === b.getTime() : a === b;
}
