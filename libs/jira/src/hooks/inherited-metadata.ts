// An overridden action keeps the metadata of its base: guards, roles, anything set on the method.

import 'reflect-metadata';
import { GUARDS_METADATA } from '../core/nest-internals.js';

type Method = (...args: never[]) => unknown;

/**
 * Nest reads metadata off the function alone, so an override would be open where its base was guarded. Copies what the
 * override does not say itself; guards are never dropped, an override can only add some.
 * Runs while the class is being defined: Nest collects guards of methods before anything boots.
 */
export function inheritMethodMetadata(prototype: object): void {
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const own = methodOf(prototype, name);
    const base = own && baseMethod(prototype, name);
    if (!own || !base || name === 'constructor') continue;
    for (const key of Reflect.getMetadataKeys(base) as unknown[]) {
      const inherited: unknown = Reflect.getMetadata(key, base);
      if (!Reflect.hasMetadata(key, own)) Reflect.defineMetadata(key, inherited, own);
      else if (key === GUARDS_METADATA) {
        const guards = [...(inherited as unknown[]), ...(Reflect.getMetadata(key, own) as unknown[])];
        Reflect.defineMetadata(key, [...new Set(guards)], own);
      }
    }
  }
}

/** The nearest overridden method. It may never have been copied to itself: bases need not be marked as hooks. */
function baseMethod(prototype: object, name: string): Method | undefined {
  const parent = Object.getPrototypeOf(prototype) as object | null;
  if (!parent || parent === Object.prototype) return undefined;
  if (!Object.hasOwn(parent, name)) return baseMethod(parent, name);
  inheritMethodMetadata(parent);
  return methodOf(parent, name);
}

function methodOf(prototype: object, name: string): Method | undefined {
  const value: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
  return typeof value === 'function' ? (value as Method) : undefined;
}
