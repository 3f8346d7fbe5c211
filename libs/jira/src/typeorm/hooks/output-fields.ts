// Checks outputs at boot: refuses a view with a field that its rows do not have. Answers would silently lack that
// field.

import type { Type } from '@nestjs/common';
import type { EntityMetadata } from 'typeorm';
import type { ExpandFields } from '../expand/expansion.js';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { meant } from '../../core/support/nearest-name.js';
import { accessorOf, exposedProperties, typeOf } from '../../policy/serialization/compiled-view.js';
import { isTransformed } from '../../policy/serialization/internals.js';

type Overridable = 'serialize' | 'serializeAll' | 'getQuery' | 'getStore';

export interface Shower extends Readonly<Record<Overridable, unknown>> {
  readonly expandFields: ExpandFields;
  getOutput(): Type<object> | undefined;
}

/** A hook that overrides one of these may show anything, so its output is not checked. */
const SHOWN_BY: readonly Overridable[] = ['serialize', 'serializeAll', 'getQuery', 'getStore'];

/**
 * Checks the output of a hook.
 *
 * @param stock the prototype of hooks that override nothing
 * @param warn gets a message for each exposed relation that the hook's own answers never hold
 */
export function assertOutputOf(
  hook: Shower,
  metadata: EntityMetadata,
  stock: Shower,
  warn: (message: string) => void,
): void {
  const output = hook.getOutput();
  if (!output || !SHOWN_BY.every((name) => hook[name] === stock[name])) return;
  assertOutputFields(output, metadata, hook.constructor.name);
  for (const field of unloadedRelations(output, metadata, hook.expandFields))
    warn(
      `shows ${output.name}.${field}, a relation that is not loaded: only rows that an action loads with it hold it. List it in "expandFields", so that clients can ask for it, or make it eager.`,
    );
}

function unloadedRelations(
  output: Type<object>,
  { relations, target, afterLoadListeners }: EntityMetadata,
  expandFields: ExpandFields,
): string[] {
  const paths = Array.isArray(expandFields) ? (expandFields as readonly string[]) : Object.keys(expandFields);
  const expanded = new Set(paths.map((path) => path.split('.', 1)[0]));
  const unloaded = relations.filter(({ propertyName, isEager, isLazy }) => !isEager && !isLazy && !expanded.has(propertyName)); // prettier-ignore
  const names = new Set(unloaded.map(({ propertyName }) => propertyName));
  if (typeof target !== 'function' || afterLoadListeners.length > 0) return [];
  return exposedProperties(output).filter((field) => names.has(field) && !isComputed(output, field));
}

/**
 * Checks a view, and the views of related rows. Fields that a view computes (a getter, an initial value,
 * `@Transform()`) are accepted. An entity with `@AfterLoad()` is not checked: its rows may have any field.
 *
 * @throws ConfigurationError that names the field, and the property that was meant
 */
function assertOutputFields(
  output: Type<object>,
  metadata: EntityMetadata,
  subject: string,
  seen = new Set<Type<object>>(),
): void {
  if (seen.has(output)) return;
  seen.add(output);
  const known = propertiesOf(metadata);
  if (!known) return;
  for (const field of exposedProperties(output)) {
    if (!known.has(field) && !isComputed(output, field))
      throw new ConfigurationError(
        subject,
        `shows ${output.name}.${field}, which ${metadata.name} does not have.`,
        `${meant(field, [...known])} If the view computes it, make it a getter or give it a @Transform().`,
      );
    const related = metadata.relations.find(({ propertyName }) => propertyName === field)?.inverseEntityMetadata;
    const type = related && typeOf(output, field);
    if (type) assertOutputFields(type, related, subject, seen);
  }
}

/** The properties that a row of the entity may have; undefined if that is unknown. */
function propertiesOf(metadata: EntityMetadata): ReadonlySet<string> | undefined {
  const { afterLoadListeners, columns, relations, embeddeds, relationIds, childEntityMetadatas } = metadata;
  if (typeof metadata.target !== 'function' || afterLoadListeners.length > 0) return undefined;
  const names = [...columns, ...relations, ...embeddeds].map(({ propertyPath }) => propertyPath.split('.', 1)[0] ?? '');
  for (const { propertyName } of relationIds) names.push(propertyName);
  for (const child of childEntityMetadatas) {
    const own = propertiesOf(child);
    if (!own) return undefined;
    names.push(...own);
  }
  return new Set([...names, ...membersOf(metadata)]);
}

/** Getters, methods and fields with an initial value. */
function membersOf(metadata: EntityMetadata): string[] {
  const row = metadata.create() as object;
  const names = Object.keys(row);
  for (
    let one = Object.getPrototypeOf(row) as object | null;
    one && one !== Object.prototype;
    one = Object.getPrototypeOf(one) as object | null
  )
    names.push(...Object.getOwnPropertyNames(one).filter((name) => name !== 'constructor'));
  return names;
}

function isComputed(output: Type<object>, field: string): boolean {
  return (
    isTransformed(output, field) ||
    accessorOf(output.prototype as object, field) !== undefined ||
    typeof (output.prototype as Record<string, unknown>)[field] === 'function' ||
    (new output() as Record<string, unknown>)[field] !== undefined
  );
}
