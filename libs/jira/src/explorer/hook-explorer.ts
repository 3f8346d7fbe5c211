// Finds the hooks among the application's providers and registers them. Runs once at boot; every fault ends it.

import { Injectable, Logger, type Type } from '@nestjs/common';
import { DiscoveryService, ExternalContextCreator, ModuleRef } from '@nestjs/core';
import { ConfigurationError } from '../errors/configuration.error.js';
import type { ErrorTranslator } from '../errors/error-answer.js';
import { actionsOf, type FoundAction } from '../hooks/action.decorator.js';
import { actionHandler } from '../hooks/action-handler.js';
import { BaseHook, type HookContext, type MiddlewareSpec } from '../hooks/base-hook.js';
import { hookMetadata, type HookMetadata } from '../hooks/hook.decorator.js';
import type { HookRegistry, RegisteredAction } from '../hooks/registry.js';
import type { ActionEnhancement } from '../hooks/enhancers.js';
import type { JiraMiddleware } from '../middleware/middleware.js';
import { inOrder, surrounding } from '../middleware/order.js';
import { compose } from '../permissions/composition.js';
import type { Hub } from '../observers/hub.js';
import type { Pagination } from '../pagination/pagination.js';
import { checkRequest, Permission, PermissionComposition, type PermissionSpec } from '../permissions/permission.js';
import type { FastPaths } from '../scope/fast-paths.js';
import type { Limits } from '../scope/limits.js';
import { isMethod } from 'nestjs-jira-protocol';
import { withDataInput } from './data-inputs.js';
import { findProviders, type FoundProvider } from './found-provider.js';
import { NestEnhancers } from './nest-enhancers.js';

/** What every hook shares, resolved already. */
export interface HookDefaults {
  readonly permissions: readonly Permission[];
  readonly middleware: readonly JiraMiddleware[];
  readonly pagination: Pagination | null;
  readonly pageSize: number;
  readonly limits: Limits;
  readonly fastPaths: FastPaths;
  readonly translators: readonly ErrorTranslator[];
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
    creator: ExternalContextCreator,
  ) {
    this.enhancers = new NestEnhancers(creator);
  }

  /**
   * Every `@Hook` provider, wherever in the application it is provided, and the configured hooks: those that are no
   * providers are created by `root`.
   */
  async find(configured: Readonly<Record<string, Type<BaseHook>>>, root: ModuleRef): Promise<FoundHook[]> {
    const namespaces = new Map(Object.entries(configured).map(([namespace, type]) => [type as unknown, namespace]));
    const found: FoundHook[] = [];
    for (const provider of await findProviders(this.discovery, (type) => metadataOf(type, namespaces), 'hooks')) {
      const { instance: hook, ...rest } = provider;
      if (!(hook instanceof BaseHook))
        throw new ConfigurationError(
          hook.constructor.name,
          'is marked with @Hook() but is no hook.',
          'Extend ModelHook, GenericHook or BaseHook.',
        );
      found.push({ ...rest, hook });
    }
    const types = new Set(found.map(({ hook }) => hook.constructor));
    for (const [namespace, type] of Object.entries(configured)) {
      if (types.has(type)) continue;
      const hook = await root.create(type);
      const metadata = { ...metadataOf(type, namespaces), namespace };
      found.push({ hook, metadata, moduleRef: root, isStatic: true, load: () => Promise.resolve(hook) });
    }
    return found;
  }

  async register(
    { hook, metadata, moduleRef, isStatic, load }: FoundHook,
    defaults: HookDefaults,
    registry: HookRegistry,
    hub: Hub,
  ): Promise<void> {
    const permissions = [...defaults.permissions, ...(await createPermissions(hook.permissions, moduleRef))];
    const middleware = [...defaults.middleware, ...(await createMiddleware(hook.middleware, moduleRef))];
    const { translators } = defaults;
    const permissionsOf = new Map<string, readonly Permission[]>();
    const context: HookContext = {
      namespace: metadata.namespace,
      metadata,
      hub,
      limits: defaults.limits,
      fastPaths: defaults.fastPaths,
      moduleRef,
      permissions,
      pagination: await createPagination(hook, defaults.pagination, moduleRef),
      pageSize: defaults.pageSize,
      recheck: (scope) => {
        const asked = permissionsOf.get(scope.action) ?? permissions;
        scope.permissions ??= asked;
        return checkRequest(asked, scope);
      },
      warn: (message) => this.logger.warn(`${hook.constructor.name} ${message}`),
    };
    await hook.onRegister(context);
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
      const handle = actionHandler({
        hook,
        action: { ...action, options: withDataInput(action.options, hook, action.member) },
        middleware: surrounding(middleware, `${metadata.namespace}/${action.name}`),
        permissions: asked,
        enhancement,
        pagination: action.options.pagination && (await moduleRef.create(action.options.pagination)),
        log: hub.log,
        streamItems: defaults.limits.streamItems,
      });
      actions.set(action.name, {
        name: action.name,
        methods: new Set(action.options.methods ?? ['GET']),
        timeoutMs: action.options.timeoutMs ?? defaults.limits.actionTimeoutMs,
        handle,
      });
    }
    if (open.length > 0 && process.env['NODE_ENV'] === 'production')
      context.warn(`lets everybody call ${open.join(', ')}: it has no permission. Say [AllowAny] if that is meant.`);
    const { namespace, path, params } = metadata;
    registry.add({ namespace, path, params, hook, moduleRef, actions });
    this.logger.log(`${hook.constructor.name} {${metadata.namespace}}: ${[...actions.keys()].join(', ')}`);
  }
}

/** What `@Hook` says of the class, or the namespace it is configured with. */
function metadataOf(type: Type<object>, configured: ReadonlyMap<unknown, string>): HookMetadata | undefined {
  const metadata = hookMetadata(type);
  const namespace = configured.get(type);
  if (namespace === undefined || metadata?.namespace === namespace) return metadata;
  if (!metadata) return { namespace };
  throw new ConfigurationError(
    type.name,
    `has the namespace "${metadata.namespace}", and is configured as "${namespace}".`,
    'Take it out of forRoot({ hooks }), or out of @Hook().',
  );
}

function checkAction({ name, options }: FoundAction, hook: BaseHook, others: ReadonlyMap<string, unknown>): void {
  const subject = `${hook.constructor.name}.${name}()`;
  if (name.startsWith('$') || name === '')
    throw new ConfigurationError(
      subject,
      'has a reserved action name.',
      'Names beginning with "$" belong to the protocol.',
    );
  if (others.has(name))
    throw new ConfigurationError(subject, 'is the name of two actions.', 'Give one another: @Action({ name }).');
  const methods = options.methods ?? ['GET'];
  if (methods.length === 0 || !methods.every(isMethod))
    throw new ConfigurationError(
      subject,
      `has the methods [${methods.join(', ')}].`,
      'Use GET, POST, PUT, PATCH, DELETE or SUBSCRIPTION.',
    );
}

function isGuarded(enhancement: ActionEnhancement | undefined): boolean {
  return typeof enhancement === 'function' || enhancement?.guard !== undefined;
}

/** Classes are created with the dependencies of the module, functions become permissions, instances stay. */
export function createPermissions(specs: readonly PermissionSpec[], moduleRef: ModuleRef): Promise<Permission[]> {
  return Promise.all(
    specs.map(async (spec) => {
      if (spec instanceof PermissionComposition)
        return compose(spec.kind, await createPermissions(spec.parts, moduleRef));
      if (typeof spec !== 'function') return spec;
      if (isClass(spec)) return moduleRef.create(spec as Type<Permission>);
      const hasPermission = spec as NonNullable<Permission['hasPermission']>;
      return Object.assign(new FunctionPermission(), { hasPermission });
    }),
  );
}

/** Created likewise, and put in order. */
export async function createMiddleware(
  specs: readonly MiddlewareSpec[],
  moduleRef: ModuleRef,
): Promise<JiraMiddleware[]> {
  const created = await Promise.all(
    specs.map(async (spec) => {
      if (typeof spec !== 'function') return spec;
      return isClass(spec) ? moduleRef.create(spec as Type<JiraMiddleware>) : { use: spec as JiraMiddleware['use'] };
    }),
  );
  return inOrder(created);
}

async function createPagination(
  hook: BaseHook,
  fallback: Pagination | null,
  moduleRef: ModuleRef,
): Promise<Pagination | null> {
  const { pagination } = hook as { pagination?: Type<Pagination> | null };
  return pagination ? moduleRef.create(pagination) : pagination === null ? null : fallback;
}

class FunctionPermission extends Permission {}

/** Classes have a read-only `prototype`; functions and arrows do not. */
function isClass(value: unknown): boolean {
  return typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false;
}
