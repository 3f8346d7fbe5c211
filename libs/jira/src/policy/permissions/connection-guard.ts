// Runs a Nest guard at the handshake.

import { Injectable, type CanActivate, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ExecutionContextHost } from '../../core/nest-internals.js';
import { firstValueFrom, isObservable } from 'rxjs';
import type { Connection } from '../../core/connections/connection.js';
import { Permission } from './permission.js';

/**
 * Turns a Nest guard into a global permission that decides whether a client may connect. The guard's context has the type `ws`.
 * Its client is the socket, with the authenticated `user` and the handshake's `headers`, `query` and `url`; its data is `auth`.
 *
 * @example
 * JiraModule.forRoot({ permissions: [connectionGuard(OnlyFromOffice)] })
 */
export function connectionGuard(guard: Type<CanActivate>): Type<Permission> {
  @Injectable()
  class ConnectionGuard extends Permission {
    private created?: Promise<CanActivate>;

    constructor(private readonly moduleRef: ModuleRef) {
      super();
    }

    override async canConnect(connection: Connection): Promise<boolean> {
      const instance = await (this.created ??= this.moduleRef.create(guard));
      const verdict = await instance.canActivate(contextOf(connection, guard));
      return isObservable(verdict) ? firstValueFrom(verdict) : verdict;
    }
  }
  return ConnectionGuard;
}

function contextOf(connection: Connection, guard: Type<CanActivate>): ExecutionContextHost {
  const { auth, headers, query, url } = connection.handshake;
  const user: unknown = connection.user;
  const client: unknown = Object.create(connection.client, {
    user: { enumerable: true, value: user },
    headers: { enumerable: true, value: headers },
    query: { enumerable: true, value: query },
    url: { enumerable: true, value: url },
  });
  const context = new ExecutionContextHost([client, auth, connection, ''], guard, connectionGuard);
  context.setType('ws');
  return context;
}
