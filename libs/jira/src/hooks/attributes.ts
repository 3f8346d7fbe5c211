// Misspelled configuration of a hook: it would be ignored in silence, and leave the hook open.

import { ConfigurationError } from '../core/errors/configuration.error.js';
import { isStandardSchema } from '../core/support/standard-schema.js';
import { nearestName } from '../core/support/nearest-name.js';
import { actionsOf } from './action.decorator.js';
import type { BaseHook } from './base-hook.js';
import { GenericHook } from './generic-hook.js';

/** Of every hook. */
const NAMES_OF_ALL: readonly string[] = ['permissions', 'middleware', 'onRegister', 'processHandshake', 'checkObjectPermissions']; // prettier-ignore

/** Of hooks over a store. */
const NAMES_OF_ROWS: readonly string[] = [
  'output', 'createInput', 'updateInput', 'createGroups', 'updateGroups', 'lookupField', 'lookupQueryKey', 'filterFields',
  'orderingFields', 'ordering', 'searchFields', 'unrestrictedFields', 'queryWeights', 'filterBackends', 'pagination', 'pageSize',
  'filterQuery', 'serialize', 'serializesPerUser', 'performCreate', 'performUpdate', 'performDestroy',
]; // prettier-ignore

/** Of hooks over an entity. */
const NAMES_OF_ENTITIES: readonly string[] = ['entity', 'withDeleted', 'dependsOn', 'expandFields', 'visibility', 'audience']; // prettier-ignore

/**
 * A property or method that is all but named as one of the hook's attributes is taken for a slip. Services, observers and
 * other instances of classes are the application's own, whatever their names; so are actions.
 *
 * @throws ConfigurationError with the name that was meant
 */
export function assertAttributes(hook: BaseHook): void {
  const known = namesOf(hook);
  const actions = new Set(actionsOf(hook).map(({ member }) => member));
  for (const [name, value] of Object.entries(hook))
    if (mayConfigure(value) && !(name in Object.prototype))
      assertName(hook, name, known, nearestName(name, known, isMethod(value) ? 1 : 2));
  for (const name of methodsOf(hook))
    // `getRows` beside `getRow` is a helper; `serialise` is not.
    if (!actions.has(name) && !known.some((one) => name === `${one}s`))
      assertName(hook, name, known, nearestName(name, known, 1));
}

/** The names that configure this hook: attributes, and the methods that decide who sees and writes what. */
function namesOf(hook: BaseHook): readonly string[] {
  return [
    ...NAMES_OF_ALL,
    ...(hook instanceof GenericHook ? NAMES_OF_ROWS : []),
    ...('visibility' in hook || 'getQuery' in hook ? NAMES_OF_ENTITIES : []),
  ];
}

function assertName(hook: BaseHook, name: string, known: readonly string[], nearest: string | undefined): void {
  if (nearest === undefined || known.includes(name)) return;
  throw new ConfigurationError(
    hook.constructor.name,
    `has "${name}", which no hook reads.`,
    `Did you mean "${nearest}"? If it is your own property, rename it.`,
  );
}

/** Arrays, plain objects, classes, schemas, texts, numbers: what attributes are set to. */
function mayConfigure(value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isStandardSchema(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isMethod(value: unknown): boolean {
  return typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable !== false;
}

/** Members of the hook's classes; those of Object left out. */
function methodsOf(hook: object): Set<string> {
  const names = new Set<string>();
  for (
    let one = Object.getPrototypeOf(hook) as object;
    one !== Object.prototype;
    one = Object.getPrototypeOf(one) as object
  )
    for (const name of Object.getOwnPropertyNames(one)) if (name !== 'constructor') names.add(name);
  return names;
}
