// A place in a list: where a page begins or ends, whatever rows come and go around it.

/** As exact as the store has it; text where JSON has nothing as exact. */
export type PlaceValue = string | number | boolean | null;

/** Values of a row's fields in the list's total order, the primary key last. */
export type Place = readonly PlaceValue[];

/** Where to read on from. */
export interface Seek {
  readonly place: Place;
  readonly side: 'after' | 'before';
  /** Whether the row at the place itself is read too. @default false */
  readonly isInclusive?: boolean;
}

export interface PlacedRow<Row> {
  readonly row: Row;
  readonly place: Place;
}
