// The rows that come after one in a total order, as a filter.

import { allOf, type Filter, type FilterTerm } from '../filtering/filter.js';
import type { Keyset, KeysetField, KeysetPosition, KeyValue } from '../pagination/keyset.js';

/** Rows after a position; rows without a value come last ascending and first descending, as stores order them. */
export function rowsAfter({ fields, keyPaths }: Keyset, { values, seen }: KeysetPosition): Filter {
  const alternatives: Filter[] = [];
  const equal: Filter[] = [];
  for (const [i, field] of fields.entries()) {
    const value = values[i] ?? null;
    const beyond = beyondOf(field, value);
    if (beyond) alternatives.push(allOf(...equal, beyond));
    equal.push(equals(field.path, value));
    if (!field.isCoarse || value === null) continue;
    // Among rows of one moment only the database knows the order: all of them but those that were read.
    const read = seen.map((key) => allOf(...keyPaths.map((path, k) => equals(path, key[k] ?? null))));
    alternatives.push(allOf(...equal, { kind: 'not', filter: { kind: 'or', filters: read } }));
    break;
  }
  return { kind: 'or', filters: alternatives };
}

function beyondOf({ path, direction }: KeysetField, value: KeyValue): Filter | undefined {
  const isAscending = direction === 'asc';
  if (value === null) return isAscending ? undefined : term(path, 'isnull', false);
  const beyond = term(path, isAscending ? 'gt' : 'lt', value);
  return isAscending ? { kind: 'or', filters: [beyond, term(path, 'isnull', true)] } : beyond;
}

function equals(path: readonly string[], value: KeyValue): Filter {
  return value === null ? term(path, 'isnull', true) : term(path, 'exact', value);
}

function term(path: readonly string[], lookup: FilterTerm['lookup'], value: unknown): FilterTerm {
  return { kind: 'term', path, lookup, value };
}
