// The total order of an entity's rows, as far as a row carries what it is ordered by.

import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import type { Ordering } from '../../filtering/filter.js';
import type { Keyset, KeysetField, KeyValue } from '../../pagination/keyset.js';
import { kindOf } from './column-value.js';
import { resolvePath } from './field-path.js';

/** Undefined when a field belongs to a related row, or has values that do not survive JSON. */
export function keysetOf(metadata: EntityMetadata, ordering: readonly Ordering[]): Keyset | undefined {
  const fields: KeysetField[] = [];
  const keyed = new Set<ColumnMetadata>();
  for (const { path, direction } of ordering) {
    const field = resolvePath(metadata, path);
    if (!field || field.relations.length > 0 || ['opaque', 'binary'].includes(kindOf(field.column))) return undefined;
    keyed.add(field.column);
    fields.push(fieldOf(field.column, direction));
  }
  const last = ordering.at(-1)?.direction ?? 'asc'; // as orderTerms() breaks ties
  for (const column of metadata.primaryColumns) if (!keyed.has(column)) fields.push(fieldOf(column, last));
  return {
    fields,
    keyPaths: metadata.primaryColumns.map(pathOf),
    keyOf: (row) => metadata.primaryColumns.map((column) => valueOf(column, row)),
  };
}

function fieldOf(column: ColumnMetadata, direction: 'asc' | 'desc'): KeysetField {
  return { path: pathOf(column), direction, isCoarse: isCoarse(column), valueOf: (row) => valueOf(column, row) };
}

function pathOf(column: ColumnMetadata): string[] {
  return column.propertyPath.split('.');
}

function valueOf(column: ColumnMetadata, row: ObjectLiteral): KeyValue {
  const value: unknown = column.getEntityValue(row);
  return value === undefined ? null : (value as KeyValue);
}

/** A Date holds milliseconds. SQLite's columns too; the others' hold microseconds unless they say otherwise. */
function isCoarse(column: ColumnMetadata): boolean {
  if (kindOf(column) !== 'instant') return false;
  const { type } = column.entityMetadata.dataSource.options;
  return type === 'better-sqlite3' || type === 'sqljs' ? false : (column.precision ?? 6) > 3;
}
