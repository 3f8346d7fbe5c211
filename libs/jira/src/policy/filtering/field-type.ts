// The type of a field: the lookups it supports, and how its values are read from the wire.

import { LOOKUPS, type Lookup } from './filter.js';

/** `date` is a date with time, `day` a date without; `other` supports `isnull` only. */
export type FieldKind =
  | 'string'
  | 'integer'
  | 'number'
  | 'bigint'
  | 'decimal'
  | 'boolean'
  | 'date'
  | 'day'
  | 'time'
  | 'uuid'
  | 'enum'
  | 'other';

export interface FieldType {
  readonly kind: FieldKind;
  readonly isNullable: boolean;
  /** Values of an enum. */
  readonly values?: readonly (string | number)[];
  /** Bounds of an integer. */
  readonly min?: number;
  readonly max?: number;
  /** Whether the store can match patterns in bounded time. @default false */
  readonly hasRegex?: boolean;
  /** Whether the store can extract months, days and hours of a date in UTC. @default true */
  readonly hasUtcParts?: boolean;
}

/** Port: what the fields of a hook's rows hold. TypeORM's comes from entity metadata. */
export interface FieldTypes {
  /** The field's type; `undefined` if there is no such field. The path may cross relations. */
  typeOf(path: readonly string[]): FieldType | undefined;
  /** How many relations lie between a row and the field. */
  relationDepth(path: readonly string[]): number;
  /** Whether the path crosses a to-many relation, so that a row may have several values: such a field cannot order rows. */
  hasMany(path: readonly string[]): boolean;
}

const EQUALITY = ['exact', 'ne', 'in', 'not_in', 'isnull'] as const;
const ORDER = ['gt', 'gte', 'lt', 'lte', 'range'] as const;
const DAY_PARTS = ['date', 'year', 'month', 'day', 'week_day'] as const;
const TEXT = [
  'iexact', 'contains', 'icontains', 'startswith', 'istartswith', 'endswith', 'iendswith', 'regex', 'iregex',
] as const; // prettier-ignore
const ORDERED = [...EQUALITY, ...ORDER];

const LOOKUPS_OF: Readonly<Record<FieldKind, readonly Lookup[]>> = {
  string: [...ORDERED, ...TEXT],
  integer: ORDERED,
  number: ORDERED,
  bigint: ORDERED,
  decimal: ORDERED,
  boolean: EQUALITY,
  date: [...ORDERED, ...DAY_PARTS, 'hour', 'minute', 'second'],
  day: [...ORDERED, ...DAY_PARTS],
  time: ORDERED,
  uuid: EQUALITY,
  enum: EQUALITY,
  other: ['isnull'],
};

const PATTERNS: readonly Lookup[] = ['regex', 'iregex'];
// A day and a year are ranges of dates, which need no date parts.
const UTC_PARTS: readonly Lookup[] = ['month', 'day', 'week_day', 'hour', 'minute', 'second'];

export function lookupsOf(type: FieldType): readonly Lookup[] {
  const missing = [...(type.hasRegex ? [] : PATTERNS), ...(type.hasUtcParts === false ? UTC_PARTS : [])];
  return LOOKUPS_OF[type.kind].filter((lookup) => !missing.includes(lookup));
}

export function isLookup(name: string): name is Lookup {
  return (LOOKUPS as readonly string[]).includes(name);
}

/** A value of the column's type, or a sentence that tells the client what is wrong. */
export type ParsedValue =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly fault: string };

/** Reads one value of a field, in its JSON type or written as a string. */
export function parseFieldValue(type: FieldType, raw: unknown, maxLength = 1_000): ParsedValue {
  if (typeof raw === 'string' && raw.length > maxLength) return bad(`Must be at most ${maxLength} characters.`);
  switch (type.kind) {
    case 'string':
      return parseText(raw);
    case 'integer':
      return parseInteger(raw, type.min ?? Number.MIN_SAFE_INTEGER, type.max ?? Number.MAX_SAFE_INTEGER);
    case 'number':
      return parseNumber(raw);
    case 'bigint':
      return parseBigInt(raw);
    case 'decimal':
      return parsePattern(String(parsePrimitive(raw)), /^-?\d{1,100}(\.\d{1,100})?$/, 'Must be a number.');
    case 'boolean':
      return parseBoolean(raw);
    case 'date':
      return parseDate(raw);
    case 'day':
      return parseDay(raw);
    case 'time':
      return parsePattern(raw, /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$/, 'Must be a time such as 13:45:00.');
    case 'uuid':
      return parsePattern(raw, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i, 'Must be a UUID.');
    case 'enum':
      return parseEnum(raw, type.values ?? []);
    case 'other':
      return bad('This field cannot be compared.');
  }
}

function good(value: unknown): ParsedValue {
  return { ok: true, value };
}

function bad(fault: string): ParsedValue {
  return { ok: false, fault };
}

function parsePrimitive(raw: unknown): unknown {
  return typeof raw === 'string' || typeof raw === 'number' ? raw : '';
}

function parseText(raw: unknown): ParsedValue {
  if (typeof raw === 'number' || typeof raw === 'boolean') return good(String(raw));
  if (typeof raw !== 'string') return bad('Must be a string.');
  // Databases store neither: Postgres refuses the null character, and half a surrogate pair has no UTF-8.
  if (raw.includes('\0') || /\p{Surrogate}/u.test(raw)) return bad('Contains characters that cannot be stored.');
  return good(raw);
}

function parseInteger(raw: unknown, min: number, max: number): ParsedValue {
  const value = typeof raw === 'string' && /^[+-]?\d{1,16}$/.test(raw.trim()) ? Number(raw) : raw;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return bad('Must be an integer.');
  return value < min || value > max ? bad(`Must be between ${min} and ${max}.`) : good(value === 0 ? 0 : value);
}

function parseNumber(raw: unknown): ParsedValue {
  const isWritten = typeof raw === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(raw.trim());
  const value = isWritten ? Number(raw) : raw;
  return typeof value === 'number' && Number.isFinite(value) ? good(value === 0 ? 0 : value) : bad('Must be a number.');
}

const BIGINT_MAX = 2n ** 63n - 1n;

function parseBigInt(raw: unknown): ParsedValue {
  const text = typeof raw === 'string' ? raw.trim() : Number.isSafeInteger(raw) ? String(raw) : '';
  if (!/^-?\d{1,20}$/.test(text)) return bad('Must be an integer.');
  const value = BigInt(text);
  return value > BIGINT_MAX || value < -BIGINT_MAX - 1n ? bad('Is out of range.') : good(String(value));
}

export function parseBoolean(raw: unknown): ParsedValue {
  if (raw === true || raw === 'true' || raw === 1 || raw === '1') return good(true);
  if (raw === false || raw === 'false' || raw === 0 || raw === '0') return good(false);
  return bad('Must be true or false.');
}

function parsePattern(raw: unknown, pattern: RegExp, fault: string): ParsedValue {
  return typeof raw === 'string' && pattern.test(raw) ? good(raw) : bad(fault);
}

const ISO_DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const ISO_INSTANT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$/i;

/** ISO 8601; UTC if there is no zone, midnight if there is no time. */
function parseDate(raw: unknown): ParsedValue {
  const fault = 'Must be a date and time such as 2026-01-31T12:00:00Z.';
  if (typeof raw !== 'string') return bad(fault);
  if (ISO_DATE.test(raw)) {
    const day = parseDay(raw);
    return day.ok ? good(new Date(`${raw}T00:00:00.000Z`)) : day;
  }
  if (!ISO_INSTANT.test(raw) || !parseDay(raw.slice(0, 10)).ok) return bad(fault);
  const text = raw.replace(' ', 'T').replace(',', '.');
  const date = new Date(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1 || date.getUTCFullYear() > 9998
    ? bad(fault)
    : good(date);
}

export function parseDay(raw: unknown): ParsedValue {
  const fault = 'Must be a date such as 2026-01-31.';
  const match = typeof raw === 'string' ? ISO_DATE.exec(raw) : null;
  if (!match) return bad(fault);
  const date = new Date(`${match[0]}T00:00:00.000Z`);
  const year = Number(match[1]);
  // `Date` turns 31 February into a date in March.
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== match[0]) return bad(fault);
  return year < 1 || year > 9998 ? bad(fault) : good(match[0]);
}

function parseEnum(raw: unknown, values: readonly (string | number)[]): ParsedValue {
  const value = values.find((known) => known === raw || (typeof raw === 'string' && String(known) === raw));
  return value === undefined ? bad(`Must be one of ${values.join(', ')}.`) : good(value);
}
