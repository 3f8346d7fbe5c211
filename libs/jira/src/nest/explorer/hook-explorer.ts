// Finds the hooks among the application's providers and registers them. Runs once at boot and fails on the first fault.

import { Injectable, Logger, type Type } from '@nestjs/common';
import { DiscoveryService, ExternalContextCreator, ModuleRef } from '@nestjs/core';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { assertLists, assertNames } from '../../core/support/known-names.js';
import { JiraException } from '../../core/errors/jira.exception.js';
import type { ErrorTranslator } from '../../core/errors/error-answer.js';
import { ACTION_OPTIONS, actionsOf, type FoundAction } from '../../hooks/action.decorator.js';
import { assertAttributes } from '../../hooks/attributes.js';
import { actionHandler } from '../../hooks/action-handler.js';
import { BaseHook, type HookContext } from '../../hooks/base-hook.js';
import { REGISTER } from '../../hooks/plumbing.js';
import { HOOK_OPTIONS, hookMetadata, type HookMetadata } from '../../hooks/hook.decorator.js';
import { HookRegistry, type RegisteredAction } from '../../hooks/registry.js';
import type { RowViews } from '../../hooks/shown-result.js';
import { isBare, type ActionEnhancement } from '../../hooks/enhancers.js';
import type { JiraMiddleware } from '../../policy/middleware/middleware.js';
import { surrounding } from '../../policy/middleware/order.js';
import type { FilterBackendSpec } from '../../policy/filtering/filter-backend.js';
import { Hub } from '../../live/delivery/hub.js';
import type { ReadOnce } from '../../live/delivery/resumption.js';
import { hasSharedLists, shareLists } from '../../typeorm/hooks/shared-lists.js';
import type { Pagination } from '../../policy/pagination/pagination.js';
import { checkRequest, type Permission } from '../../policy/permissions/permission.js';
import { calling, stateOf, type HookScope, type ScopeState } from '../../core/scope/scope.js';
import type { FastPaths } from '../../core/scope/fast-paths.js';
import type { Limits } from '../../core/limits/limits.js';
import { codeForStatus, isMethod, type ErrorData, type Query } from 'nestjs-jira-protocol';
import { dataInputsOf, withDataInput } from '../enhancers/data-inputs.js';
import { checkConstructorTypes } from './constructor-types.js';
import { findProviders, type FoundProvider } from './found-provider.js';
import { createFilterBackends, createMiddleware, createPagination, createPermissions } from './hook-parts.js';
import { assertNest } from '../../core/nest-internals.js';
import { assertClassTransformer } from '../../policy/serialization/internals.js';
import { NestEnhancers } from '../enhancers/nest-enhancers.js';

/** What all hooks share, already resolved. */
export interface HookDefaults {
  readonly permissions: readonly Permission[];
  readonly middleware: readonly JiraMiddleware[];
  readonly pagination: Pagination | null;
  readonly pageSize: number;
  readonly limits: Limits;
  readonly fastPaths: FastPaths;
  readonly translators: readonly ErrorTranslator[];
  readonly rowViews: RowViews;
}

interface FoundHook extends Omit<FoundProvider<HookMetadata>, 'instance'> {
  readonly hook: BaseHook;
}

@Injectable()
export class HookExplorer {
  private readonly logger = new Logger('Jira');

  private readonly enhancers: NestEnhancers;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly moduleRef: ModuleRef,
    private readonly registry: HookRegistry,
    private readonly hub: Hub,
    private readonly creator: ExternalContextCreator,
  ) {
    this.enhancers = new NestEnhancers(creator);
  }

  /**
   * Registers every `@Hook()` provider of any module, and the configured hooks. It is called first, so it also checks the private
   * members of Nest.
   */
  async register(configured: Readonly<Record<string, Type<BaseHook>>>, defaults: HookDefaults): Promise<void> {
    assertNest(this.creator);
    assertClassTransformer();
    for (const found of await this.find(configured)) await this.registerOne(found, defaults);
  }

  private async find(configured: Readonly<Record<string, Type<BaseHook>>>): Promise<FoundHook[]> {
    const { moduleRef } = this;
    const namespaces = new Map(Object.entries(configured).map(([namespace, type]) => [type as unknown, namespace]));
    const found: FoundHook[] = [];
    for (const provider of await findProviders(this.discovery, (type) => metadataOf(type, namespaces), 'hooks')) {
      const { instance: hook, ...rest } = provider;
      found.push({ ...rest, hook: checkHook(hook, 'is marked with @Hook() but is not a hook.') });
    }
    const types = new Set<unknown>(found.map(({ hook }) => hook.constructor));
    for (const { metatype, instance } of this.discovery.getProviders())
      if (instance instanceof BaseHook && !types.has(metatype) && !namespaces.has(metatype))
        throw new ConfigurationError(
          instance.constructor.name,
          'is provided as a hook but has no namespace.',
          "Mark it with @Hook('…'), or name it in forRoot({ hooks }).",
        );
    for (const [namespace, type] of Object.entries(configured)) {
      if (types.has(type)) continue;
      checkConstructorTypes(type);
      const hook = checkHook(
        await moduleRef.create(type),
        `is configured as the hook "${namespace}", but is not a hook.`,
      );
      const metadata = { ...metadataOf(type, namespaces), namespace };
      found.push({ hook, metadata, moduleRef, isStatic: true, load: () => Promise.resolve(hook) });
    }
    return found;
  }

  private async registerOne(
    { hook, metadata, moduleRef, isStatic, load }: FoundHook,
    defaults: HookDefaults,
  ): Promise<void> {
    assertAttributes(hook);
    const { namespace, path, params, ...further } = metadata;
    assertNames(hook.constructor.name, '@Hook() option', further, HOOK_OPTIONS);
    const permissions = [...defaults.permissions, ...(await createPermissions(hook.permissions, moduleRef))];
    const middleware = [...defaults.middleware, ...(await createMiddleware(hook.middleware, moduleRef))];
    const { translators, rowViews } = defaults;
    const { filterBackends = [] } = hook as { filterBackends?: readonly FilterBackendSpec[] };
    const permissionsOf = new Map<string, readonly Permission[]>();
    let sharing: ((once: ReadOnce) => ScopeState['share']) | undefined;
    const context: HookContext = {
      namespace: metadata.namespace,
      metadata,
      hub: this.hub,
      limits: defaults.limits,
      fastPaths: defaults.fastPaths,
      moduleRef,
      permissions,
      pagination: await createPagination((hook as Paginated).pagination, defaults.pagination, moduleRef),
      pageSize: defaults.pageSize,
      filterBackends: await createFilterBackends(filterBackends, moduleRef),
      isRow: (value) => rowViews.of(value.constructor, hook) !== undefined,
      list: actionsOf(hook).some(({ name }) => name === 'list')
        ? (scope, query, once) => this.list(scope, metadata.namespace, query, sharing && once && sharing(once))
        : undefined,
      recheck: (scope) => {
        const asked = permissionsOf.get(scope.action) ?? permissions;
        stateOf(scope).permissions ??= asked;
        return checkRequest(asked, scope);
      },
      warn: (message) => this.logger.warn(`${hook.constructor.name} ${message}`),
    };
    await hook[REGISTER](context);
    await hook.onRegister();
    const actions = new Map<string, RegisteredAction>();
    const open: string[] = [];
    for (const action of actionsOf(hook)) {
      checkAction(action, hook, actions);
      const { permissions: added = [], replacePermissions } = action.options;
      const own = await createPermissions([...(replacePermissions ?? []), ...added], moduleRef);
      const asked = [...(replacePermissions ? defaults.permissions : permissions), ...own];
      const enhancement = this.enhancers.of({ hook, member: action.member, isStatic, load, translators });
      if (asked.length === 0 && !isGuarded(enhancement)) open.push(action.name);
      permissionsOf.set(action.name, asked);
      // Middleware, filters and interceptors may answer each caller differently, or alter the list.
      if (action.name === 'list' && middleware.length === 0 && isBare(enhancement) && hasSharedLists(hook))
        sharing = (once) => shareLists(hook, once);
      const options = withDataInput(action.options, hook, action.member);
      const handle = actionHandler({
        hook,
        action: { ...action, options },
        middleware: surrounding(middleware, `${metadata.namespace}/${action.name}`),
        permissions: asked,
        enhancement,
        pagination: action.options.pagination && (await createPagination(action.options.pagination, null, moduleRef)),
        log: this.hub.log,
        rowViews,
        streamItems: defaults.limits.streamItems,
      });
      actions.set(action.name, {
        name: action.name,
        methods: new Set(action.options.methods ?? ['GET']),
        member: action.member,
        options,
        dataInputs: dataInputsOf(hook, action.member),
        cost: action.options.cost,
        timeoutMs: action.options.timeoutMs ?? defaults.limits.actionTimeoutMs,
        handle,
      });
    }
    if (open.length > 0 && process.env['NODE_ENV'] === 'production')
      context.warn(
        `has no permissions, so anyone may call ${open.join(', ')}. Set permissions = [AllowAny] if you intend that.`,
      );
    this.registry.add({ namespace, path, params, hook, moduleRef, actions });
    this.logger.log(`${hook.constructor.name} {${metadata.namespace}}: ${[...actions.keys()].join(', ')}`);
  }

  /** Answers as if the caller had called `list`: with its middleware, guards and permissions. */
  private async list(scope: HookScope, namespace: string, query: Query, share: ScopeState['share']): Promise<unknown> {
    const { handle } = this.registry.resolve(namespace, 'list', 'GET', scope.connection.route);
    const call = Object.assign(calling(scope, { namespace, action: 'list', method: 'GET' }), { query });
    stateOf(call).share = share;
    const { status, data } = await handle(call);
    if (status < 400) return data;
    const { code = codeForStatus(status), message = 'The list was refused.' } = (data ?? {}) as Partial<ErrorData>;
    throw new JiraException(code, message, { status });
  }
}

interface Paginated {
  readonly pagination?: Type<Pagination> | null;
}

function checkHook(hook: object, fault: string): BaseHook {
  if (hook instanceof BaseHook) return hook;
  throw new ConfigurationError(hook.constructor.name, fault, 'Extend ModelHook, GenericHook or BaseHook.');
}

/** The `@Hook()` options of the class, or the namespace that it is configured with. */
function metadataOf(type: Type<object>, configured: ReadonlyMap<unknown, string>): HookMetadata | undefined {
  const metadata = hookMetadata(type);
  const namespace = configured.get(type);
  if (namespace === undefined || metadata?.namespace === namespace) return metadata;
  if (!metadata) return { namespace };
  throw new ConfigurationError(
    type.name,
    `has the namespace "${metadata.namespace}" but is configured as "${namespace}".`,
    'Remove it from forRoot({ hooks }), or remove the namespace from @Hook().',
  );
}

function checkAction({ name, options }: FoundAction, hook: BaseHook, others: ReadonlyMap<string, unknown>): void {
  const subject = `${hook.constructor.name}.${name}()`;
  if (name.startsWith('$') || name === '')
    throw new ConfigurationError(
      subject,
      'has a reserved action name.',
      'Names that begin with "$" are reserved for the protocol.',
    );
  if (others.has(name)) throw new ConfigurationError(subject, 'names two actions.', 'Rename one: @Action({ name }).');
  assertNames(subject, '@Action() option', options, ACTION_OPTIONS);
  assertLists(subject, '@Action() option', options, ['methods', 'groups', 'permissions', 'replacePermissions']);
  const methods = options.methods ?? ['GET'];
  if (methods.length === 0 || !methods.every(isMethod))
    throw new ConfigurationError(
      subject,
      `has the methods [${methods.join(', ')}].`,
      'Use GET, POST, PUT, PATCH, DELETE or SUBSCRIPTION.',
    );
  const { cost = 0 } = options;
  if (!Number.isInteger(cost) || cost < 0)
    throw new ConfigurationError(subject, `has the cost ${String(cost)}.`, 'Use a whole number, 0 or more.');
}

function isGuarded(enhancement: ActionEnhancement | undefined): boolean {
  return typeof enhancement === 'function' || enhancement?.guard !== undefined;
}
