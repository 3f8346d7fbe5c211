// An object or a list is no value of a column that holds one value: drivers would spread it over the statement.

import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { ValidationException } from '../../core/errors/jira.exception.js';
import { columnValue } from '../../commits/column-value.js';

/** Columns that may hold more than one value: JSON, arrays, places, ranges. */
const COMPOSED = /json|array|set|geo|point|line|polygon|collection|hstore|vector|interval|range|cube|object/i;

/**
 * Throws a ValidationException that names the fields. better-sqlite3 takes a list for several parameters, which moves
 * those that follow to other columns; mysql2 writes an object as `column = value`. Values that code made (dates, bytes,
 * instances, SQL as a function) pass.
 */
export function checkSingleValues(metadata: EntityMetadata, fields: Readonly<Record<string, unknown>>): void {
  if (!Object.values(fields).some((value) => typeof value === 'object' && value !== null)) return;
  const errors: Record<string, string[]> = {};
  for (const column of metadata.columns)
    if (!isComposed(column) && isData(columnValue(column, fields)))
      errors[column.relationMetadata?.propertyName ?? column.propertyPath] = ['Must be a single value.'];
  if (Object.keys(errors).length > 0) throw new ValidationException(errors);
}

function isComposed({ isArray, transformer, type }: ColumnMetadata): boolean {
  return isArray || transformer !== undefined || COMPOSED.test(typeof type === 'string' ? type : type.name);
}

/** What JSON has beside single values. */
function isData(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
