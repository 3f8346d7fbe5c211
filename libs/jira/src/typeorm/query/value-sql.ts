// A value of an image as SQL, in the type that its column has.

import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { Image } from '../../core/changes/change.js';
import { isPostgres, isSqlite, kindOf, toParameter } from './column-value.js';
import { read } from './condition-memory.js';
import type { SqlWriter } from '../rows/sql-writer.js';

export function valueSql(column: ColumnMetadata, image: Image, writer: SqlWriter): string {
  const stored = read(column, image);
  if (stored === null) return 'NULL';
  const { driver } = writer.dataSource;
  const parameter = writer.bind(toParameter(column, stored));
  const type = driver.normalizeType(column).toLowerCase();
  if (isPostgres(driver)) return parameter;
  return isSqlite(driver) ? sqliteCast(column, type, parameter) : mysqlCast(column, type, parameter);
}

// SQLite leaves open which branch of a union gives a column its affinity: each value comes in its column's storage class.
function sqliteCast(column: ColumnMetadata, type: string, parameter: string): string {
  const kind = kindOf(column);
  if (kind === 'integer' || kind === 'bigint' || kind === 'boolean') return `CAST(${parameter} AS INTEGER)`;
  if (kind === 'double') return `CAST(${parameter} AS REAL)`;
  return type === 'decimal' || type === 'numeric' ? `CAST(${parameter} AS NUMERIC)` : parameter;
}

// MySQL makes text of a union of dates or numbers with text literals.
function mysqlCast(column: ColumnMetadata, type: string, parameter: string): string {
  if (kindOf(column) === 'instant') return `CAST(${parameter} AS DATETIME(6))`;
  if (type === 'date') return `CAST(${parameter} AS DATE)`;
  if (type === 'time') return `CAST(${parameter} AS TIME(6))`;
  if (kindOf(column) === 'bigint') return `CAST(${parameter} AS ${column.unsigned ? 'UNSIGNED' : 'SIGNED'})`;
  if (type === 'decimal') return `CAST(${parameter} AS DECIMAL(${column.precision ?? 10}, ${column.scale ?? 0}))`;
  return type === 'uuid' ? `CAST(${parameter} AS UUID)` : parameter;
}
