// The schema of an output view: what `@Expose()` shows of a row, by its column or by its declared type.

import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { accessorOf, typeOf } from '../policy/serialization/compiled-view.js';
import { exposedBy, isExcluded, isTransformed, typeSaid } from '../policy/serialization/internals.js';
import type { ColumnFact, RowFacts } from '../typeorm/hooks/row-facts.js';
import type { Components } from './components.js';
import { shownValue } from './field-schema.js';
import { annotationsOf } from './swagger.js';
import { anyOf, listOf, NULL, orNull, unknown, type Schema } from './schema.js';

interface ShownField {
  readonly schema: Schema;
  /** Whether every row shows it. */
  readonly isAlways: boolean;
}

/** A reference to the schema of the view, for rows with these facts. */
export function viewSchema(output: Type<object>, rows: RowFacts | undefined, components: Components): Schema {
  // The same view may show rows of several entities, each with columns of its own.
  return components.ref(output, rows, output.name, () => objectSchema(output, rows, components));
}

function objectSchema(output: Type<object>, rows: RowFacts | undefined, components: Components): Schema {
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  for (const { propertyName, options } of exposedBy(output)) {
    if (propertyName === undefined || (options.groups ?? []).length > 0) continue;
    const name = options.name ?? propertyName;
    const { schema, isAlways } = fieldOf(output, propertyName, rows, components);
    properties[name] = annotationsOf(output, propertyName, schema);
    if (isAlways) required.push(name);
  }
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

function fieldOf(
  output: Type<object>,
  property: string,
  rows: RowFacts | undefined,
  components: Components,
): ShownField {
  if (isExcluded(output, property)) return { schema: unknown('excluded, or not'), isAlways: false };
  if (isTransformed(output, property)) return { schema: unknown('computed by @Transform()'), isAlways: false };
  const nested = typeOf(output, property);
  if (nested) return nestedField(nested, property, rows, components);
  if (typeSaid(output, property) !== undefined) return { schema: unknown('of a class that the value decides'), isAlways: false }; // prettier-ignore
  const isComputed = accessorOf(output.prototype as object, property) !== undefined || initialOf(output, property) !== undefined; // prettier-ignore
  const fact = isComputed ? undefined : rows?.of(property);
  if (fact?.kind === 'column') return { schema: columnSchema(fact), isAlways: fact.isSelected };
  return { schema: declaredSchema(output, property), isAlways: false };
}

function nestedField(
  nested: Type<object>,
  property: string,
  rows: RowFacts | undefined,
  components: Components,
): ShownField {
  const fact = rows?.of(property);
  if (fact?.kind === 'relation') {
    const one = viewSchema(nested, fact.rows, components);
    // The stock query does not read it: it is there only if the application's query joins it.
    return { schema: fact.isMany ? listOf(one) : orNull(one), isAlways: false };
  }
  const one = viewSchema(nested, undefined, components);
  return { schema: anyOf(one, listOf(one), NULL), isAlways: false };
}

function columnSchema({ type, form }: ColumnFact): Schema {
  if (form === undefined) return shownValue(type);
  const schema = { json: unknown('the column holds any JSON'), texts: listOf({ type: 'string' }), bytes: { type: 'string', contentEncoding: 'base64' } }[form]; // prettier-ignore
  return type.isNullable ? orNull(schema) : schema;
}

const DECLARED: readonly (readonly [unknown, Schema])[] = [
  [String, { type: ['string', 'null'] }],
  [Number, { type: ['number', 'null'] }],
  [Boolean, { type: ['boolean', 'null'] }],
  [Date, { type: ['string', 'null'], format: 'date-time' }],
];

/** The property's type as the compiler emitted it. That leaves `null` out, so the value may also be `null`. */
function declaredSchema(output: Type<object>, property: string): Schema {
  const type: unknown = Reflect.getMetadata('design:type', output.prototype as object, property);
  return DECLARED.find(([one]) => one === type)?.[1] ?? unknown('no column, and no type that the compiler wrote down');
}

function initialOf(output: Type<object>, property: string): unknown {
  try {
    return (new output() as Record<string, unknown>)[property];
  } catch {
    return undefined;
  }
}
