// The schema of an input that is a Standard Schema: the JSON Schema of its library, as a component of the document.

import type { StandardSchema } from '../core/support/standard-schema.js';
import { isRecord } from '../core/support/is-record.js';
import { schemaFor } from '../policy/serialization/schema-input.js';
import { declaredNames, jsonSchemaOf } from '../policy/serialization/schema-json.js';
import type { Components } from './components.js';
import { unknown, type Schema } from './schema.js';

export interface StandardUse {
  readonly isPartial: boolean;
  /** Whether undeclared keys are refused, even if the schema accepts them. */
  readonly isRow: boolean;
  /** Name of the component, unless the schema has a title. */
  readonly name: string;
}

/** A reference to the schema that validates the input: for create, or for a PATCH. */
export function standardInput(schema: StandardSchema, given: StandardUse, components: Components): Schema {
  const form = schemaFor(schema, given.isPartial);
  // A schema without a partial form is used as it is.
  const use = { ...given, isPartial: form !== schemaFor(schema, false) };
  const json = jsonSchemaOf(form);
  if (!json) return unsaid(schema);
  const { title } = json;
  const name = `${typeof title === 'string' ? title : use.name}${use.isPartial ? '.partial' : ''}`;
  return components.ref(schema, `input ${use.isPartial}`, name, () => lifted(json, { schema, ...use, name }, components)); // prettier-ignore
}

/** The names of the fields may be known even without a JSON Schema. */
function unsaid(schema: StandardSchema): Schema {
  const reason = `a schema of ${schema['~standard'].vendor} that offers no JSON Schema`;
  const names = [...(declaredNames(schema) ?? [])];
  if (names.length === 0) return unknown(reason);
  return { type: 'object', properties: Object.fromEntries(names.map((name) => [name, unknown(reason)])) };
}

/** Turns definitions into components of their own, because references point into the whole document. */
function lifted(
  { definitions, $defs, id: _id, $id: _$id, ...json }: Schema,
  { schema, isPartial, isRow, name }: StandardUse & { readonly schema: StandardSchema },
  components: Components,
): Schema {
  const parts = { ...(definitions as object | undefined), ...($defs as object | undefined) } as Readonly<Record<string, Schema>>; // prettier-ignore
  const refer = (pointer: string): Schema => {
    if (pointer === '#') return components.ref(schema, `input ${isPartial}`, name, () => json);
    const part = /^#\/(?:definitions|\$defs)\/([^/]+)$/.exec(pointer)?.[1];
    const found = part === undefined ? undefined : parts[decodeURIComponent(part)];
    if (!found) return unknown(`refers to ${pointer}`);
    const { id: _partId, $id: _$partId, ...own } = found;
    return components.ref(schema, `part ${isPartial} ${part}`, `${name}.${part}`, () => withRefs(own, refer));
  };
  const { additionalProperties } = json;
  const isOpen = additionalProperties !== undefined && additionalProperties !== false;
  return withRefs({ ...json, ...(isRow && isOpen && { additionalProperties: false }) }, refer);
}

function withRefs(schema: Schema, refer: (pointer: string) => Schema): Schema {
  const { $ref } = schema;
  if (typeof $ref === 'string') return { ...without(schema, '$ref'), ...refer($ref) };
  return Object.fromEntries(Object.entries(schema).map(([keyword, value]) => [keyword, within(keyword, value, refer)]));
}

/** Replaces references in the value of a keyword: a schema, a list of schemas, or schemas by name. */
function within(keyword: string, value: unknown, refer: (pointer: string) => Schema): unknown {
  if (DATA.has(keyword)) return value;
  if (Array.isArray(value)) return value.map((one: unknown) => (isRecord(one) ? withRefs(one, refer) : one));
  if (!isRecord(value)) return value;
  if (!BY_NAME.has(keyword)) return withRefs(value, refer);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, isRecord(one) ? withRefs(one, refer) : one])); // prettier-ignore
}

const DATA = new Set(['const', 'enum', 'default', 'examples', 'x-pattern', 'x-validators']);
const BY_NAME = new Set(['properties', 'patternProperties', 'dependencies']);

function without(schema: Schema, keyword: string): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([one]) => one !== keyword));
}
