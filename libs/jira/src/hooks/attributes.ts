// Refuses misspelled configuration of a hook: ignored silently, it would leave the hook open.

import { ConfigurationError } from '../core/errors/configuration.error.js';
import { isStandardSchema } from '../core/support/standard-schema.js';
import { nearestName } from '../core/support/nearest-name.js';
import { Permission, PermissionComposition } from '../policy/permissions/permission.js';
import { actionsOf } from './action.decorator.js';
import type { BaseHook } from './base-hook.js';
import { GenericHook } from './generic-hook.js';

/** Attributes of every hook. */
const NAMES_OF_ALL: readonly string[] = ['permissions', 'middleware', 'onRegister', 'processHandshake', 'checkObjectPermissions']; // prettier-ignore

/** Attributes of hooks over a store. */
const NAMES_OF_ROWS: readonly string[] = [
  'output', 'createInput', 'updateInput', 'createGroups', 'updateGroups', 'lookupField', 'lookupQueryKey', 'filterFields',
  'orderingFields', 'ordering', 'searchFields', 'unrestrictedFields', 'queryWeights', 'filterBackends', 'pagination', 'pageSize',
  'filterQuery', 'serialize', 'serializesPerUser', 'performCreate', 'performUpdate', 'performDestroy',
]; // prettier-ignore

/** Attributes of hooks over an entity. */
const NAMES_OF_ENTITIES: readonly string[] = ['entity', 'withDeleted', 'dependsOn', 'expandFields', 'visibility', 'audience']; // prettier-ignore

/** Names from other frameworks: out of habit, someone may write them, and they would restrict nothing here. */
const FOREIGN: Readonly<Record<string, string>> = {
  permissionClasses: 'permissions', getPermissions: 'permissions', guards: 'permissions', canActivate: 'permissions',
  queryset: 'getQuery', getQueryset: 'getQuery', filterQueryset: 'filterQuery', filtersetFields: 'filterFields',
  filterableFields: 'filterFields', sortFields: 'orderingFields', sortableFields: 'orderingFields',
  searchableFields: 'searchFields', expandableFields: 'expandFields', serializerClass: 'output',
  createDto: 'createInput', updateDto: 'updateInput', paginationClass: 'pagination', perPage: 'pageSize',
  lookupUrlKwarg: 'lookupQueryKey',
}; // prettier-ignore
const FOREIGN_NAMES = Object.keys(FOREIGN);

/** The kinds of attributes for which a value of another kind might count as unset. */
const LISTS: readonly string[] = [
  'permissions', 'middleware', 'filterBackends', 'orderingFields', 'ordering', 'searchFields', 'unrestrictedFields',
  'createGroups', 'updateGroups', 'dependsOn',
]; // prettier-ignore
const METHODS: readonly string[] = [
  'onRegister', 'processHandshake', 'checkObjectPermissions', 'filterQuery', 'serialize', 'performCreate', 'performUpdate',
  'performDestroy', 'visibility', 'audience',
]; // prettier-ignore

/**
 * Refuses a property or a method whose name is almost that of an attribute. Services, observers, other instances of classes and
 * actions may have any name.
 *
 * @throws ConfigurationError with the name that was meant
 */
export function assertAttributes(hook: BaseHook): void {
  const known = namesOf(hook);
  const actions = new Set(actionsOf(hook).map(({ member }) => member));
  assertNoStatic(hook, known);
  for (const name of known) assertKind(hook, name);
  for (const [name, value] of Object.entries(hook))
    if (mayConfigure(value) && !(name in Object.prototype))
      assertName(hook, name, known, meantBy(name, known, isMethod(value) ? 1 : 2));
  for (const [name, isGetter] of membersOf(hook))
    // `getRows` beside `getRow` is a helper; `serialise` is not.
    if (!actions.has(name) && !known.some((one) => name === `${one}s`))
      assertName(hook, name, known, meantBy(name, known, isGetter ? 2 : 1));
  for (const [name, value] of Object.entries(hook)) if (!known.includes(name)) assertNoParts(hook, name, value);
}

function meantBy(name: string, known: readonly string[], maxSlips: number): string | undefined {
  const foreign = FOREIGN[nearestName(name, FOREIGN_NAMES, 0) ?? ''];
  const isRead =
    foreign !== undefined && (known.includes(foreign) || (foreign === 'getQuery' && known.includes('entity')));
  return isRead ? foreign : nearestName(name, known, maxSlips);
}

/** A hook is configured by its instance. */
function assertNoStatic(hook: BaseHook, known: readonly string[]): void {
  for (let type: unknown = hook.constructor; typeof type === 'function'; type = Object.getPrototypeOf(type))
    for (const name of Object.getOwnPropertyNames(type)) {
      const meant = known.includes(name) ? name : nearestName(name, known, 1);
      if (meant !== undefined)
        throw new ConfigurationError(hook.constructor.name, `has a static "${name}", which no hook reads.`, `Declare "${meant}" without "static".`); // prettier-ignore
    }
}

/** @throws ConfigurationError if the attribute has the wrong kind, and so might restrict nothing */
function assertKind(hook: BaseHook, name: string): void {
  if (!(name in hook)) return;
  const value: unknown = Reflect.get(hook, name);
  if (LISTS.includes(name) && !Array.isArray(value))
    throw new ConfigurationError(hook.constructor.name, `has "${name}", which is not an array.`, 'Set it to an array.');
  const isUnset = value === undefined && !(name in (Object.getPrototypeOf(hook) as object));
  if (METHODS.includes(name) && typeof value !== 'function' && !isUnset)
    throw new ConfigurationError(hook.constructor.name, `has "${name}", which is not a method.`, `Write it as a method: ${name}() { … }.`); // prettier-ignore
}

/** Refuses permissions, middleware and the like in a list that no hook reads, such as `guards = [IsAdmin]`. */
function assertNoParts(hook: BaseHook, name: string, value: unknown): void {
  if (Array.isArray(value) && value.length > 0 && value.every(isPart))
    throw new ConfigurationError(
      hook.constructor.name,
      `has "${name}", a list of classes or functions that no hook reads.`,
      'Set "permissions", "middleware" or "filterBackends"; keep a list of your own outside of the class.',
    );
}

function isPart(value: unknown): boolean {
  return typeof value === 'function' || value instanceof Permission || value instanceof PermissionComposition;
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

/** Whether an attribute may have such a value: arrays, plain objects, classes, schemas, strings, numbers. */
function mayConfigure(value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isStandardSchema(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isMethod(value: unknown): boolean {
  return typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable !== false;
}

/** Members of the hook's classes, without those of Object, and whether each is a getter. */
function membersOf(hook: object): Map<string, boolean> {
  const names = new Map<string, boolean>();
  for (
    let one = Object.getPrototypeOf(hook) as object;
    one !== Object.prototype;
    one = Object.getPrototypeOf(one) as object
  )
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(one)))
      if (name !== 'constructor') names.set(name, descriptor.get !== undefined);
  return names;
}
