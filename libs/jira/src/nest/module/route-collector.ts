// Collects the application's URLs: of hooks, of event handlers, and raw ones.

import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { assertNames } from '../../core/support/known-names.js';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { EventRegistry } from '../../events/event-registry.js';
import { handshakeCheckOf } from '../../hooks/handshake-refusal.js';
import { HookRegistry } from '../../hooks/registry.js';
import { RouteTable } from '../../transport/routes/route-table.js';
import { rawHandlersOf, type RawHandler } from '../../transport/routes/web-socket-route.decorator.js';

@Injectable()
export class RouteCollector {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly hooks: HookRegistry,
    private readonly events: EventRegistry,
    private readonly routes: RouteTable,
  ) {}

  /** Called once, after hooks and handlers are registered. @throws ConfigurationError for conflicting paths */
  collect(): void {
    for (const { hook, path, params } of this.hooks.all()) {
      const check = handshakeCheckOf(hook, path);
      if (path !== undefined) this.routes.add({ subject: hook.constructor.name, path, params, check });
    }
    for (const { path, handlers, params } of this.events.paths()) {
      const check = handshakeCheckOf(handlers, path);
      if (path !== undefined) this.routes.add({ subject: handlers.constructor.name, path, params, check });
    }
    for (const [path, event, { subject }] of this.events.all()) {
      const hook = this.hooks.get(event);
      if (!hook || hook.path !== path) continue;
      throw new ConfigurationError(
        subject,
        `handles the event "${event}", the namespace of ${hook.hook.constructor.name}.`,
        'Rename one of them.',
      );
    }
    this.collectRaw();
  }

  private collectRaw(): void {
    const seen = new Set<object>();
    for (const wrapper of this.discovery.getProviders()) {
      const instance: unknown = wrapper.instance;
      if (wrapper.isNotMetatype || typeof instance !== 'object' || instance === null || seen.has(instance)) continue;
      seen.add(instance);
      for (const [member, { path, params, ...rest }] of rawHandlersOf(instance)) {
        const subject = `${instance.constructor.name}.${member}()`;
        const raw = (instance as Record<string, RawHandler>)[member]?.bind(instance);
        assertNames(subject, '@WebSocketRoute() option', rest);
        this.routes.add({ subject, path, params, raw, check: handshakeCheckOf(instance, path) });
      }
    }
  }
}
