// The schema of a column: as rows show it, and as filters take it.

import type { FieldType } from '../policy/filtering/field-type.js';
import type { Lookup } from '../policy/filtering/filter.js';
import type { QueryLimits } from '../core/limits/limits.js';
import { anyOf, listOf, orNull, unknown, type Schema } from './schema.js';

/** A value as in answers and changes. Numbers that JSON lacks arrive as strings: see docs/asyncapi.md. */
export function shownValue(type: FieldType): Schema {
  const schema = SHOWN[type.kind](type);
  return type.isNullable ? orNull(schema) : schema;
}

const SHOWN: Readonly<Record<FieldType['kind'], (type: FieldType) => Schema>> = {
  string: () => ({ type: 'string' }),
  integer: () => ({ type: 'integer' }),
  number: () => ({ type: 'number' }),
  // Databases and drivers return these in different forms.
  bigint: () => ({ type: ['string', 'integer'] }),
  decimal: () => ({ type: ['string', 'number'] }),
  boolean: () => ({ type: 'boolean' }),
  date: () => ({ type: 'string', format: 'date-time' }),
  day: () => ({ type: 'string', format: 'date' }),
  time: () => ({ type: 'string' }),
  uuid: () => ({ type: 'string' }),
  enum: ({ values = [] }) => (values.length > 0 ? { enum: values } : { type: ['string', 'integer'] }),
  other: () => unknown('a column of a type that has no form of its own'),
};

/** The server also checks the bounds of a number written as a string, and each item of a list. */
const INTEGER_TEXT: Schema = { type: 'string', pattern: String.raw`^\s*[+-]?\d{1,16}\s*$`, 'x-validators': ['bounds'] };
const LIST_TEXT: Schema = { type: 'string', description: 'Values, separated by commas.', 'x-validators': ['list'] };
const DAY: Schema = { type: 'string', format: 'date', pattern: String.raw`^\d{4}-\d\d-\d\d$` };
const BOOLEAN: Schema = { enum: [true, false, 'true', 'false', 0, 1, '0', '1'] };

/** One value of a field, in its JSON type or written as a string. The natural form comes first. */
export function queriedValue(type: FieldType, { stringLength }: QueryLimits): Schema {
  switch (type.kind) {
    case 'string':
      return { type: ['string', 'number', 'boolean'], maxLength: stringLength };
    case 'integer':
      return anyOf({ type: 'integer', minimum: type.min, maximum: type.max }, INTEGER_TEXT);
    case 'number':
      return anyOf({ type: 'number' }, { type: 'string', pattern: String.raw`^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*$` }); // prettier-ignore
    case 'bigint':
      return anyOf({ type: 'integer' }, { type: 'string', pattern: String.raw`^\s*-?\d{1,20}\s*$` });
    case 'decimal':
      return anyOf({ type: 'number' }, { type: 'string', pattern: String.raw`^-?\d{1,100}(\.\d{1,100})?$` });
    case 'boolean':
      return BOOLEAN;
    case 'date':
      return { type: 'string', examples: ['2026-01-31T12:00:00Z'], pattern: String.raw`^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)?)?$` }; // prettier-ignore
    case 'day':
      return DAY;
    case 'time':
      return { type: 'string', pattern: String.raw`^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$` };
    case 'uuid':
      return { type: 'string', pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' };
    case 'enum':
      return { enum: [...new Set((type.values ?? []).flatMap((value) => [value, String(value)]))] };
    case 'other':
      return unknown('cannot be compared');
  }
}

const PARTS: Readonly<Partial<Record<Lookup, readonly [number, number]>>> = {
  year: [1, 9998], month: [1, 12], day: [1, 31], week_day: [1, 7], hour: [0, 23], minute: [0, 59], second: [0, 59],
}; // prettier-ignore

/** The value of `field__lookup`. */
export function lookupValue(type: FieldType, lookup: Lookup, limits: QueryLimits): Schema {
  const part = PARTS[lookup];
  if (part) return anyOf({ type: 'integer', minimum: part[0], maximum: part[1] }, INTEGER_TEXT);
  const one = queriedValue(type, limits);
  switch (lookup) {
    case 'isnull':
      return BOOLEAN;
    case 'date':
      return DAY;
    case 'in':
    case 'not_in':
      return anyOf({ ...listOf(orNull(one)), minItems: 1, maxItems: limits.inValues }, LIST_TEXT, orNull(one));
    case 'range':
      return anyOf({ ...listOf(one), minItems: 2, maxItems: 2 }, LIST_TEXT);
    case 'exact':
    case 'ne':
      return orNull(one);
    case 'regex':
    case 'iregex':
      return { ...one, 'x-validators': ['pattern'] };
    default:
      return one;
  }
}
