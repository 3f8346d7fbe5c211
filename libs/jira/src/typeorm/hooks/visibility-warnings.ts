// Warnings about a hook's visibility, logged at boot.

import type { HookContext } from '../../hooks/base-hook.js';

export interface WarnedHook {
  readonly dependsOn: readonly unknown[];
  readonly visibility: (...args: never[]) => unknown;
}

/** @param isStock whether the hook has the visibility of its base class, which shows all rows */
export function warnOfVisibility(hook: WarnedHook, isStock: boolean, context: HookContext): void {
  if (isStock && context.permissions.some((permission) => permission.hasObjectPermission !== undefined))
    context.warn('has object permissions but no visibility, so its lists show every row. Override visibility().');
  if (hook.dependsOn.length === 0 && hook.visibility.constructor.name === 'AsyncFunction')
    context.warn('has an asynchronous visibility and no dependsOn: changes of the rows that it looks up take effect only within visibilityTtlMs. Name their entities in dependsOn.'); // prettier-ignore
}
