// An overridden action keeps the metadata of its base: guards, roles, anything set on the method.

import 'reflect-metadata';
import { GUARDS_METADATA } from '../core/nest-internals.js';

type Method = (...args: never[]) => unknown;

/**
 * Nest reads metadata from the function alone, so an override would be open even if its base was guarded. This copies what the
 * override does not set itself. Guards are never dropped: an override can only add some.
 * It runs while the class is defined, because Nest collects the guards of methods before anything boots.
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

/** The nearest overridden method, with its inherited metadata: a base that is not marked as a hook has not copied it yet. */
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
