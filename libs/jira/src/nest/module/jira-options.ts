// The options of `JiraModule.forRoot`.

import type { ModuleMetadata, Type } from '@nestjs/common';
import type { Authentication } from '../../policy/authentication/authentication.js';
import type { EventListenerSpec } from '../../events/event-listener.js';
import type { BaseHook, MiddlewareSpec } from '../../hooks/base-hook.js';
import { PageNumberPagination } from '../../policy/pagination/page-number.pagination.js';
import type { Pagination } from '../../policy/pagination/pagination.js';
import type { PermissionSpec } from '../../policy/permissions/permission.js';
import { ALL_FAST_PATHS, type FastPaths } from '../../core/scope/fast-paths.js';
import { defaultUserKey, type UserKey } from '../../core/connections/connections.js';
import { DEFAULT_LIMITS, type Limits } from '../../core/limits/limits.js';
import type { LimitsOf } from '../../core/limits/limits-of.js';
import type { ClientAddress } from '../../transport/limits/traffic.js';
import { checkSocketIoOptions, type SocketIoOptions } from '../../transport/socket-io/server-options.js';
import { resolveClusterOptions, type ClusterOptions } from './cluster-options.js';
import {
  resolvePlainOptions,
  type PlainWebSocketOptions,
  type ResolvedPlainOptions,
} from '../../transport/plain/plain-options.js';
import { resolveExplorerOptions, type ExplorerOptions, type ResolvedExplorer } from './explorer-options.js';
import { resolveResumeOptions, type ResumeOptions } from './resume-options.js';
import type { ResumeSettings } from '../../live/delivery/resumption.js';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { meant } from '../../core/support/nearest-name.js';
import type { Names } from '../../core/support/known-names.js';
import { assertOptionNames } from './option-names.js';

/** The options of `JiraModule.forRoot()`. All are optional. */
export interface JiraOptions extends ClusterOptions {
  /**
   * Authentication classes, asked in order at each handshake. The first that recognizes the credentials decides.
   *
   * @default none: every caller is anonymous
   */
  readonly authentication?: readonly (Type<Authentication> | Authentication)[];
  /** Permissions checked at the handshake, and before each hook's own. @default none: everyone is allowed */
  readonly permissions?: readonly PermissionSpec[];
  /** Middleware around every request, outside the hooks' own. @default none */
  readonly middleware?: readonly MiddlewareSpec[];
  /** Pagination of lists; `null` returns bare arrays. @default PageNumberPagination */
  readonly pagination?: Type<Pagination> | null;
  /** Rows per page if the client names no size. @default 16, as in djira */
  readonly pageSize?: number;
  /**
   * Hooks by namespace, besides the `@Hook()` providers of the application. A class that is not a provider is created here,
   * with the providers of `imports`.
   *
   * @default none
   */
  readonly hooks?: Readonly<Record<string, Type<BaseHook>>>;
  /** Endpoints for plain WebSockets, besides the paths of hooks and handlers. @default none */
  readonly plainWebSockets?: readonly PlainWebSocketOptions[];
  /** Event handlers, besides the `@EventHandlers()` providers of the application. @default none */
  readonly eventListeners?: readonly EventListenerSpec[];
  /**
   * Returns a client's address behind a proxy, for the limits per address. Read a header that your proxy sets and that clients
   * cannot set.
   *
   * @default the address of the TCP connection
   */
  readonly clientAddress?: ClientAddress;
  /** Limits of the server. @default DEFAULT_LIMITS */
  readonly limits?: Partial<Limits>;
  /**
   * Returns the limits of one connection, such as by the plan of its user or tenant: docs/security.md. Called when its user is
   * known.
   *
   * @default `limits`, for all
   */
  readonly limitsOf?: LimitsOf;
  /** Options of the Socket.IO server. Cross-origin requests are refused unless `cors` allows them. */
  readonly socketIo?: SocketIoOptions;
  /** Returns the key that identifies a user: a string or a number. @default the user's `id`, else `pk`, else `sub` */
  readonly userKey?: UserKey;
  /**
   * How long a subscription relies on what `visibility` and its permissions last said, in ms. Changes of entities in
   * `dependsOn` take effect at once.
   *
   * @default 60_000: each subscription is checked once a minute
   */
  readonly visibilityTtlMs?: number;
  /**
   * Serves a page on which people try the API (docs/explorer.md), and the document that it reads (docs/asyncapi.md). Not
   * served in production unless you set `inProduction`.
   *
   * @default false
   */
  readonly explorer?: boolean | ExplorerOptions;
  /**
   * Whether to log, when the server listens, what clients may call, who may, and where the explorer is.
   *
   * @default true unless `NODE_ENV` is `production` or `test`
   */
  readonly bootReport?: boolean;
  /** How clients that reconnect get the changes they missed: docs/resuming.md. */
  readonly resume?: ResumeOptions;
  /** Which fast paths to use. @default all */
  readonly fastPaths?: Partial<FastPaths>;
  /** How long to keep the answer to a write with an idempotency key, in ms: docs/transactions.md. @default 86_400_000, a day */
  readonly idempotencyTtlMs?: number;
  /**
   * How long the server keeps serving after a shutdown has begun and `JiraHealth.isReady` is false, in ms, so that load
   * balancers notice before the drain begins.
   *
   * @default 0
   */
  readonly unreadyMs?: number;
  /** How long a caller waits for the only SQLite connection, in ms. @default 10_000 */
  readonly lockTimeoutMs?: number;
  /**
   * How often to check whether another process uses the same tables of PostgreSQL or MariaDB although no change log is shared, in
   * ms. Two checks in a row have to find one before it is logged. It takes one connection to the database. `false` = never.
   *
   * @default 60_000
   */
  readonly otherProcessesMs?: number | false;
}

/** Module metadata besides the options. */
export interface JiraExtras {
  /** Modules that provide what authentication, permissions, middleware and other classes of the options inject. @default none */
  readonly imports?: ModuleMetadata['imports'];
}

export type ResolvedJiraOptions = Readonly<
  Required<
    Omit<JiraOptions, 'limits' | 'fastPaths' | 'plainWebSockets' | 'clientAddress' | 'limitsOf' | 'resume' | 'explorer'>
  >
> & {
  readonly resume: ResumeSettings;
  readonly explorer?: ResolvedExplorer;
  readonly clientAddress?: ClientAddress;
  readonly limitsOf?: LimitsOf;
  readonly limits: Limits;
  readonly fastPaths: FastPaths;
  readonly plainWebSockets: readonly ResolvedPlainOptions[];
};

export const RESOLVED_OPTIONS = Symbol('jira resolved options');

const NAMES: Names<JiraOptions> = {
  authentication: true, permissions: true, middleware: true, pagination: true, pageSize: true, hooks: true,
  plainWebSockets: true, eventListeners: true, clientAddress: true, limits: true, limitsOf: true, socketIo: true, userKey: true,
  visibilityTtlMs: true, resume: true, fastPaths: true, lockTimeoutMs: true, idempotencyTtlMs: true, changeLog: true, pubSub: true, connectionStore: true,
  messageQueue: true, otherProcessesMs: true, explorer: true, bootReport: true, unreadyMs: true,
}; // prettier-ignore

/**
 * Returns the options, completed with defaults and frozen.
 *
 * @throws ConfigurationError that names the option at fault
 */
export function resolveOptions(options: JiraOptions): ResolvedJiraOptions {
  assertOptionNames(options, NAMES);
  checkSocketIoOptions(options.socketIo ?? {});
  const limits = Object.freeze({ ...DEFAULT_LIMITS, ...options.limits });
  const { pageSize = 16, visibilityTtlMs = 60_000, lockTimeoutMs = 10_000 } = options;
  const { idempotencyTtlMs = 86_400_000, otherProcessesMs = 60_000, unreadyMs = 0 } = options;
  const unknown = Object.keys(limits).find((name) => !(name in DEFAULT_LIMITS));
  if (unknown !== undefined)
    throw new ConfigurationError('JiraModule', `has an unknown limit "${unknown}".`, meant(unknown, Object.keys(DEFAULT_LIMITS))); // prettier-ignore
  const numbers = [
    ...Object.entries(limits),
    ...Object.entries({ pageSize, visibilityTtlMs, lockTimeoutMs, idempotencyTtlMs, otherProcessesMs, unreadyMs }),
  ];
  for (const [name, value] of numbers) {
    if ((Number.isInteger(value) && Number(value) > 0) || (value === false && name === 'otherProcessesMs')) continue;
    if (value === 0 && name === 'unreadyMs') continue;
    throw new ConfigurationError('JiraModule', `has the limit ${name} = ${String(value)}.`, 'Use a positive integer.');
  }
  for (const name of ['reservedPoolPercent', 'userPoolPercent'] as const)
    if (limits[name] > 100)
      throw new ConfigurationError('JiraModule', `has the limit ${name} = ${limits[name]}.`, 'Use a percentage, 1 to 100.'); // prettier-ignore
  const cluster = resolveClusterOptions(options);
  return Object.freeze({
    ...cluster,
    resume: resolveResumeOptions(options.resume, cluster.changeLog),
    explorer: resolveExplorerOptions(options.explorer),
    bootReport: options.bootReport ?? !['production', 'test'].includes(process.env['NODE_ENV'] ?? ''),
    authentication: options.authentication ?? [],
    permissions: options.permissions ?? [],
    middleware: options.middleware ?? [],
    pagination: options.pagination === undefined ? PageNumberPagination : options.pagination,
    pageSize,
    hooks: options.hooks ?? {},
    plainWebSockets: resolvePlainOptions(options.plainWebSockets ?? []),
    eventListeners: options.eventListeners ?? [],
    socketIo: options.socketIo ?? {},
    clientAddress: options.clientAddress,
    limitsOf: options.limitsOf,
    userKey: options.userKey ?? defaultUserKey,
    visibilityTtlMs,
    lockTimeoutMs,
    otherProcessesMs,
    idempotencyTtlMs,
    unreadyMs,
    fastPaths: Object.freeze({ ...ALL_FAST_PATHS, ...options.fastPaths }),
    limits,
  });
}
