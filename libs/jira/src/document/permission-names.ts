// Who may call an action, by the names of the application's permissions and guards.

import 'reflect-metadata';
import { GUARDS_METADATA } from '../core/nest-internals.js';
import type { ActionOptions } from '../hooks/action.decorator.js';
import { PermissionComposition, type PermissionSpec } from '../policy/permissions/permission.js';

/** Names a permission: `IsOwner`, `or(IsOwner, HasRole)`. A function without a name is `a function`. */
export function permissionName(spec: PermissionSpec): string {
  if (spec instanceof PermissionComposition) return `${spec.kind}(${spec.parts.map(permissionName).join(', ')})`;
  if (typeof spec === 'function') return spec.name || 'a function';
  return spec.constructor.name || 'a permission';
}

/** The permissions and guards of an action, outermost first. */
export function whoMay(
  host: object,
  member: string,
  { permissions = [], replacePermissions }: Pick<ActionOptions, 'permissions' | 'replacePermissions'>,
  ofAll: readonly PermissionSpec[],
  ofHost: readonly PermissionSpec[],
): readonly string[] {
  const specs = [...ofAll, ...(replacePermissions ?? ofHost), ...permissions];
  const method = (host as Record<string, unknown>)[member];
  const guards = [host.constructor, method].flatMap((target) => guardsOf(target));
  return [...specs.map(permissionName), ...guards];
}

function guardsOf(target: unknown): string[] {
  if (typeof target !== 'function') return [];
  const guards = Reflect.getMetadata(GUARDS_METADATA, target) as readonly unknown[] | undefined;
  return (guards ?? []).map((guard) => (typeof guard === 'function' ? guard.name : ((guard as object).constructor.name ?? 'a guard'))); // prettier-ignore
}
