// Finds the `@OnChange()` methods of the application's providers and controllers.

import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { connectListeners } from '../../live/observers/change-listeners.js';
import { changeListenersOf } from '../../live/observers/on-change.decorator.js';
import { Hub } from '../../live/delivery/hub.js';
import { Observables } from '../../live/observers/observed-rows.js';
import { checkConstructorTypes } from './constructor-types.js';

@Injectable()
export class ChangeListenerExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly hub: Hub,
    private readonly observables: Observables,
  ) {}

  /** Connects them. @throws ConfigurationError for a request-scoped class, an unknown entity or an untyped constructor */
  connect(): void {
    const seen = new Set<unknown>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      const instance: unknown = wrapper.instance;
      if (typeof instance !== 'object' || instance === null || seen.has(instance)) continue;
      seen.add(instance);
      const [first] = changeListenersOf(instance);
      if (!first) continue;
      if (!wrapper.isDependencyTreeStatic())
        throw new ConfigurationError(
          `${instance.constructor.name}.${first.member}()`,
          'listens for changes, but its class is request-scoped and a change belongs to no request.',
          'Move the method to a singleton provider.',
        );
      if (wrapper.metatype === instance.constructor) checkConstructorTypes(wrapper.metatype);
      connectListeners(instance, this.hub, this.observables);
    }
  }
}
