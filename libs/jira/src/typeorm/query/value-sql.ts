// A value of an image as SQL, in the type that its column has.

import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { Image } from '../../core/changes/change.js';
import { isPostgres, isSqlite, kindOf, toParameter, type Stored } from './column-value.js';
import { read } from './condition-memory.js';
import type { SqlWriter } from '../rows/sql-writer.js';

export function valueSql(column: ColumnMetadata, image: Image, writer: SqlWriter): string {
  const stored = read(column, image);
  if (stored === null) return 'NULL';
  const { driver } = writer.dataSource;
  const parameter = writer.bind(toParameter(column, stored));
  const type = driver.normalizeType(column).toLowerCase();
  if (isPostgres(driver)) return parameter;
  if (!isSqlite(driver)) return mysqlCast(column, type, parameter);
  // SQLite keeps text in columns of numbers as it is.
  return isOddText(stored) ? parameter : sqliteCast(column, type, parameter);
}

function isOddText(stored: Stored): boolean {
  return typeof stored === 'object' && typeof stored?.opaque === 'string' && !/^-?\d+$/.test(stored.opaque);
}

// SQLite leaves open which branch of a union gives a column its affinity: each value comes in its column's storage class.
function sqliteCast(column: ColumnMetadata, type: string, parameter: string): string {
  const kind = kindOf(column);
  if (kind === 'double') return `CAST(${parameter} AS REAL)`;
  const isNumeric =
    kind === 'integer' || kind === 'bigint' || kind === 'boolean' || type === 'decimal' || type === 'numeric';
  return isNumeric ? `CAST(${parameter} AS NUMERIC)` : parameter;
}

// MySQL makes text of a union of dates or numbers with text literals.
function mysqlCast(column: ColumnMetadata, type: string, parameter: string): string {
  if (kindOf(column) === 'instant') return `CAST(${parameter} AS DATETIME(6))`;
  if (type === 'date') return `CAST(${parameter} AS DATE)`;
  if (type === 'time') return `CAST(${parameter} AS TIME(6))`;
  if (kindOf(column) === 'bigint') return `CAST(${parameter} AS ${column.unsigned ? 'UNSIGNED' : 'SIGNED'})`;
  if (type === 'float') return `CAST(${parameter} AS DOUBLE)`;
  if (type === 'decimal') return `CAST(${parameter} AS DECIMAL(${column.precision ?? 10}, ${column.scale ?? 0}))`;
  return type === 'uuid' ? `CAST(${parameter} AS UUID)` : parameter;
}
