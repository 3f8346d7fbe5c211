// The base of all hooks: a class whose marked methods are the API of one namespace.

import type { IncomingMessage } from 'node:http';
import type { ModuleRef } from '@nestjs/core';
import type { Query } from 'nestjs-jira-protocol';
import type { Type } from '@nestjs/common';
import type { Hub } from '../live/delivery/hub.js';
import { Observables, type ObservedRows } from '../live/observers/observed-rows.js';
import type { ObserverHost } from '../live/observers/observer-host.js';
import type { ReadOnce } from '../live/delivery/resumption.js';
import { Observer } from '../live/observers/observer.js';
import type { FilterBackend } from '../policy/filtering/filter-backend.js';
import type { Pagination } from '../policy/pagination/pagination.js';
import { checkObject, type Permission, type PermissionSpec } from '../policy/permissions/permission.js';
import type { JiraMiddleware } from '../policy/middleware/middleware.js';
import type { FastPaths } from '../core/scope/fast-paths.js';
import type { Limits } from '../core/limits/limits.js';
import type { Connection, Params } from '../core/connections/connection.js';
import { Connections } from '../core/connections/connections.js';
import { stateOf, type HookScope } from '../core/scope/scope.js';
import type { UnitOfWork } from '../core/scope/unit-of-work.js';
import type { HandshakeCheck } from './handshake-refusal.js';
import type { HookMetadata } from './hook.decorator.js';
import { CONTEXT, OWN_ROWS, REGISTER, SHORTCUT_OF } from './plumbing.js';
import type { Shortcut, StockAction } from './shortcuts.js';

/** What the server passes to a hook at boot. */
export interface HookContext {
  readonly namespace: string;
  readonly metadata: HookMetadata;
  readonly hub: Hub;
  readonly limits: Limits;
  readonly fastPaths: FastPaths;
  /** Resolves providers in the module that holds the hook. */
  readonly moduleRef: ModuleRef;
  /** The global permissions and the hook's, in this order. */
  readonly permissions: readonly Permission[];
  /** The hook's pagination, else the default one. */
  readonly pagination: Pagination | null;
  readonly pageSize: number;
  /** The hook's own filter backends, in order. */
  readonly filterBackends: readonly FilterBackend[];
  /** Whether the object is a row. Rows are shown through a view, or not at all. */
  isRow(this: void, value: object): boolean;
  /**
   * What the hook's own `list` answers to the scope's caller. Rejects as `list` does.
   *
   * @param once reads only once for equal keys
   */
  list?(this: void, scope: HookScope, query: Query, once?: ReadOnce): Promise<unknown>;
  /** Rejects unless the caller may still call the scope's action. */
  recheck(this: void, scope: HookScope): Promise<void> | void;
  warn(message: string): void;
}

/** A middleware class (created by dependency injection), an instance or a function. */
export type MiddlewareSpec = Type<JiraMiddleware> | JiraMiddleware | JiraMiddleware['use'];

/** The base of all hooks: a class whose actions are the API of one namespace. To serve rows, extend `ModelHook` instead. */
export abstract class BaseHook {
  /** Permissions checked before each request, after the global ones. @default none */
  permissions: readonly PermissionSpec[] = [];
  /** Middleware around each request, inside the global middleware. @default none */
  middleware: readonly MiddlewareSpec[] = [];

  /** Called once at boot, when the hook is configured. Override it to check more, and throw a ConfigurationError. */
  onRegister(): void | Promise<void> {}

  /**
   * Called before a client connects to the hook's own path, after authentication. Return a refusal to keep the client out: a
   * plain WebSocket gets it as an HTTP response, a Socket.IO client as `connect_error`.
   */
  processHandshake?(request: IncomingMessage, params: Params, connection: Connection): ReturnType<HandshakeCheck>;

  /** The transaction that a writing action runs in; `undefined` for a hook without a store. */
  openUnitOfWork(_scope: HookScope): UnitOfWork | undefined {
    return undefined;
  }

  /** Throws unless every permission of the current action allows this object: the global ones, the hook's and the action's. */
  checkObjectPermissions(scope: HookScope, object: object): Promise<void> {
    const { permissions } = stateOf(scope);
    return checkObject(permissions ?? this[CONTEXT].permissions, scope, object);
  }

  [CONTEXT]!: HookContext;

  [REGISTER](context: HookContext): void | Promise<void> {
    this[CONTEXT] = context;
    for (const property of Reflect.ownKeys(this)) {
      const value: unknown = Reflect.get(this, property);
      if (value instanceof Observer)
        value.bind(this.observerHost(typeof property === 'symbol' ? (property.description ?? '') : property, context));
    }
  }

  [SHORTCUT_OF](_action: StockAction): Shortcut | undefined {
    return undefined;
  }

  [OWN_ROWS](_entity: unknown): ObservedRows | undefined {
    return undefined;
  }

  private observerHost(property: string, context: HookContext): ObserverHost {
    const { namespace, hub, metadata, moduleRef } = context;
    return {
      namespace,
      property,
      subject: `${this.constructor.name}.${property}`,
      hub,
      connections: moduleRef.get(Connections, { strict: false }),
      observables: moduleRef.get<Observables>(Observables, { strict: false }),
      dataSource: metadata.dataSource,
      ownRows: (entity) => this[OWN_ROWS](entity),
      readSnapshot: context.list,
      recheck: context.recheck,
    };
  }
}
