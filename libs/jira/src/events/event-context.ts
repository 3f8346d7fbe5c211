// One client event, as its handler sees it.

import type { ModuleRef } from '@nestjs/core';
import { HookScope } from '../core/scope/scope.js';

/**
 * First parameter of `@OnMessage()`, `@OnConnected()` and `@OnDisconnected()` methods. It is a scope, so permissions, middleware,
 * guards and `scopeOf()` work for events as for requests. `namespace` is the event's name, and `action` is empty.
 */
export class EventContext<Payload = unknown> extends HookScope {
  declare data: Payload;
  /** The module that holds the handler. */
  moduleRef?: ModuleRef;

  get eventName(): string {
    return this.namespace;
  }

  /** The event's payload: as sent, and after validation the validated input. */
  get payload(): Payload {
    return this.data;
  }
}
