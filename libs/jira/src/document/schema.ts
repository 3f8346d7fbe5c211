// JSON Schema as in the document: the part of draft 07 that AsyncAPI accepts.

export type Schema = Readonly<Record<string, unknown>>;

export const NULL: Schema = { type: 'null' };
export const TEXT: Schema = { type: 'string' };

/** A schema that accepts anything, for what cannot be known. The reason is for people. */
export function unknown(reason: string): Schema {
  return { 'x-unknown': reason };
}

export function isUnknown(schema: Schema): boolean {
  return 'x-unknown' in schema && !('type' in schema) && !('anyOf' in schema);
}

/** The schema, or `null`. */
export function orNull(schema: Schema): Schema {
  const { type, enum: values } = schema;
  if (isUnknown(schema) || type === 'null') return schema;
  const withNull = Array.isArray(values) && !values.includes(null) ? { enum: [...(values as unknown[]), null] } : {};
  if (typeof type === 'string') return { ...schema, type: [type, 'null'], ...withNull };
  if (Array.isArray(type)) return type.includes('null') ? schema : { ...schema, type: [...(type as string[]), 'null'], ...withNull }; // prettier-ignore
  if (Array.isArray(values)) return { ...schema, ...withNull };
  if (Array.isArray(schema['anyOf'])) return { ...schema, anyOf: [...(schema['anyOf'] as Schema[]), NULL] };
  return Object.keys(schema).length === 0 ? schema : { anyOf: [schema, NULL] };
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

/** One of these schemas. A single schema stays as it is. */
export function anyOf(...schemas: readonly Schema[]): Schema {
  return schemas.length === 1 ? schemas[0] : { anyOf: schemas };
}

/** An object with exactly these members, unless `rest` says otherwise. */
export function objectOf(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
  rest: Schema = { additionalProperties: false },
): Schema {
  return { type: 'object', properties, ...(required.length > 0 && { required }), ...rest };
}

/** All of these schemas: their keywords are merged unless they conflict, else they are in `allOf`. */
export function allOf(schemas: readonly Schema[]): Schema {
  let merged: Schema = {};
  const apart: Schema[] = [];
  for (const schema of schemas) {
    const together = merge(merged, schema);
    if (together) merged = together;
    else apart.push(schema);
  }
  return apart.length === 0 ? merged : { ...merged, allOf: apart };
}

function merge(one: Schema, other: Schema): Schema | undefined {
  const merged: Record<string, unknown> = { ...one };
  for (const [keyword, value] of Object.entries(other)) {
    const known = merged[keyword];
    const both = known === undefined ? value : bothOf(keyword, known, value);
    if (both === undefined) return undefined;
    merged[keyword] = both;
  }
  return merged;
}

function bothOf(keyword: string, one: unknown, other: unknown): unknown {
  if (JSON.stringify(one) === JSON.stringify(other)) return one;
  if (keyword === 'x-validators') return [...new Set([...(one as string[]), ...(other as string[])])];
  if (keyword === 'x-unknown') return one;
  if (keyword === 'type' && [one, other].includes('integer') && [one, other].includes('number')) return 'integer';
  if (keyword === 'minimum' || keyword === 'minLength' || keyword === 'minItems') return Math.max(one as number, other as number); // prettier-ignore
  if (keyword === 'maximum' || keyword === 'maxLength' || keyword === 'maxItems') return Math.min(one as number, other as number); // prettier-ignore
  return undefined;
}
