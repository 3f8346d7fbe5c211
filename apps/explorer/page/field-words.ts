// How a field describes its schema, and how its text becomes a value.

import type { Schema } from './model';

/** The first of several forms: the natural one, not a number written as text. */
export function naturalOf(schema: Schema): Schema {
  const choices = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
  const [first] = choices ?? [];
  if (!first) return schema;
  const isNullable = choices?.some((choice) => choice['type'] === 'null') === true;
  const lookup = schema['x-lookup'] === undefined ? {} : { 'x-lookup': schema['x-lookup'] };
  return isNullable && typeof first['type'] === 'string'
    ? { ...first, ...lookup, type: [first['type'], 'null'] }
    : { ...first, ...lookup };
}

export function typeOf({ type }: Schema): string | undefined {
  return Array.isArray(type) ? (type as string[])[0] : (type as string | undefined);
}

export function typeName(schema: Schema): string {
  if (schema['enum']) return 'choice';
  const { type, items, format } = schema;
  if (typeof format === 'string') return format;
  const names = (Array.isArray(type) ? (type as string[]) : [type as string | undefined]).filter(
    (name) => name !== undefined,
  );
  const [first, ...others] = names.filter((name) => name !== 'null');
  if (first === undefined) return 'JSON';
  // A filter also accepts other forms, which are not worth mentioning.
  const isFilter = schema['x-lookup'] !== undefined || others.length > 1;
  const word = first === 'array' ? listName(items as Schema | undefined) : first === 'string' ? 'text' : first;
  return names.includes('null') && !isFilter ? `${word} or null` : word;
}

function listName(items: Schema | undefined): string {
  const inner = items && typeOf(naturalOf(items));
  return inner === undefined ? 'list' : `list of ${inner === 'string' ? 'text' : inner}`;
}

export function noteOf(schema: Schema, natural: Schema): string {
  const { minimum, maximum, minLength, maxLength, pattern } = natural;
  const parts = [schema['description'] as string | undefined];
  const unknown = schema['x-unknown'] as string | undefined;
  if (unknown) parts.push(`Not known: ${unknown}.`);
  if (minimum !== undefined && Math.abs(minimum as number) < 1e9 && maximum !== undefined && (maximum as number) < 1e9)
    parts.push(`${said(minimum)} to ${said(maximum)}.`);
  else if (minimum !== undefined && Math.abs(minimum as number) < 1e9) parts.push(`At least ${said(minimum)}.`);
  if (schema['x-lookup'] === undefined && (minLength !== undefined || maxLength !== undefined))
    parts.push(`${said(minLength ?? 0)} to ${said(maxLength ?? 'any number of')} characters.`);
  if (schema['x-lookup'] === undefined && typeof pattern === 'string' && pattern.length < 40 && !schema['anyOf'])
    parts.push(pattern);
  return parts.filter(Boolean).join(' ');
}

export function placeholderOf(schema: Schema, hints: Schema): string {
  const [example] = (schema['examples'] ?? hints['examples'] ?? []) as unknown[];
  const initial = schema['default'] ?? hints['x-default'];
  if (initial !== undefined) return said(initial);
  return example === undefined ? '' : said(example);
}

export function textOf(value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** The text as a number. Other text is sent unchanged, so that the server reports it. */
export function numberFrom(text: string): unknown {
  if (text.trim() === '') return undefined;
  if (text.trim() === 'null') return null;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

export function fromText(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

export function said(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
