// A filter for the rows with the given primary keys.

import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { allOf, type Filter } from '../../policy/filtering/filter.js';
import { columnValue } from '../../commits/column-value.js';

/** @param keys as read from the database, with values of their columns' types */
export function keysFilter({ primaryColumns }: EntityMetadata, keys: readonly object[]): Filter {
  const term = (column: ColumnMetadata, lookup: 'exact' | 'in', value: unknown): Filter => ({
    kind: 'term',
    path: column.propertyPath.split('.'),
    lookup,
    value,
  });
  const [column] = primaryColumns;
  if (column && primaryColumns.length === 1) return term(column, 'in', keys.map((key) => columnValue(column, key))); // prettier-ignore
  const filters = keys.map((key) => allOf(...primaryColumns.map((one) => term(one, 'exact', columnValue(one, key)))));
  return { kind: 'or', filters };
}
