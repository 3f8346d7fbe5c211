// Everything about one request. Hooks are singletons, so what differs between requests is here.

import type { Type } from '@nestjs/common';
import type { Method, Query } from 'nestjs-jira-protocol';
import { Answer } from './answer.js';
import type { Connection, Handshake, Params } from '../connections/connection.js';
import type { RequestHandle } from '../connections/request-handle.js';
import type { ScopeManager, ScopeUser } from '../connections/scope-types.js';
import type { UnitOfWork } from './unit-of-work.js';
import type { ValidatedOf } from '../support/standard-schema.js';

/** What a scope needs from the server. */
export interface ScopeServices {
  /** Sends an envelope to the caller or to a room. */
  emit(scope: HookScope, data: unknown, options: EmitOptions): void;
  /** Resolves a provider, request-scoped ones included, in the hook's module. */
  resolve<T>(scope: HookScope, token: Type<T> | string | symbol): Promise<T>;
}

/** Injection token of the services. */
export const SCOPE_SERVICES = Symbol('jira scope services');

/** Options of `scope.emit()`. */
export interface EmitOptions {
  /** Status of the frame. @default 200 */
  readonly status?: number;
  /** Sends to everyone in this room instead of to the caller. `visibility` does not apply. */
  readonly room?: string;
}

const NOTHING = Object.freeze({});

/** @param list identifies the list: its store, query and pagination */
type ShareList = (scope: HookScope, list: object, read: () => Promise<unknown>) => Promise<unknown>;

/** What the server keeps about a request, hidden from the application. */
export interface ScopeState {
  readonly handle: RequestHandle;
  readonly services: ScopeServices;
  /** Whether its query was charged to the user's budget. */
  isWeighed?: boolean;
  /** How often its user was read while it had none. */
  nobodyReads?: number;
  unitOfWork?: UnitOfWork;
  /** The timer that ends the action when its time is over. */
  timer?: NodeJS.Timeout;
  /** The permissions of the current action: global, of its hook, and its own. */
  permissions?: readonly object[];
  /** The pagination of the current action; undefined = its hook's. */
  pagination?: object | null;
  /** Reads a list once for all callers who get the same answer; absent = each caller's list is read alone. */
  share?: ShareList;
  /** The answer that the action set by `reply()`. */
  answered?: Answer;
}

// Under a symbol, so that a scope derived from another one by its prototype inherits it.
const STATE = Symbol('jira scope state');

interface Stateful {
  [STATE]?: ScopeState;
}

export function stateOf(scope: HookScope): ScopeState {
  return (scope as Stateful)[STATE] as ScopeState;
}

function countNobody(state: ScopeState): void {
  state.nobodyReads = (state.nobodyReads ?? 0) + 1;
}

/** A scope of the same caller, request and transaction, as if it retrieved rows of another hook. */
export function retrieving(scope: HookScope, namespace: string): HookScope {
  return calling(scope, { namespace, action: 'retrieve', method: 'GET' });
}

/** A scope of the same caller, request and transaction, as if it called an action of another hook. */
export function calling(
  scope: HookScope,
  call: { readonly namespace: string; readonly action: string; readonly method: Method; readonly data?: unknown },
): HookScope {
  const state = Object.create(stateOf(scope)) as ScopeState;
  state.permissions = state.pagination = state.share = undefined;
  const own = { data: undefined, ...call, query: {}, [STATE]: state };
  return Object.assign(Object.create(scope) as HookScope, own);
}

/** A request as permissions, filters and helper methods see it. */
export class HookScope {
  /** Parameters of the URL the client connected to: strings, or an instance of the route's `params` class. */
  readonly params: Params;
  /** Extra keys a djira client sent; empty for other clients. Not validated. */
  extra: Readonly<Record<string, unknown>> = NOTHING;
  private ownUser: ScopeUser;

  constructor(
    readonly connection: Connection,
    readonly namespace: string,
    readonly action: string,
    readonly method: Method,
    readonly requestId: string,
    /** The request's `data`: as sent, and after validation the validated input. */
    public data: unknown,
    public query: Query,
    public headers: Query,
    state: ScopeState,
  ) {
    this.params = connection.params;
    (this as Stateful)[STATE] = state;
  }

  /** The caller; `null` if anonymous. Set it to act as another user for this request only. */
  get user(): ScopeUser {
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- ScopeUser is any until the application types it
    const user: ScopeUser = this.ownUser === undefined ? this.connection.user : this.ownUser;
    if (user === null) countNobody(stateOf(this));
    // oxlint-disable-next-line typescript/no-unsafe-return -- the same
    return user;
  }

  set user(user: ScopeUser) {
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- ScopeUser is any until the application types it
    this.ownUser = user;
  }

  /** The connection's id. */
  get sid(): string {
    return this.connection.id;
  }

  get handshake(): Handshake {
    return this.connection.handshake;
  }

  /** djira's name for the handshake. */
  get environ(): Handshake {
    return this.connection.handshake;
  }

  /** Path of the URL the client connected to. */
  get path(): string {
    return this.connection.path;
  }

  /** The transaction's manager in a writing action, else the data source's. `undefined` for hooks without a data source. */
  get manager(): ScopeManager {
    return stateOf(this).unitOfWork?.manager as ScopeManager;
  }

  /** Aborts on cancel, disconnect and timeout. */
  get signal(): AbortSignal {
    return stateOf(this).handle.signal;
  }

  /**
   * Sends data in the standard envelope: to the caller under this `requestId`, or to a room. The data is sent as it is, so
   * serialize rows first.
   */
  emit(data: unknown, options: EmitOptions = {}): void {
    stateOf(this).services.emit(this, data, options);
  }

  /** Sets the answer of an action that returns nothing, with a status of its own. The last call wins. @default status 200 */
  reply(data: unknown, { status = 200 }: { readonly status?: number } = {}): void {
    stateOf(this).answered = new Answer(status, data);
  }

  /** Resolves a provider of the hook's module, request-scoped ones included. Each request has one set of those. */
  resolve<T>(token: Type<T> | string | symbol): Promise<T> {
    return stateOf(this).services.resolve(this, token);
  }

  /** The absolute URL of a path, with the scheme and host of the handshake: `/media/1.png` → `https://host/media/1.png`. */
  buildAbsoluteUri(path = '/'): string {
    const host = this.handshake.headers['host'];
    return new URL(path, `${this.handshake.isSecure ? 'https' : 'http'}://${String(host ?? 'localhost')}`).href;
  }
}

declare const INPUT: unique symbol;

/**
 * First parameter of an `@Action` method: a scope whose input has been validated.
 * Its type arguments tell clients what the action takes: a class, or the type of a schema, `ActionScope<typeof PlaceOrder>`.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it types `params` for the action
export class ActionScope<Input = unknown, QueryInput = Query, PathParams extends object = Params> extends HookScope {
  /** Tells actions from helpers in `ApiOf`; does not exist at run time. */
  declare readonly [INPUT]: [Input, QueryInput];
  declare data: ValidatedOf<Input>;
  declare query: Query & QueryInput;
  declare readonly params: PathParams;
}

/**
 * The scope of a hook whose permissions refuse anonymous callers, as `IsAuthenticated` does: its user is never `null`.
 *
 * @example
 * permissions = [IsAuthenticated];
 * visibility(scope: AuthenticatedScope) { return { ownerId: scope.user.id }; }
 */
export type AuthenticatedScope = HookScope & { user: NonNullable<ScopeUser> };
/**
 * A value as well, because the compiler writes the types of decorated methods into their metadata.
 *
 * @alias
 */
export const AuthenticatedScope = HookScope;

/** An `ActionScope` whose user is never `null`, for hooks whose permissions refuse anonymous callers. */
export type AuthenticatedActionScope<
  Input = unknown,
  QueryInput = Query,
  PathParams extends object = Params,
> = ActionScope<Input, QueryInput, PathParams> & { user: NonNullable<ScopeUser> };
/** @alias */
export const AuthenticatedActionScope = ActionScope;
