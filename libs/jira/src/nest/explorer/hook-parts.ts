// Creates and checks the permissions, middleware, pagination and filter backends that options and hooks name.

import type { Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import type { FilterBackend, FilterBackendSpec } from '../../policy/filtering/filter-backend.js';
import type { MiddlewareSpec } from '../../hooks/base-hook.js';
import type { JiraMiddleware } from '../../policy/middleware/middleware.js';
import { inOrder } from '../../policy/middleware/order.js';
import type { Pagination } from '../../policy/pagination/pagination.js';
import { compose } from '../../policy/permissions/composition.js';
import { checkConstructorTypes } from './constructor-types.js';
import { Permission, PermissionComposition, type PermissionSpec } from '../../policy/permissions/permission.js';

/** Classes are created by the module's dependency injection, functions become permissions, and instances stay as they are. */
export function createPermissions(specs: readonly PermissionSpec[], moduleRef: ModuleRef): Promise<Permission[]> {
  return Promise.all(
    specs.map(async (spec) => {
      if (spec instanceof PermissionComposition)
        return compose(spec.kind, await createPermissions(spec.parts, moduleRef));
      if (typeof spec === 'function' && !isClass(spec)) {
        const hasPermission = spec as NonNullable<Permission['hasPermission']>;
        return Object.assign(new FunctionPermission(), { hasPermission });
      }
      // A permission without any of these methods would allow everything, so a misspelled one is refused.
      return created<Permission>(
        spec,
        'a permission',
        ['hasPermission', 'hasObjectPermission', 'canConnect'],
        moduleRef,
      );
    }),
  );
}

/** Creates middleware in the same way, and sorts it. */
export async function createMiddleware(
  specs: readonly MiddlewareSpec[],
  moduleRef: ModuleRef,
): Promise<JiraMiddleware[]> {
  const rings = await Promise.all(
    specs.map(async (spec) =>
      typeof spec === 'function' && !isClass(spec)
        ? { use: spec as JiraMiddleware['use'] }
        : created<JiraMiddleware>(spec, 'middleware', ['use'], moduleRef),
    ),
  );
  return inOrder(rings);
}

/** Creates filter backends in the same way. A function reads no query keys of its own. */
export function createFilterBackends(
  specs: readonly FilterBackendSpec[],
  moduleRef: ModuleRef,
): Promise<FilterBackend[]> {
  return Promise.all(
    specs.map(async (spec) =>
      typeof spec === 'function' && !isClass(spec)
        ? { queryKeys: [], filter: spec as FilterBackend['filter'] }
        : created<FilterBackend>(spec, 'a filter backend', ['filter'], moduleRef),
    ),
  );
}

/** Creates a pagination. @param type `null` for none, `undefined` for the fallback */
export async function createPagination(
  type: Type<Pagination> | null | undefined,
  fallback: Pagination | null,
  moduleRef: ModuleRef,
): Promise<Pagination | null> {
  if (!type) return type === null ? null : fallback;
  return created<Pagination>(type, 'pagination', ['paginate'], moduleRef);
}

/** @throws ConfigurationError if the object has none of these methods, or Nest cannot know the types of its constructor */
export async function created<T extends object>(
  spec: Type<object> | object,
  kind: string,
  methods: readonly string[],
  moduleRef: ModuleRef,
): Promise<T> {
  if (isClass(spec)) checkConstructorTypes(spec);
  const part: unknown = isClass(spec) ? await moduleRef.create(spec as Type<object>) : spec;
  const has = (name: string): boolean => typeof (part as Record<string, unknown> | null)?.[name] === 'function';
  if (typeof part === 'object' && methods.some(has)) return part as T;
  const subject =
    typeof part === 'object' && part ? part.constructor.name || 'A class without a name' : JSON.stringify(part);
  throw new ConfigurationError(subject, `is listed as ${kind}, but is not one.`, `Give it ${methods.map((name) => `${name}()`).join(' or ')}.`); // prettier-ignore
}

class FunctionPermission extends Permission {}

/** Classes have a read-only `prototype`; functions and arrows do not. */
function isClass(value: unknown): boolean {
  return typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false;
}
