// From a request's `data` to what a Standard Schema returns, or field errors in the same form as those of class-validator.

import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { ValidationException } from '../../core/errors/jira.exception.js';
import { isRecord } from '../../core/support/is-record.js';
import { isStandardSchema, type SchemaIssue, type StandardSchema } from '../../core/support/standard-schema.js';
import { declaredNames } from './schema-json.js';

export interface SchemaUse {
  /** Whether fields may be absent, as in a PATCH. */
  readonly isPartial?: boolean;
  /** Whether the fields are those of a row: undeclared keys are then refused, even if the schema accepts them. */
  readonly isRow?: boolean;
}

/** @throws ValidationException that names every invalid field */
export async function validateBySchema(schema: StandardSchema, data: unknown, use: SchemaUse): Promise<object> {
  const { isPartial = false, isRow = false } = use;
  if (isRow && !isRecord(data)) throw new ValidationException({ '': ['Must be an object.'] });
  const result = await schemaFor(schema, isPartial)['~standard'].validate(data);
  if (result.issues) throw new ValidationException(faultsOf(result.issues));
  const { value } = result;
  // The input of an action that sets no row may be any value that its schema accepts.
  if (!isRow || !isRecord(value)) return value as object;
  const sent = data as object;
  const { names } = formsOf(schema);
  refuseUndeclared(names, sent, value);
  if (!isPartial) return value;
  // A default is the value of a new row, not of a field that a PATCH leaves out.
  return Object.fromEntries(Object.entries(value).filter(([name]) => Object.hasOwn(sent, name) || !names.has(name)));
}

function refuseUndeclared(names: ReadonlySet<string>, sent: object, value: object): void {
  const strange = Object.keys(value).filter((name) => Object.hasOwn(sent, name) && !names.has(name));
  if (strange.length > 0)
    throw new ValidationException(Object.fromEntries(strange.map((name) => [name, [`property ${name} should not exist`]]))); // prettier-ignore
}

/** Messages by dotted path; those about the whole input are under the empty name. */
function faultsOf(issues: readonly SchemaIssue[]): Record<string, string[]> {
  const faults = new Map<string, string[]>();
  for (const issue of issues)
    for (const path of pathsOf(issue)) faults.set(path, [...(faults.get(path) ?? []), issue.message]);
  return Object.fromEntries(faults);
}

/** Zod names unrecognized keys beside the path of the object that has them. */
function pathsOf({ path = [], ...issue }: SchemaIssue & { readonly keys?: unknown }): string[] {
  const names = path.map((part) => String(typeof part === 'object' ? part.key : part));
  const keys = Array.isArray(issue.keys) ? issue.keys.filter((key) => typeof key === 'string') : [];
  return keys.length === 0 ? [names.join('.')] : keys.map((key) => [...names, key].join('.'));
}

interface Forms {
  readonly whole: StandardSchema;
  /** The result of the library's own `.partial()`; `undefined` if it has none. */
  readonly partial: StandardSchema | undefined;
  /** The fields that clients may send; empty if they cannot be known. */
  readonly names: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();
const FORMS = new WeakMap<StandardSchema, Forms>();

function formsOf(schema: StandardSchema): Forms {
  const known = FORMS.get(schema);
  if (known) return known;
  const partial = derived(schema, 'partial');
  const forms = { whole: closed(schema), partial: partial && closed(partial), names: declaredNames(schema) ?? NONE };
  FORMS.set(schema, forms);
  return forms;
}

/** The schema that validates a request: without undeclared keys, and for a PATCH with all fields optional. */
export function schemaFor(schema: StandardSchema, isPartial: boolean): StandardSchema {
  const { whole, partial = whole } = formsOf(schema);
  return isPartial ? partial : whole;
}

/** ArkType lets undeclared keys pass unless it is told otherwise; other libraries drop them. */
function closed(schema: StandardSchema): StandardSchema {
  if (schema['~standard'].vendor !== 'arktype') return schema;
  return derived(schema, 'onDeepUndeclaredKey', 'reject') ?? schema;
}

function derived(schema: StandardSchema, method: string, ...args: readonly unknown[]): StandardSchema | undefined {
  const make = (schema as unknown as Record<string, unknown>)[method];
  if (typeof make !== 'function') return undefined;
  try {
    const made: unknown = make.apply(schema, args);
    return isStandardSchema(made) ? made : undefined;
  } catch {
    return undefined; // a schema with refinements or conversions may have no partial form
  }
}

export interface RowSchemas {
  readonly createInput?: unknown;
  readonly updateInput?: unknown;
  /** Whether `updateInput` is the hook's own, rather than its `createInput`. */
  readonly hasUpdateInput: boolean;
  readonly canUpdate: boolean;
}

/** @throws ConfigurationError if the fields of a row's schema cannot be known, or a PATCH would need all of them */
export function checkRowSchemas(subject: string, schemas: RowSchemas): void {
  const { createInput, updateInput, hasUpdateInput, canUpdate } = schemas;
  for (const [attribute, schema] of Object.entries({ createInput, updateInput })) {
    if (!isStandardSchema(schema) || formsOf(schema).names.size > 0) continue;
    throw new ConfigurationError(
      subject,
      `has "${attribute}", a schema of ${schema['~standard'].vendor} that does not say which fields it declares.`,
      'Use an object schema that names its fields, or one that offers its JSON Schema (https://standardschema.dev/json-schema).',
    );
  }
  if (!canUpdate || hasUpdateInput || !isStandardSchema(updateInput) || formsOf(updateInput).partial) return;
  throw new ConfigurationError(
    subject,
    `takes PATCH by its "createInput", a schema of ${updateInput['~standard'].vendor} that has no partial form.`,
    'Set "updateInput" to a schema whose fields are optional.',
  );
}
