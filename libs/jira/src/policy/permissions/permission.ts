// Permissions: checked at the handshake, for each request and for each object.

import type { Type } from '@nestjs/common';
import { JiraException } from '../../core/errors/jira.exception.js';
import type { Connection } from '../../core/connections/connection.js';
import { ruleFor } from '../../core/scope/anonymous.js';
import type { HookScope } from '../../core/scope/scope.js';

/** Whether something is allowed. */
export type Verdict = boolean | Promise<boolean>;

/** A rule that allows or refuses a connection, a request or an object. Each method is optional; a missing method allows. */
export abstract class Permission {
  /** Message of a refusal. @default a general one */
  readonly message?: string;
  /** Code of a refusal. @default PERMISSION_DENIED, or UNAUTHENTICATED for an anonymous caller */
  readonly code?: string;

  /** Checked at the handshake, and only for global permissions, because a connection serves all hooks. */
  canConnect?(connection: Connection): Verdict;
  /** Checked before each request. */
  hasPermission?(scope: HookScope): Verdict;
  /** Checked for each object that is retrieved, updated, destroyed or used by a detail action, and for each announced row. */
  hasObjectPermission?(scope: HookScope, object: object): Verdict;
}

/** The result of `and()`, `or()` or `not()`. Its parts are created at boot, in the hook's module. */
export class PermissionComposition {
  constructor(
    readonly kind: 'and' | 'or' | 'not',
    readonly parts: readonly PermissionSpec[],
  ) {}
}

/**
 * A permission class (created by dependency injection in the hook's module), an instance, a function that serves as
 * `hasPermission`, or a composition of these with `and()`, `or()` and `not()`.
 */
export type PermissionSpec = Type<Permission> | Permission | ((scope: HookScope) => Verdict) | PermissionComposition;

/** Throws unless every permission allows the connection. */
export async function checkConnection(permissions: readonly Permission[], connection: Connection): Promise<void> {
  for (const permission of permissions) {
    if (permission.canConnect && !(await ruleFor(connection, () => permission.canConnect?.(connection) ?? true)))
      throw refusal(permission, connection.user !== null);
  }
}

/** Throws unless every permission allows the request. Returns `undefined` if none was asynchronous: there is nothing to await. */
export function checkRequest(permissions: readonly Permission[], scope: HookScope): Promise<void> | void {
  return ruleFor(scope, () => checkEach(permissions, scope));
}

function checkEach(permissions: readonly Permission[], scope: HookScope): Promise<void> | void {
  for (let i = 0; i < permissions.length; i++) {
    const permission = permissions[i];
    const verdict = permission.hasPermission?.(scope) ?? true;
    if (verdict === true) continue;
    if (verdict === false) throw refusal(permission, scope.user !== null);
    return verdict.then((isAllowed) => {
      if (!isAllowed) throw refusal(permission, scope.user !== null);
      return checkEach(permissions.slice(i + 1), scope);
    });
  }
}

/** Throws unless every permission allows the object. */
export async function checkObject(permissions: readonly Permission[], scope: HookScope, object: object): Promise<void> {
  for (const permission of permissions) {
    if (!(await ruleFor(scope, () => permission.hasObjectPermission?.(scope, object) ?? true)))
      throw refusal(permission, scope.user !== null);
  }
}

function refusal(permission: Permission, isKnown: boolean): JiraException {
  const code = permission.code ?? (isKnown ? 'PERMISSION_DENIED' : 'UNAUTHENTICATED');
  const message =
    permission.message ?? (isKnown ? 'You may not do this.' : 'Authentication credentials were not provided.');
  const status = code === 'UNAUTHENTICATED' ? 401 : 403;
  return new JiraException(code, message, { status });
}
