// A Standard Schema as JSON Schema, if its library offers that: Zod (4.2 and later), ArkType, and Valibot's
// toStandardJsonSchema() implement the Standard JSON Schema interface.

import type { StandardSchema } from '../../core/support/standard-schema.js';
import { isRecord } from '../../core/support/is-record.js';

/** JSON Schema draft 07, as in the API document. */
export type JsonSchema = Readonly<Record<string, unknown>>;

interface Convertible {
  readonly input: (options: { target: 'draft-07'; libraryOptions?: Readonly<Record<string, unknown>> }) => JsonSchema;
}

/** What clients send; `undefined` if the library does not say. Parts it cannot express have `x-unknown` or `x-validators`. */
export function jsonSchemaOf(schema: StandardSchema): JsonSchema | undefined {
  const { vendor, jsonSchema } = schema['~standard'] as StandardSchema['~standard'] & { jsonSchema?: Convertible };
  if (typeof jsonSchema?.input !== 'function') return undefined;
  try {
    const { $schema: _dialect, ...json } = jsonSchema.input({ target: 'draft-07', libraryOptions: OPTIONS[vendor] });
    return json;
  } catch {
    return undefined; // the interface lets a library refuse
  }
}

const OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  zod: { unrepresentable: 'any', override: annotateZod },
  arktype: { fallback: annotateArkType },
  valibot: { errorMode: 'ignore' },
};

/** The names of the fields that clients may send at the top level; `undefined` if they cannot be known. */
export function declaredNames(schema: StandardSchema): ReadonlySet<string> | undefined {
  const json = jsonSchemaOf(schema);
  if (json) return new Set(namesIn(json, json));
  // Objects of Zod 3 and of Valibot.
  const { shape, entries } = schema as { shape?: unknown; entries?: unknown };
  const fields = isRecord(shape) ? shape : isRecord(entries) ? entries : undefined;
  return fields && new Set(Object.keys(fields));
}

function namesIn(json: JsonSchema, root: JsonSchema, levels = 8): string[] {
  if (levels === 0) return [];
  const { properties, $ref } = json;
  const own = isRecord(properties) ? Object.keys(properties) : [];
  const parts = ['anyOf', 'oneOf', 'allOf'].flatMap((keyword) => (json[keyword] ?? []) as JsonSchema[]);
  if (typeof $ref === 'string') parts.push(referred(root, $ref));
  return [...own, ...parts.flatMap((part) => namesIn(part, root, levels - 1))];
}

function referred(root: JsonSchema, $ref: string): JsonSchema {
  let found: unknown = root;
  for (const part of $ref.slice(2).split('/').filter(Boolean)) found = isRecord(found) ? found[part] : undefined;
  return isRecord(found) ? found : {};
}

interface ZodNode {
  readonly _zod: { readonly def: ZodDef };
}

interface ZodDef {
  readonly type: string;
  readonly coerce?: boolean;
  readonly in?: ZodNode;
  readonly checks?: readonly {
    readonly _zod: { readonly def: { readonly check: string; readonly pattern?: RegExp } };
  }[];
}

/** What Zod silently omits from its JSON Schema: refinements, flags of patterns, conversions. */
function annotateZod({ zodSchema, jsonSchema }: { zodSchema: ZodNode; jsonSchema: Record<string, unknown> }): void {
  const { type, coerce, checks = [], in: first } = zodSchema['_zod'].def;
  const reason = coerce ? 'converted before it is validated' : unknownTo(type, first);
  if (reason !== undefined) {
    for (const keyword of Object.keys(jsonSchema)) delete jsonSchema[keyword];
    jsonSchema['x-unknown'] = reason;
    return;
  }
  const names = new Set<string>();
  for (const { _zod: { def } } of checks) {
    if (!SAID.has(def.check)) names.add(def.check === 'custom' ? 'refine' : def.check);
    if (!def.pattern || /^[gu]*$/.test(def.pattern.flags)) continue;
    jsonSchema['x-pattern'] = { source: def.pattern.source, flags: def.pattern.flags };
    delete jsonSchema['pattern'];
    names.add('regex');
  } // prettier-ignore
  if (names.size > 0) jsonSchema['x-validators'] = [...names];
}

function unknownTo(type: string, first: ZodNode | undefined): string | undefined {
  if (type === 'transform' || (type === 'pipe' && first?.['_zod'].def.type === 'transform')) return 'converted before it is validated'; // prettier-ignore
  return UNSAID.has(type) ? 'nothing that JSON holds, or checked by code of the application' : undefined;
}

const UNSAID = new Set(['custom', 'date', 'bigint', 'symbol', 'undefined', 'void', 'map', 'set', 'nan', 'file', 'promise']); // prettier-ignore

/** Checks that JSON Schema can express. */
const SAID = new Set([
  'min_length', 'max_length', 'length_equals', 'less_than', 'greater_than', 'multiple_of', 'number_format', 'string_format',
]); // prettier-ignore

function annotateArkType({ base, code }: { base: JsonSchema; code: string }): JsonSchema {
  const isLess = code === 'predicate' || code === 'patternIntersection';
  return isLess ? { ...base, 'x-validators': ['narrow'] } : { 'x-unknown': `what ArkType calls ${code}` };
}
