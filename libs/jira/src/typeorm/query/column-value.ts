// Which kind of value a column holds, and the comparable form of its values: the same for every driver and transformer.

import { isUint8Array } from 'node:util/types';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { ColumnKind, ColumnType } from '../../commits/dialect/dialect.js';
import { dialectOf } from '../../commits/dialect/dialects.js';

const INTEGERS = new Set(['int', 'integer', 'smallint', 'tinyint', 'mediumint', 'int2', 'int4', 'year']);
const BIGINTS = new Set(['bigint', 'int8', 'unsigned big int']);
const TEXTS = new Set([
  'varchar', 'character varying', 'text', 'tinytext', 'mediumtext', 'longtext', 'nvarchar', 'varying character',
  'native character', 'clob', 'char', 'nchar', 'character',
]); // prettier-ignore
const INSTANTS = new Set(['datetime', 'timestamp', 'timestamp without time zone', 'timestamp with time zone']);
const BINARIES = new Set(['bytea', 'blob', 'tinyblob', 'mediumblob', 'longblob', 'binary', 'varbinary']);

const types = new WeakMap<ColumnMetadata, ColumnType>();

export function typeOf(column: ColumnMetadata): ColumnType {
  let type = types.get(column);
  if (!type) types.set(column, (type = findType(column)));
  return type;
}

export function kindOf(column: ColumnMetadata): ColumnKind {
  return typeOf(column).kind;
}

function findType(column: ColumnMetadata): ColumnType {
  const { dataSource } = column.entityMetadata;
  const type = dataSource.driver.normalizeType(column).toLowerCase();
  return { column, type, kind: findKind(column, type) };
}

function findKind(column: ColumnMetadata, type: string): ColumnKind {
  if (column.isArray || column.type === 'simple-array' || column.type === 'simple-json') return 'opaque';
  if (column.isVirtualProperty) return 'opaque';
  if (column.type === 'enum' || column.type === 'simple-enum') return 'enum';
  if (column.type === 'uuid' || (column.generationStrategy === 'uuid' && !isNative(column.type))) return 'uuid';
  if (type === 'boolean' || (type === 'tinyint' && isBooleanType(column))) return 'boolean';
  const special = dialectOf(column.entityMetadata.dataSource).kindOf(type);
  if (special) return special;
  if (INTEGERS.has(type)) return 'integer';
  if (BIGINTS.has(type)) return 'bigint';
  if (type === 'double precision' || type === 'double') return 'double';
  if (INSTANTS.has(type)) return 'instant';
  if (type === 'date') return 'day';
  if (BINARIES.has(type)) return 'binary';
  return TEXTS.has(type) ? 'text' : 'opaque';
}

function isNative(type: ColumnMetadata['type']): boolean {
  return typeof type === 'function' && type !== String;
}

function isBooleanType(column: ColumnMetadata): boolean {
  return column.type === Boolean || column.type === 'bool' || column.type === 'boolean';
}

/** Whether the database stores the column's values as text. UUIDs count where the database has no UUID type. */
export function isTextual(column: ColumnMetadata): boolean {
  const kind = kindOf(column);
  return kind === 'text' || kind === 'enum' || (kind === 'uuid' && !isUuid(column));
}

function isUuid(column: ColumnMetadata): boolean {
  return typeOf(column).type === 'uuid' && dialectOf(column.entityMetadata.dataSource).hasUuids;
}

/** A value in comparable form: text as a string, an instant as Unix time in milliseconds, bytes as hex. */
export type Stored = string | number | bigint | boolean | null | { readonly opaque: unknown };

/**
 * The comparable form of an entity's value, after the column's transformer and the driver's conversion. A value that
 * does not fit the column's kind is returned as `opaque`, which is never compared in memory.
 */
export function toStored(column: ColumnMetadata, value: unknown): Stored {
  if (value === null || value === undefined) return null;
  const driver = column.entityMetadata.dataSource.driver;
  // TypeORM would convert large integers to numbers, which rounds them.
  const isExact = (typeof value === 'string' || typeof value === 'bigint') && isWhole(column) && !column.transformer;
  const prepared: unknown = isExact ? value : driver.preparePersistentValue(value, column);
  if (prepared === null || prepared === undefined) return null;
  return storedByKind(column, prepared) ?? { opaque: prepared };
}

/** The comparable form of a stored value that change capture read because the entity's value is not exact. */
export function exactToStored(column: ColumnMetadata, value: unknown): Stored {
  if (value === null) return null;
  // The database compares text in another format than TypeORM's as text.
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
      // Drivers replace a lone surrogate with U+FFFD.
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

/** A number, or a bigint if it is not a safe integer. */
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
  const dialect = dialectOf(column.entityMetadata.dataSource);
  switch (kindOf(column)) {
    case 'bigint':
      return String(stored);
    case 'boolean':
      return dialect.booleanParameter(stored === true);
    case 'instant':
      return dialect.instantParameter(stored as number);
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

/** Compares two values of one kind, for sorting. Text sorts by code point, as its UTF-8 bytes do. */
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
