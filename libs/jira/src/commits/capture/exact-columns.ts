// Reads the exact stored values of columns whose entity values may differ from what the database holds.

import type { DataSource } from 'typeorm';
import type { ColumnMetadata } from '../typeorm-internals.js';
import type { ExactValues } from '../../core/changes/change.js';
import { dialectOf } from '../dialect/dialects.js';
import type { SqlDialect } from '../dialect/dialect.js';

/** As the driver returned it. */
type RawRow = Readonly<Record<string, unknown>>;
/** The stored value; `undefined` if the entity's value is the same. */
type ReadExact = (raw: unknown, row: RawRow) => unknown;

const MAX_SAFE = Number.MAX_SAFE_INTEGER;
/** The row's integers as text, if one of them is too large for a number. */
const WHOLE = 'jira_whole';
const SINGLE = 'jira_single';
/** The form that TypeORM and `datetime('now')` write. Other texts compare differently from the dates they stand for. */
const SQLITE_DATE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{3})?$/;

export class ExactColumns {
  /** SQL to select in addition to the columns. */
  readonly selection: string[] = [];
  /** The names of these expressions. */
  readonly names: string[] = [];
  private readonly readers: (readonly [ColumnMetadata, ReadExact])[] = [];
  private readonly dialect: SqlDialect;

  constructor(
    private readonly dataSource: DataSource,
    columns: readonly ColumnMetadata[],
  ) {
    this.dialect = dialectOf(dataSource);
    const whole = this.dialect.isLooselyTyped ? columns.filter((one) => this.holdsWhole(one)) : [];
    if (whole.length > 0) {
      this.selection.push(wholeSql(whole.map((one) => this.escape(one))));
      this.names.push(WHOLE);
    }
    for (const column of columns) {
      const special = this.specialReader(column, whole);
      const { transformer } = column;
      if (transformer !== undefined) this.readers.push([column, this.beforeTransformer(column, special)]);
      else if (special) this.readers.push([column, special]);
    }
  }

  of(row: RawRow): ExactValues | undefined {
    let exact: Record<string, unknown> | undefined;
    for (const [{ databaseName }, read] of this.readers) {
      const value = row[databaseName] === undefined ? undefined : read(row[databaseName], row);
      if (value !== undefined) (exact ??= {})[databaseName] = value;
    }
    return exact;
  }

  /** The value that the entity would hold without its transformer. */
  private beforeTransformer(column: ColumnMetadata, special: ReadExact | undefined): ReadExact {
    const plain = Object.create(column, { transformer: { value: undefined } }) as ColumnMetadata;
    const { driver } = this.dataSource;
    return (raw, row) =>
      raw === null ? null : (special?.(raw, row) ?? (driver.prepareHydratedValue(raw, plain) as unknown));
  }

  private specialReader(column: ColumnMetadata, whole: readonly ColumnMetadata[]): ReadExact | undefined {
    const { hasBooleans, isLooselyTyped, roundsFloats } = this.dialect;
    const type = this.typeOf(column);
    if (isBoolean(column)) return hasBooleans ? undefined : exceptOneAndZero;
    if (type === 'date') return this.dayReader(column);
    if (isLooselyTyped) {
      if (type === 'datetime') return (raw) => (isSqliteDate(raw) ? undefined : raw);
      const position = whole.indexOf(column);
      return position < 0 ? undefined : (raw, row) => wholeNumber(raw, row, position);
    }
    return roundsFloats && type === 'float' ? this.singleReader(column) : undefined;
  }

  /** MariaDB shows six digits of a float, but compares all of them. */
  private singleReader(column: ColumnMetadata): ReadExact {
    const name = `${SINGLE}_${this.selection.length}`;
    this.names.push(name);
    this.selection.push(`${this.escape(column)} + 0e0 AS ${this.dataSource.driver.escape(name)}`);
    return (raw, row) => (raw === null || row[name] === raw ? undefined : row[name]);
  }

  /** Drivers read a day as a date in their time zone, and TypeORM reads that in another. */
  private dayReader(column: ColumnMetadata): ReadExact | undefined {
    const { timezone, isLooselyTyped } = this.dialect;
    if (isLooselyTyped) return undefined;
    const isLocal = timezone === 'local';
    const isMisread = !isLocal || column.utc;
    return (raw) =>
      raw instanceof Date && (isMisread || !isCommonYear(raw)) ? dayOf(raw, isLocal ? undefined : timezone) : undefined;
  }

  private holdsWhole(column: ColumnMetadata): boolean {
    return !isBoolean(column) && /int|decimal|numeric/.test(this.typeOf(column));
  }

  private typeOf(column: ColumnMetadata): string {
    return this.dataSource.driver.normalizeType(column).toLowerCase();
  }

  private escape({ databaseName }: ColumnMetadata): string {
    return this.dataSource.driver.escape(databaseName);
  }
}

function isBoolean({ type }: ColumnMetadata): boolean {
  return type === Boolean || type === 'bool' || type === 'boolean';
}

function exceptOneAndZero(raw: unknown): unknown {
  return raw === 0 || raw === 1 || raw === null ? undefined : raw;
}

function isSqliteDate(raw: unknown): boolean {
  return raw === null || (typeof raw === 'string' && SQLITE_DATE.test(raw));
}

function wholeSql(names: readonly string[]): string {
  const isLarge = names.map((name) => `${name} NOT BETWEEN -${MAX_SAFE} AND ${MAX_SAFE}`).join(' OR ');
  return `CASE WHEN ${isLarge} THEN json_array(${names.map((name) => `CAST(${name} AS TEXT)`).join(', ')}) END AS "${WHOLE}"`;
}

/** SQLite keeps any value, whatever the column's type: a fraction in an integer column, or a text. */
function wholeNumber(raw: unknown, row: RawRow, position: number): unknown {
  if (raw === null || (typeof raw === 'number' && Number.isSafeInteger(raw))) return undefined;
  const texts = row[WHOLE];
  if (typeof raw !== 'number' || !Number.isInteger(raw) || typeof texts !== 'string') return raw;
  const text = (JSON.parse(texts) as string[])[position];
  return /^-?\d+$/.test(text) ? text : raw;
}

/** Years that TypeORM writes with four digits. */
function isCommonYear(date: Date): boolean {
  const year = date.getFullYear();
  return year > 0 && year < 9_999;
}

/** @param zone `Z` or an offset; absent = this process's own */
function dayOf(date: Date, zone: string | undefined): string {
  const offset = /^([+-])(\d\d):?(\d\d)$/.exec(zone ?? '');
  const minutes = offset ? Number(`${offset[1]}1`) * (Number(offset[2]) * 60 + Number(offset[3])) : 0;
  const shift = zone === undefined ? -date.getTimezoneOffset() : minutes;
  const day = new Date(date.getTime() + shift * 60_000);
  if (Number.isNaN(day.getTime())) return '0000-00-00';
  const [text] = day.toISOString().split('T');
  const year = day.getUTCFullYear();
  if (year > 0) return text.replace(/^\+0*/, '');
  return `${String(1 - year).padStart(4, '0')}${text.slice(-6)} BC`;
}
