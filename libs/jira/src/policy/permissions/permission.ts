// Permissions: checked at the handshake, for each request and for each object.

import type { Type } from '@nestjs/common';
import { JiraException } from '../../core/errors/jira.exception.js';
import type { Connection } from '../../core/connections/connection.js';
import { ruleFor } from '../../core/scope/anonymous.js';
import type { HookScope } from '../../core/scope/scope.js';

export type Verdict = boolean | Promise<boolean>;

/** One permission. Each method is optional; a missing method allows. */
export abstract class Permission {
  /** The message for a refused caller. */
  readonly message?: string;
  /** The code of the refusal. @default PERMISSION_DENIED, or UNAUTHENTICATED for an anonymous caller */
  readonly code?: string;

  /** Checked at the handshake, for global permissions only: a connection serves all hooks. */
  canConnect?(connection: Connection): Verdict;
  /** Checked before each request. */
  hasPermission?(scope: HookScope): Verdict;
  /** Checked for each object that is retrieved, updated, destroyed or used by a detail action, and for each announced row. */
  hasObjectPermission?(scope: HookScope, object: object): Verdict;
}

/** The result of `and`, `or` or `not`, until the hook's module has created its parts. */
export class PermissionComposition {
  constructor(
    readonly kind: 'and' | 'or' | 'not',
    readonly parts: readonly PermissionSpec[],
  ) {}
}

/**
 * A class (created with dependency injection in the hook's module), an instance, a function for `hasPermission`, or
 * a composition of these by `and`, `or` and `not`.
 */
export type PermissionSpec = Type<Permission> | Permission | ((scope: HookScope) => Verdict) | PermissionComposition;

/** Throws unless every permission allows the connection. */
export async function checkConnection(permissions: readonly Permission[], connection: Connection): Promise<void> {
  for (const permission of permissions) {
    if (permission.canConnect && !(await ruleFor(connection, () => permission.canConnect?.(connection) ?? true)))
      throw refusal(permission, connection.user !== null);
  }
}

/** Throws unless every permission allows the request. Returns undefined if none was asynchronous, so that the request need not wait. */
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
