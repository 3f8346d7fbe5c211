// Roughly what a condition costs the database: 1 is a comparison that an ordinary index serves.

import type { Lookup } from './filter.js';

/** Weights of lookups that an ordinary index does not serve. */
const TEXT = 4;
const PATTERN = 8;
const DATE_PART = 2;
/** Weight of a relation: it takes a subquery for each row that is examined. */
const RELATION = 8;

const OF_LOOKUP: Readonly<Partial<Record<Lookup, number>>> = {
  iexact: TEXT, contains: TEXT, icontains: TEXT, startswith: TEXT, istartswith: TEXT, endswith: TEXT, iendswith: TEXT,
  regex: PATTERN, iregex: PATTERN, month: DATE_PART, day: DATE_PART, week_day: DATE_PART, hour: DATE_PART, minute: DATE_PART,
  second: DATE_PART, year: DATE_PART,
}; // prettier-ignore

/** @param relations the number of relations between the row and the field */
export function weightOf(lookup: Lookup, relations: number): number {
  return (OF_LOOKUP[lookup] ?? 1) + relations * RELATION;
}
