// Everything of class-transformer that its index does not export, and why it is needed. No other file reaches behind its index.

import { createRequire } from 'node:module';
import type { Type } from '@nestjs/common';
import { Expose, TransformationType } from 'class-transformer';
import { assertMembers, hasMethod, type PrivateMember } from '../../core/support/private-members.js';

/** The versions whose private members were tested; 0.6 may move the file. */
const VERSIONS = '^0.5.1';

export interface Exposed {
  readonly propertyName?: string;
  readonly options: { readonly name?: string; readonly groups?: readonly string[] };
}

/** What `@Type()` stored. */
export interface TypeSaid {
  readonly typeFunction?: () => unknown;
  readonly options?: { readonly discriminator?: unknown };
}

interface Storage {
  getExposedMetadatas(target: object): Exposed[];
  getExcludedMetadatas(target: object): { readonly propertyName?: string }[];
  findTypeMetadata(target: object, name: string): TypeSaid | undefined;
  findTransformMetadatas(target: object, name: string, kind: TransformationType): unknown[];
}

// CommonJS, by its path: the package has no ESM entry for Node, and its index does not export the storage.
const { defaultMetadataStorage: storage } = createRequire(import.meta.url)('class-transformer/cjs/storage.js') as {
  defaultMetadataStorage: Storage;
};

/** What `@Expose()` stored, in the class and its bases. */
export function exposedBy(view: Type<object>): Exposed[] {
  return storage.getExposedMetadatas(view);
}

export function isExcluded(view: Type<object>, name: string): boolean {
  return storage.getExcludedMetadatas(view).some(({ propertyName }) => propertyName === name);
}

export function typeSaid(view: Type<object>, name: string): TypeSaid | undefined {
  return storage.findTypeMetadata(view, name);
}

/** Whether the field has a `@Transform()`. */
export function isTransformed(view: Type<object>, name: string): boolean {
  return KINDS.some((kind) => storage.findTransformMetadatas(view, name, kind).length > 0);
}

const KINDS = [TransformationType.PLAIN_TO_CLASS, TransformationType.CLASS_TO_PLAIN, TransformationType.CLASS_TO_CLASS];

const METHODS = ['getExposedMetadatas', 'getExcludedMetadatas', 'findTypeMetadata', 'findTransformMetadatas'] as const;
const MEMBERS: readonly PrivateMember<unknown>[] = [
  ...METHODS.map((name) => ({ name: `MetadataStorage.${name}`, isThere: () => hasMethod(storage, name) })),
  { name: 'defaultMetadataStorage', isThere: () => exposedBy(Probe).length === 1 },
];

class Probe {
  // A second copy of the package would store this elsewhere.
  @Expose() field: unknown;
}

/** @throws ConfigurationError that names the member that the installed class-transformer lacks */
export function assertClassTransformer(): void {
  assertMembers('class-transformer', VERSIONS, MEMBERS, undefined);
}
