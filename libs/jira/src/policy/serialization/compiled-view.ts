// The part of class-transformer's work that most views need, decided once a class: copying exposed plain values.

import { createRequire } from 'node:module';
import { TransformationType } from 'class-transformer';
import type { Type } from '@nestjs/common';

// class-transformer keeps what its decorators said here; its index does not export it.
const { defaultMetadataStorage } = createRequire(import.meta.url)(
  'class-transformer/cjs/storage.js',
) as typeof import('class-transformer/types/storage.js');

/** Copies what the view exposes; `undefined` when a value needs class-transformer itself. */
export type Copier = (row: object) => Record<string, unknown> | undefined;

interface Exposed {
  readonly propertyName?: string;
  readonly options: { readonly name?: string };
}

/** Names of what a view sends, its groups left aside. */
export function exposedNames(output: Type<object>): string[] {
  const exposed = (defaultMetadataStorage.getExposedMetadatas as (target: object) => Exposed[])(output);
  return exposed.flatMap(({ propertyName, options }) => options.name ?? propertyName ?? []);
}

/**
 * `undefined` when the class says more than `@Expose()` on its fields: types, transforms, groups, names, versions,
 * getters, initial values, exclusions.
 */
export function copierOf(output: Type<object>): Copier | undefined {
  const exposed = (defaultMetadataStorage.getExposedMetadatas as (target: object) => Exposed[])(output);
  const names: string[] = [];
  for (const { propertyName, options } of exposed) {
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
  if (defaultMetadataStorage.getExcludedMetadatas(output).length > 0) return true;
  const instance = new output() as Record<string, unknown>;
  return names.some(
    (name) =>
      defaultMetadataStorage.findTypeMetadata(output, name) !== undefined ||
      isTransformed(output, name) ||
      instance[name] !== undefined ||
      isAccessor(output, name),
  );
}

function isTransformed(output: Type<object>, name: string): boolean {
  const kinds = [
    TransformationType.PLAIN_TO_CLASS,
    TransformationType.CLASS_TO_PLAIN,
    TransformationType.CLASS_TO_CLASS,
  ];
  return kinds.some((kind) => defaultMetadataStorage.findTransformMetadatas(output, name, kind).length > 0);
}

function isAccessor(output: Type<object>, name: string): boolean {
  for (let proto = output.prototype as object | null; proto; proto = Object.getPrototypeOf(proto) as object | null)
    if (Object.getOwnPropertyDescriptor(proto, name)?.get) return true;
  return false;
}
