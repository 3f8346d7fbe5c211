// What is said differently on SQLite, Postgres and MySQL/MariaDB: exact and folded text, parts of dates.

import type { DataSource, Driver } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { isPostgres, isSqlite, kindOf, type Stored } from './column-value.js';
import type { DatePart, TextTest } from './condition.js';

export type DialectName = 'sqlite' | 'postgres' | 'mysql';

export function dialectOf(driver: Driver): DialectName {
  if (isSqlite(driver)) return 'sqlite';
  if (isPostgres(driver)) return 'postgres';
  if (['mysql', 'mariadb', 'aurora-mysql'].includes(driver.options.type)) return 'mysql';
  throw new TypeError(`Queries are compiled for SQLite, Postgres, MySQL and MariaDB, not for ${driver.options.type}.`);
}

/** Column text that compares and sorts by code point. */
export function exactText(driver: Driver, sql: string, column?: ColumnMetadata): string {
  switch (dialectOf(driver)) {
    case 'sqlite':
      return column?.collation === undefined ? sql : `${sql} COLLATE BINARY`;
    case 'postgres':
      return `${asText(driver, sql, column)} COLLATE "C"`;
    case 'mysql':
      return `CAST(CONVERT(${sql} USING utf8mb4) AS BINARY)`;
  }
}

function asText(driver: Driver, sql: string, column?: ColumnMetadata): string {
  return isPostgres(driver) && column !== undefined && kindOf(column) === 'text' ? sql : `CAST(${sql} AS text)`;
}

/**
 * "Is one of these texts" by code point, in a form that can use an index of the column.
 *
 * @param isIndexed whether it may have one: not as part of an image
 */
export function textIn(
  driver: Driver,
  sql: string,
  column: ColumnMetadata,
  parameters: readonly string[],
  isIndexed: boolean,
): string {
  const plain = comparison(sql, parameters);
  const dialect = dialectOf(driver);
  // The column's own collation finds the candidates, by index where there is one; bytes decide.
  if (dialect === 'mysql') {
    const bytes = parameters.map((parameter) => exactText(driver, parameter));
    const exact = comparison(exactText(driver, sql), bytes);
    return isIndexed ? `(${plain} AND ${exact})` : exact;
  }
  if (column.collation === undefined || (dialect === 'postgres' && kindOf(column) !== 'text')) return plain;
  return comparison(exactText(driver, sql, column), parameters);
}

/**
 * A bound value in a form that is compared exactly with the column's: MySQL compares numbers with texts as floats where
 * it is given several, or no column of a table; SQLite compares them as texts there.
 */
export function comparable(driver: Driver, column: ColumnMetadata, value: Stored, parameter: string): string {
  const dialect = dialectOf(driver);
  if (dialect === 'postgres') return parameter;
  if (typeof value === 'bigint')
    return dialect === 'sqlite' ? `CAST(${parameter} AS NUMERIC)` : `CAST(${parameter} AS ${mysqlInteger(value)})`;
  if (dialect === 'sqlite' || driver.normalizeType(column) !== 'decimal') return parameter;
  return `CAST(${parameter} AS DECIMAL(65, ${Math.max(30, column.scale ?? 0)}))`;
}

function mysqlInteger(value: bigint): string {
  if (value >= 0n && value < 1n << 64n) return 'UNSIGNED';
  return value < 0n && value >= -(1n << 63n) ? 'SIGNED' : 'DECIMAL(65, 0)';
}

export function comparison(sql: string, parameters: readonly string[]): string {
  return parameters.length === 1 ? `${sql} = ${parameters[0]}` : `${sql} IN (${parameters.join(', ')})`;
}

const icuMissing = new WeakSet<Driver>();

/**
 * Makes text lookups that ignore case ready: call once a data source, when it is connected. Postgres is asked for ICU,
 * whose root locale folds as `fold` does; one built without it has to use `lower()` of the database's own locale.
 */
export async function prepareFolding(dataSource: DataSource): Promise<void> {
  if (!isPostgres(dataSource.driver)) return;
  const rows: unknown[] = await dataSource.query(`SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'`);
  if (rows.length === 0) icuMissing.add(dataSource.driver);
}

/** Text without case. See `fold`. */
function foldedText(driver: Driver, sql: string): string {
  switch (dialectOf(driver)) {
    case 'sqlite':
      return `jira_fold(${sql})`;
    case 'postgres': {
      const locale = icuMissing.has(driver) ? '' : ' COLLATE "und-x-icu"';
      return `replace(lower(CAST(${sql} AS text)${locale}), 'ς', 'σ') COLLATE "C"`;
    }
    case 'mysql':
      // LOWER() gives the dotted I one letter, Unicode two.
      return `CAST(REPLACE(LOWER(REPLACE(CONVERT(${sql} USING utf8mb4) COLLATE ${foldingCollation(driver)}, 'İ', 'i\u0307')), 'ς', 'σ') AS BINARY)`;
  }
}

/** The collation whose LOWER() knows most of Unicode. */
function foldingCollation(driver: Driver): string {
  const [major = 0, minor = 0] = (driver.version ?? '').split('.').map(Number);
  // MySQL's versions end before MariaDB's begin.
  if (major > 10 || (major === 10 && minor >= 10)) return 'utf8mb4_uca1400_ai_ci';
  return major === 8 || major === 9 ? 'utf8mb4_0900_ai_ci' : 'utf8mb4_unicode_520_ci';
}

/** A text test by code points; `bind` is given the value, or the pattern made from it. */
export function textTest(
  driver: Driver,
  sql: string,
  test: TextTest | 'exact',
  value: string,
  folded: boolean,
  bind: (value: unknown) => string,
): string {
  const of = (text: string): string => (folded ? foldedText(driver, text) : exactText(driver, text));
  if (test === 'exact') return `${of(sql)} = ${of(bind(value))}`;
  // SQLite's LIKE ignores the case of ASCII letters.
  if (dialectOf(driver) === 'sqlite') return sqliteTest(of(sql), test, of(bind(value)));
  return `${of(sql)} LIKE ${of(bind(likePattern(test, value)))} ESCAPE '!'`;
}

function likePattern(test: TextTest, value: string): string {
  const literal = value.replace(/[!%_]/g, '!$&');
  return `${test === 'startswith' ? '' : '%'}${literal}${test === 'endswith' ? '' : '%'}`;
}

function sqliteTest(text: string, test: TextTest, sought: string): string {
  if (test === 'contains') return `instr(${text}, ${sought}) > 0`;
  if (test === 'startswith') return `substr(${text}, 1, length(${sought})) = ${sought}`;
  // A start beyond the text's beginning would give a longer piece than asked for.
  return `(length(${text}) >= length(${sought}) AND substr(${text}, length(${text}) - length(${sought}) + 1) = ${sought})`;
}

const SQLITE_PARTS: Readonly<Record<DatePart, string>> = {
  year: '%Y', month: '%m', day: '%d', week_day: '%w', hour: '%H', minute: '%M', second: '%S',
}; // prettier-ignore
const MYSQL_PARTS: Readonly<Record<DatePart, string>> = {
  year: 'YEAR', month: 'MONTH', day: 'DAYOFMONTH', week_day: 'DAYOFWEEK', hour: 'HOUR', minute: 'MINUTE', second: 'SECOND',
}; // prettier-ignore

/** A part of a date in UTC; `week_day` counts from Sunday = 1. */
export function datePartSql(driver: Driver, sql: string, column: ColumnMetadata, part: DatePart): string {
  const shift = part === 'week_day' ? ' + 1' : '';
  switch (dialectOf(driver)) {
    case 'sqlite':
      return `(CAST(strftime('${SQLITE_PARTS[part]}', ${sql}) AS INTEGER)${shift})`;
    case 'mysql':
      return `${MYSQL_PARTS[part]}(${sql})`;
    case 'postgres':
      return `(FLOOR(EXTRACT(${part === 'week_day' ? 'DOW' : part.toUpperCase()} FROM ${postgresUtc(driver, sql, column)}))${shift})`;
  }
}

function postgresUtc(driver: Driver, sql: string, column: ColumnMetadata): string {
  if (kindOf(column) === 'day') return sql;
  if (driver.normalizeType(column) === 'timestamp with time zone') return `(${sql} AT TIME ZONE 'UTC')`;
  // The driver writes a moment into a column without zone as this process's local time.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone === 'UTC' ? sql : `(${sql} AT TIME ZONE '${zone}' AT TIME ZONE 'UTC')`;
}
