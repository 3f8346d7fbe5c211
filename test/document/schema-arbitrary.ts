// Values that a schema of the document allows, and mutations of them that it may not: by fast-check.

import fc from 'fast-check';
import { isRecord } from '../../libs/jira/src/core/support/is-record.js';

export type Schema = Readonly<Record<string, unknown>>;

/** @param resolve follows a `$ref` */
export function valuesOf(schema: Schema, resolve: (schema: Schema) => Schema, levels = 6): fc.Arbitrary<unknown> {
  const { type, anyOf, oneOf, allOf, examples, ...one } = resolve(schema);
  const choices = (anyOf ?? oneOf) as readonly Schema[] | undefined;
  // What is checked beyond the schema's words is taken from its examples: those are right.
  if (Array.isArray(examples)) return fc.constantFrom(...(examples as unknown[]));
  if ('const' in one) return fc.constant(one['const']);
  if (Array.isArray(one['enum'])) return fc.constantFrom(...(one['enum'] as unknown[]));
  if (choices)
    return fc.oneof(...choices.map((choice) => valuesOf({ ...one, ...resolve(choice) }, resolve, levels - 1)));
  if (Array.isArray(allOf)) return valuesOf(Object.assign({ type }, one, ...(allOf as Schema[]).map(resolve)) as Schema, resolve, levels - 1); // prettier-ignore
  const types = Array.isArray(type) ? (type as string[]) : [type as string | undefined];
  return fc.oneof(...types.map((name) => typed(name, one, resolve, levels)));
}

function typed(
  type: string | undefined,
  schema: Schema,
  resolve: (schema: Schema) => Schema,
  levels: number,
): fc.Arbitrary<unknown> {
  switch (type) {
    case 'string':
      return texts(schema);
    case 'integer':
      return fc.integer(bounds(schema, -1000, 1000));
    case 'number':
      return fc.double({ ...bounds(schema, -1e6, 1e6), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      if (levels <= 0) return fc.constant([]);
      return fc.array(valuesOf((schema['items'] as Schema | undefined) ?? {}, resolve, levels - 1), { minLength: (schema['minItems'] as number | undefined) ?? 0, maxLength: Math.min(4, (schema['maxItems'] as number | undefined) ?? 4) }); // prettier-ignore
    case 'object':
      return objects(schema, resolve, levels);
    default:
      // Objects with keys of these names are refused wherever they are.
      return fc
        .jsonValue({ maxDepth: 1 })
        .filter((value) => !/__proto__|constructor|prototype/.test(JSON.stringify(value)));
  }
}

function objects(schema: Schema, resolve: (schema: Schema) => Schema, levels: number): fc.Arbitrary<unknown> {
  const { properties = {}, required = [] } = schema;
  if (levels <= 0) return fc.constant({});
  const members = Object.entries(properties as Readonly<Record<string, Schema>>).map(
    ([name, one]) => [name, valuesOf(one, resolve, levels - 1)] as const,
  );
  return fc.record(Object.fromEntries(members), { requiredKeys: required as never[], noNullPrototype: true });
}

function texts({ pattern, minLength = 0, maxLength = 300 }: Schema): fc.Arbitrary<string> {
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern, 'u'));
  return fc.string({ minLength: minLength as number, maxLength: Math.min(maxLength as number, (minLength as number) + 20) }); // prettier-ignore
}

function bounds(
  { minimum, maximum, exclusiveMinimum }: Schema,
  least: number,
  most: number,
): { min: number; max: number } {
  const min =
    (minimum as number | undefined) ?? (exclusiveMinimum === undefined ? least : (exclusiveMinimum as number) + 1);
  return { min, max: Math.max(min, Math.min((maximum as number | undefined) ?? most, min + 2000)) };
}

const STRANGE = [null, '', ' ', 'text', 'x'.repeat(301), '0', '1', 'true', 0, -1, 1, 1.5, 1e9, true, false, [], [1], ['a', 'a'], {}, { a: 1 }]; // prettier-ignore

/** The values, most of them with one or two members replaced, removed or added. */
export function mutated(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const mutation = fc.record({ place: fc.nat(1000), kind: fc.constantFrom('set', 'set', 'remove', 'add'), value: fc.constantFrom(...STRANGE) }); // prettier-ignore
  return fc.tuple(values, fc.array(mutation, { maxLength: 2 })).map(([value, mutations]) => {
    // As it arrives: without what JSON lacks.
    const root = { value: JSON.parse(JSON.stringify(value ?? null)) as unknown };
    for (const { place, kind, value: drawn } of mutations) {
      const strange: unknown = structuredClone(drawn); // or the next mutation would change what is drawn
      const holders = placesIn(root);
      const at = holders[place % holders.length];
      if (!at) continue;
      const [holder, key] = at;
      if (kind === 'set') holder[key] = strange;
      else if (kind === 'remove' && !Array.isArray(holder) && holder !== root) delete holder[key];
      else if (kind === 'add' && isRecord(holder[key])) holder[key] = { ...holder[key], strange };
    }
    return root.value;
  });
}

type Holder = Record<string, unknown>;

function placesIn(value: unknown): (readonly [Holder, string])[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Holder;
  return Object.keys(holder).flatMap((key) => [[holder, key] as const, ...placesIn(holder[key])]);
}
