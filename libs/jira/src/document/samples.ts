// An example of a schema, the same every time; `undefined` if it would have to be guessed.

import type { Components } from './components.js';
import type { Schema } from './schema.js';

const MAX_LEVELS = 6;

/** @param withOptional whether to include optional members, too */
export function sampleOf(schema: Schema, components: Components, withOptional = false, levels = MAX_LEVELS): unknown {
  const one = components.resolve(schema);
  const { type, anyOf, oneOf, examples } = one;
  const choices = anyOf ?? oneOf;
  if (levels === 0 || 'x-unknown' in one) return undefined;
  if (Array.isArray(examples)) return examples[0] as unknown;
  if ('const' in one) return one['const'];
  if ('default' in one) return one['default'];
  if (Array.isArray(one['enum'])) return (one['enum'] as unknown[])[0];
  if (Array.isArray(choices)) return sampleOf(choices[0] as Schema, components, withOptional, levels - 1);
  // An example may not satisfy checks that the schema does not express.
  if ('pattern' in one || 'x-validators' in one || 'x-pattern' in one || 'allOf' in one || 'not' in one) return undefined; // prettier-ignore
  switch (Array.isArray(type) ? (type as unknown[])[0] : type) {
    case 'string':
      return textOf(one);
    case 'integer':
    case 'number':
      return numberOf(one);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return listOf(one, components, withOptional, levels);
    case 'object':
      return objectOf(one, components, withOptional, levels);
    default:
      return undefined;
  }
}

function textOf({ format, minLength = 0, maxLength }: Schema): string | undefined {
  if (format === 'date-time') return '2026-01-31T12:00:00.000Z';
  if (format === 'date') return '2026-01-31';
  if (format !== undefined) return undefined;
  const text = 'text'.padEnd(minLength as number, '.');
  return typeof maxLength === 'number' ? text.slice(0, maxLength) : text;
}

function numberOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }: Schema): number | undefined {
  if (multipleOf !== undefined) return multipleOf as number;
  const least = (minimum as number | undefined) ?? ((exclusiveMinimum as number | undefined) ?? 0) + 1;
  const highest = (maximum as number | undefined) ?? (exclusiveMaximum === undefined ? Infinity : (exclusiveMaximum as number) - 1); // prettier-ignore
  const number = Math.max(least, Math.min(1, highest));
  return number <= highest ? number : minimum === undefined ? highest : undefined;
}

function listOf({ items, minItems = 0 }: Schema, components: Components, withOptional: boolean, levels: number) {
  if (minItems === 0 && levels < MAX_LEVELS - 3) return [];
  const item = sampleOf((items as Schema | undefined) ?? {}, components, withOptional, levels - 1);
  if (item === undefined) return minItems === 0 ? [] : undefined;
  return Array.from({ length: Math.max(1, minItems as number) }, () => item);
}

function objectOf(schema: Schema, components: Components, withOptional: boolean, levels: number): object | undefined {
  const { properties = {}, required = [] } = schema;
  const sample: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(properties as Record<string, Schema>)) {
    const isRequired = (required as readonly string[]).includes(name);
    if (!isRequired && !withOptional) continue;
    const value = sampleOf(property, components, withOptional, levels - 1);
    if (value === undefined && isRequired) return undefined;
    if (value !== undefined) sample[name] = value;
  }
  return sample;
}
