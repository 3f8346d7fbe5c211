// Refuses objects and lists for columns that hold a single value: drivers would spread them over the statement.

import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { ValidationException } from '../../core/errors/jira.exception.js';
import { columnValue } from '../../commits/column-value.js';

/** Types of columns that may hold more than one value: JSON, arrays, geometry, ranges. */
const COMPOSED = /json|array|set|geo|point|line|polygon|collection|hstore|vector|interval|range|cube|object/i;

/**
 * better-sqlite3 takes a list as several parameters, which moves the following ones to other columns; mysql2 writes an
 * object as `column = value`. Values made by code (dates, bytes, instances, functions that return SQL) pass.
 *
 * @throws ValidationException with the fields that hold an object or a list
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

/** Whether the value is a list or a plain object, as in JSON. */
function isData(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
