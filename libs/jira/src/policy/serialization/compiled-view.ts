// The part of class-transformer's work that most views need, decided once a class: copying exposed plain values.

import type { Type } from '@nestjs/common';
import { excludesAny, exposedBy, isConverted } from './internals.js';

/** Copies what the view exposes; `undefined` when a value needs class-transformer itself. */
export type Copier = (row: object) => Record<string, unknown> | undefined;

/** Names of what a view sends, its groups left aside. */
export function exposedNames(output: Type<object>): string[] {
  return exposedBy(output).flatMap(({ propertyName, options }) => options.name ?? propertyName ?? []);
}

/**
 * `undefined` when the class says more than `@Expose()` on its fields: types, transforms, groups, names, versions,
 * getters, initial values, exclusions.
 */
export function copierOf(output: Type<object>): Copier | undefined {
  const names: string[] = [];
  for (const { propertyName, options } of exposedBy(output)) {
    if (propertyName === undefined || Object.keys(options).length > 0) return undefined;
    names.push(propertyName);
  }
  if (names.length === 0 || saysMore(output, names)) return undefined;
  return (row) => {
    const result: Record<string, unknown> = {};
    for (const name of names) {
      const value = (row as Record<string, unknown>)[name];
      if (typeof value === 'object' && value !== null && !(value instanceof Date)) return undefined;
      if (typeof value === 'function') return undefined;
      result[name] = value;
    }
    return result;
  };
}

function saysMore(output: Type<object>, names: readonly string[]): boolean {
  if (excludesAny(output)) return true;
  const instance = new output() as Record<string, unknown>;
  return names.some((name) => isConverted(output, name) || instance[name] !== undefined || isAccessor(output, name));
}

function isAccessor(output: Type<object>, name: string): boolean {
  for (let proto = output.prototype as object | null; proto; proto = Object.getPrototypeOf(proto) as object | null)
    if (Object.getOwnPropertyDescriptor(proto, name)?.get) return true;
  return false;
}
