// What the decorators or the compiler plugin of @nestjs/swagger stored for a class. It is read by key, without the package.

import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { isUnknown, listOf, orNull, type Schema } from './schema.js';

interface Noted {
  readonly type?: unknown;
  readonly isArray?: boolean;
  readonly enum?: unknown;
  readonly nullable?: boolean;
  readonly [annotation: string]: unknown;
}

/** Keywords that may accompany any schema. */
const ANNOTATIONS = ['title', 'description', 'deprecated', 'readOnly', 'writeOnly'] as const;

/** The schema with the titles, descriptions and examples that were stored. A declared schema replaces an unknown one. */
export function annotationsOf(type: Type<object>, property: string | undefined, schema: Schema): Schema {
  const noted = property === undefined ? undefined : notedOf(type, property);
  if (!noted) return schema;
  const annotations: Record<string, unknown> = {};
  for (const name of ANNOTATIONS) if (noted[name] !== undefined) annotations[name] = noted[name];
  if (noted['example'] !== undefined) annotations['examples'] = [noted['example']];
  else if (Array.isArray(noted['examples'])) annotations['examples'] = noted['examples'];
  const declared = isUnknown(schema) ? declaredBy(noted) : undefined;
  return { ...(declared ?? schema), ...annotations };
}

function notedOf(type: Type<object>, property: string): Noted | undefined {
  const decorated: unknown = Reflect.getMetadata('swagger/apiModelProperties', type.prototype as object, property);
  const { _OPENAPI_METADATA_FACTORY: factory } = type as { _OPENAPI_METADATA_FACTORY?: () => Record<string, Noted> };
  const compiled = typeof factory === 'function' ? factory.call(type)[property] : undefined;
  return decorated || compiled ? { ...compiled, ...(decorated as Noted | undefined) } : undefined;
}

function declaredBy({ type, isArray, enum: values, nullable, format }: Noted): Schema | undefined {
  const one = Array.isArray(values) ? { enum: values } : typeSchema(type, format);
  if (!one) return undefined;
  const many = isArray === true ? listOf(one) : one;
  return nullable === true ? orNull(many) : many;
}

const TYPES: readonly (readonly [unknown, Schema])[] = [
  [String, { type: 'string' }],
  [Number, { type: 'number' }],
  [Boolean, { type: 'boolean' }],
  [Date, { type: 'string', format: 'date-time' }],
];

function typeSchema(given: unknown, format: unknown): Schema | undefined {
  const more = typeof format === 'string' ? { format } : {};
  if (typeof given === 'string' && ['string', 'number', 'integer', 'boolean'].includes(given)) return { type: given, ...more }; // prettier-ignore
  const known = TYPES.find(([type]) => type === given)?.[1];
  if (known) return { ...known, ...more };
  // The compiler plugin names types by a function.
  if (typeof given !== 'function' || given.prototype !== undefined) return undefined;
  const named: unknown = (given as () => unknown)();
  return TYPES.find(([type]) => type === named)?.[1];
}
