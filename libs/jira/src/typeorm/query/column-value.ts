// What a column holds, and its values in one comparable form, whatever driver and transformer they went through.

import { isUint8Array } from 'node:util/types';
import type { Driver } from 'typeorm';
import { hasUuidType, type ColumnMetadata } from '../../commits/typeorm-internals.js';

/**
 * Values of one kind compare alike on every database. `instant` is a moment (millisecond precision), `day` a date without
 * time; `opaque` is everything whose comparison only the database knows (decimals, single floats, times, JSON, arrays…).
 */
export type ColumnKind =
  'text' | 'enum' | 'uuid' | 'integer' | 'bigint' | 'double' | 'boolean' | 'instant' | 'day' | 'binary' | 'opaque';

const INTEGERS = new Set(['int', 'integer', 'smallint', 'tinyint', 'mediumint', 'int2', 'int4', 'year']);
const BIGINTS = new Set(['bigint', 'int8', 'unsigned big int']);
const TEXTS = new Set([
  'varchar', 'character varying', 'text', 'tinytext', 'mediumtext', 'longtext', 'nvarchar', 'varying character',
  'native character', 'clob', 'char', 'nchar', 'character',
]); // prettier-ignore
const INSTANTS = new Set(['datetime', 'timestamp', 'timestamp without time zone', 'timestamp with time zone']);
const BINARIES = new Set(['bytea', 'blob', 'tinyblob', 'mediumblob', 'longblob', 'binary', 'varbinary']);

const kinds = new WeakMap<ColumnMetadata, ColumnKind>();

export function kindOf(column: ColumnMetadata): ColumnKind {
  let kind = kinds.get(column);
  if (kind === undefined) kinds.set(column, (kind = findKind(column)));
  return kind;
}

function findKind(column: ColumnMetadata): ColumnKind {
  const driver = column.entityMetadata.dataSource.driver;
  if (column.isArray || column.type === 'simple-array' || column.type === 'simple-json') return 'opaque';
  if (column.isVirtualProperty) return 'opaque';
  if (column.type === 'enum' || column.type === 'simple-enum') return 'enum';
  if (column.type === 'uuid' || (column.generationStrategy === 'uuid' && !isNative(column.type))) return 'uuid';
  const type = driver.normalizeType(column).toLowerCase();
  if (type === 'boolean' || (type === 'tinyint' && isBooleanType(column))) return 'boolean';
  if (INTEGERS.has(type)) return 'integer';
  if (BIGINTS.has(type)) return 'bigint';
  if (type === 'double precision' || type === 'double') return 'double';
  // SQLite keeps every real in eight bytes; MySQL's and Postgres' `float`/`real` hold four and compare unlike the number read.
  if ((type === 'float' || type === 'real') && isSqlite(driver)) return 'double';
  if (INSTANTS.has(type)) return 'instant';
  if (type === 'date') return 'day';
  if (BINARIES.has(type)) return 'binary';
  // Postgres pads char(n) and ignores the padding in comparisons.
  if (type === 'character' && isPostgres(driver)) return 'opaque';
  return TEXTS.has(type) ? 'text' : 'opaque';
}

function isNative(type: ColumnMetadata['type']): boolean {
  return typeof type === 'function' && type !== String;
}

function isBooleanType(column: ColumnMetadata): boolean {
  return column.type === Boolean || column.type === 'bool' || column.type === 'boolean';
}

export function isPostgres(driver: Driver): boolean {
  return driver.options.type === 'postgres' || driver.options.type === 'aurora-postgres';
}

const SQLITES = new Set(['better-sqlite3', 'sqljs', 'expo', 'capacitor', 'cordova', 'react-native', 'nativescript']);

export function isSqlite(driver: Driver): boolean {
  return SQLITES.has(driver.options.type);
}

/** Whether its values are text to the database: a UUID is, where it has no type for it. */
export function isTextual(column: ColumnMetadata): boolean {
  const kind = kindOf(column);
  return kind === 'text' || kind === 'enum' || (kind === 'uuid' && !isUuid(column));
}

function isUuid(column: ColumnMetadata): boolean {
  const { driver } = column.entityMetadata.dataSource;
  return driver.normalizeType(column) === 'uuid' && (isPostgres(driver) || hasUuidType(driver) === true);
}

/** A value in comparable form: text of a text column, number of milliseconds of an instant, hex of bytes. */
export type Stored = string | number | bigint | boolean | null | { readonly opaque: unknown };

/**
 * The comparable form of an entity's value: through the column's transformer and the driver's conversion, then by kind.
 * What does not fit the kind comes back as opaque, which nothing in memory compares.
 */
export function toStored(column: ColumnMetadata, value: unknown): Stored {
  if (value === null || value === undefined) return null;
  const driver = column.entityMetadata.dataSource.driver;
  // TypeORM makes numbers of whole numbers that no number holds.
  const isExact = (typeof value === 'string' || typeof value === 'bigint') && isWhole(column) && !column.transformer;
  const prepared: unknown = isExact ? value : driver.preparePersistentValue(value, column);
  if (prepared === null || prepared === undefined) return null;
  return storedByKind(column, prepared) ?? { opaque: prepared };
}

/** The comparable form of what is stored, as capture read it where the entity's value does not say it. */
export function exactToStored(column: ColumnMetadata, value: unknown): Stored {
  if (value === null) return null;
  // Text that is no date as TypeORM writes it compares as text.
  if (kindOf(column) === 'instant' && typeof value === 'string') return { opaque: value };
  return storedByKind(column, value) ?? { opaque: value };
}

function isWhole(column: ColumnMetadata): boolean {
  return kindOf(column) === 'integer' || kindOf(column) === 'bigint';
}

function storedByKind(column: ColumnMetadata, value: unknown): Stored | undefined {
  const kind = kindOf(column);
  switch (kind) {
    case 'text':
    case 'enum':
      // Drivers write a lone half of a pair as the replacement character.
      return typeof value === 'string' ? value.replaceAll(/\p{Surrogate}/gu, '\uFFFD') : undefined;
    case 'day':
      return typeof value === 'string' ? value : undefined;
    case 'uuid':
      return typeof value !== 'string' ? undefined : isUuid(column) ? value.toLowerCase() : value;
    case 'integer':
      return storedInteger(value);
    case 'double':
      return storedNumber(value);
    case 'bigint':
      return storedBigInt(value);
    case 'boolean':
      return typeof value === 'boolean' ? value : value === 1 || value === 0 ? value === 1 : undefined;
    case 'instant':
      return storedInstant(value);
    case 'binary':
      return isUint8Array(value) ? Buffer.from(value).toString('hex') : undefined;
    case 'opaque':
      return undefined;
  }
}

function storedNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A number, or a bigint where no number holds it. */
function storedInteger(value: unknown): number | bigint | undefined {
  const whole = storedBigInt(value);
  if (whole === undefined) return storedNumber(value);
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}

function storedBigInt(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : undefined;
}

const SQL_INSTANT = /^\d{4,}-\d\d-\d\d \d\d:\d\d(:\d\d(\.\d+)?)?$/;

function storedInstant(value: unknown): number | undefined {
  const time =
    value instanceof Date
      ? value.getTime()
      : typeof value === 'string'
        ? Date.parse(SQL_INSTANT.test(value) ? `${value.replace(' ', 'T')}Z` : value)
        : Number.NaN;
  return Number.isFinite(time) ? time : undefined;
}

/** The value to bind as a query parameter. */
export function toParameter(column: ColumnMetadata, stored: Stored): unknown {
  if (stored === null) return null;
  if (typeof stored === 'object') return stored.opaque;
  const driver = column.entityMetadata.dataSource.driver;
  switch (kindOf(column)) {
    case 'bigint':
      return String(stored);
    case 'boolean':
      return isPostgres(driver) ? stored : stored === true ? 1 : 0;
    case 'instant':
      return isSqlite(driver) ? sqliteInstant(stored as number) : new Date(stored as number);
    case 'binary':
      return Buffer.from(stored as string, 'hex');
    case 'integer':
      return typeof stored === 'bigint' ? String(stored) : stored;
    case 'text':
    case 'enum':
    case 'uuid':
    case 'double':
    case 'day':
    case 'opaque':
      return stored;
  }
}

/**
 * SQLite keeps instants as text, TypeORM's with three decimals and `datetime('now')` with none. Without them a whole
 * second sorts before both, so bounds made this way hold for either.
 */
function sqliteInstant(time: number): string {
  return new Date(time)
    .toISOString()
    .replace('T', ' ')
    .replace(/(\.000)?Z$/, '');
}

/** Order of two values of one kind; text by code point, as UTF-8 bytes sort. */
export function compareStored(a: string | number | bigint | boolean, b: string | number | bigint | boolean): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One string per value: equal values of equal type give equal strings. */
export function canonical(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return `@${value.getTime()}`;
  if (isUint8Array(value)) return `x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
  }
  throw new TypeError(`A ${typeof value} cannot be part of a query.`);
}
