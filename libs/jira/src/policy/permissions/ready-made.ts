// The permissions most applications need.

import { Injectable, type Type } from '@nestjs/common';
import type { Connection } from '../../core/connections/connection.js';
import type { HookScope } from '../../core/scope/scope.js';
import { Permission } from './permission.js';

/** Allows everyone, including anonymous callers. */
@Injectable()
export class AllowAny extends Permission {
  override hasPermission(): boolean {
    return true;
  }
}

/** Refuses everyone. */
@Injectable()
export class DenyAll extends Permission {
  override hasPermission(): boolean {
    return false;
  }
}

/** Allows authenticated users only. As a global permission, it also refuses anonymous connections. */
@Injectable()
export class IsAuthenticated extends Permission {
  override canConnect(connection: Connection): boolean {
    return isKnown(connection.user);
  }

  override hasPermission(scope: HookScope): boolean {
    return isKnown(scope.user);
  }
}

/** Allows everyone to read and subscribe, and authenticated users to write. */
@Injectable()
export class IsAuthenticatedOrReadOnly extends Permission {
  override hasPermission(scope: HookScope): boolean {
    return scope.method === 'GET' || scope.method === 'SUBSCRIPTION' || isKnown(scope.user);
  }
}

/** Allows users who have one of these roles: as `role`, or in the array `roles`. */
export function HasRole(...roles: readonly string[]): Type<Permission> {
  @Injectable()
  class HasRolePermission extends Permission {
    override hasPermission(scope: HookScope): boolean {
      const user = scope.user as { role?: unknown; roles?: unknown } | null;
      const held = Array.isArray(user?.roles) ? user.roles : [user?.role];
      return roles.some((role) => held.includes(role));
    }
  }
  return HasRolePermission;
}

function isKnown(user: unknown): boolean {
  return user !== null && user !== undefined;
}
