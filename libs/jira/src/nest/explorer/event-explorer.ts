// Finds the event handlers among the application's providers and registers them. Runs once at boot.

import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, ExternalContextCreator, ModuleRef } from '@nestjs/core';
import { assertLists, assertNames } from '../../core/support/known-names.js';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { whoMay } from '../../document/permission-names.js';
import { EventContext } from '../../events/event-context.js';
import {
  EVENT_HANDLERS_OPTIONS,
  eventHandlersOptions,
  MESSAGE_OPTIONS,
  occasionsOf,
  type EventHandlersOptions,
  type MessageOptions,
} from '../../events/event-handlers.decorator.js';
import type { EventListenerSpec } from '../../events/event-listener.js';
import { EventRegistry, type EventTarget } from '../../events/event-registry.js';
import { actionHandler } from '../../hooks/action-handler.js';
import { Hub } from '../../live/delivery/hub.js';
import { withDataInput } from '../enhancers/data-inputs.js';
import { checkConstructorTypes } from './constructor-types.js';
import { findProviders, type FoundProvider } from './found-provider.js';
import type { HookDefaults } from './hook-explorer.js';
import { createMiddleware, createPermissions } from './hook-parts.js';
import { NestEnhancers } from '../enhancers/nest-enhancers.js';

type Found = FoundProvider<EventHandlersOptions>;

@Injectable()
export class EventExplorer {
  private readonly enhancers: NestEnhancers;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly moduleRef: ModuleRef,
    private readonly registry: EventRegistry,
    private readonly hub: Hub,
    creator: ExternalContextCreator,
  ) {
    this.enhancers = new NestEnhancers(creator);
  }

  /** Registers every `@EventHandlers()` provider, and the configured listeners. Listeners that are not provided are created. */
  async register(listeners: readonly EventListenerSpec[], defaults: HookDefaults): Promise<void> {
    const { moduleRef, registry } = this;
    for (const found of await findProviders(this.discovery, eventHandlersOptions, 'event handlers'))
      await this.registerProvider(found, defaults);
    for (const { event, listener, path } of listeners) {
      const instance = typeof listener === 'function' ? await provided(listener, moduleRef) : listener;
      const found: Found = {
        instance,
        metadata: {},
        moduleRef,
        isStatic: true,
        load: () => Promise.resolve(instance),
      };
      registry.addPath(path, instance);
      registry.add(path, event, await this.target(found, 'handle', {}, defaults));
    }
  }

  private async registerProvider(found: Found, defaults: HookDefaults): Promise<void> {
    const { registry } = this;
    const { instance, metadata } = found;
    const { path, params } = metadata;
    const { name } = instance.constructor;
    assertNames(name, '@EventHandlers() option', metadata, EVENT_HANDLERS_OPTIONS);
    assertLists(name, '@EventHandlers() option', metadata, ['permissions', 'middleware']);
    registry.addPath(path, instance, params);
    const occasions = occasionsOf(instance);
    if (occasions.size === 0)
      throw new ConfigurationError(
        instance.constructor.name,
        'is marked with @EventHandlers() but handles no event.',
        "Mark its methods with @OnMessage(), @OnConnected() or @OnDisconnected(); @OnEvent() of @nestjs/event-emitter is for the application's own events.",
      );
    for (const [member, occasion] of occasions) {
      const options = typeof occasion === 'string' ? {} : occasion.options;
      assertNames(`${name}.${member}()`, '@OnMessage() option', options, MESSAGE_OPTIONS);
      assertLists(`${name}.${member}()`, '@OnMessage() option', options, ['permissions', 'groups']);
      const target = await this.target(found, member, options, defaults);
      if (occasion === 'connected') registry.addConnected(path, target);
      else if (occasion === 'disconnected') registry.addDisconnected(path, target);
      else registry.add(path, occasion.message, target);
    }
  }

  private async target(
    { instance, metadata, moduleRef, isStatic, load }: Found,
    member: string,
    options: MessageOptions,
    { permissions, middleware, limits, translators, rowViews }: HookDefaults,
  ): Promise<EventTarget> {
    const own = [...(metadata.permissions ?? []), ...(options.permissions ?? [])];
    const described = withDataInput(options, instance, member);
    const run = actionHandler({
      hook: instance,
      action: { member, name: member, options: described },
      middleware: [...middleware, ...(await createMiddleware(metadata.middleware ?? [], moduleRef))],
      permissions: [...permissions, ...(await createPermissions(own, moduleRef))],
      enhancement: this.enhancers.of({ hook: instance, member, isStatic, load, translators }),
      log: this.hub.log,
      rowViews,
      streamItems: limits.streamItems,
    });
    return {
      subject: `${instance.constructor.name}.${member}()`,
      timeoutMs: options.timeoutMs ?? limits.actionTimeoutMs,
      scopeType: EventContext,
      options: described,
      who: whoMay(instance, member, { permissions: options.permissions }, [], metadata.permissions ?? []),
      handle: (scope) => run(Object.assign(scope, { moduleRef })),
    };
  }
}

/** The application's own instance if it provides the class, else one created here. */
async function provided<T extends object>(type: Type<T>, root: ModuleRef): Promise<T> {
  const instance = await Promise.resolve()
    .then(() => root.get(type, { strict: false }))
    .catch(() => undefined);
  if (!instance) checkConstructorTypes(type);
  return instance ?? root.create(type);
}
