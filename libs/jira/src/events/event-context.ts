// One client event, as its handler sees it.

import type { ModuleRef } from '@nestjs/core';
import { HookScope } from '../core/scope/scope.js';

/**
 * First parameter of `@OnMessage`, `@OnConnected` and `@OnDisconnected` methods. It is a scope, so permissions,
 * middleware, guards and `scopeOf()` work on events as on requests; `namespace` is the event's name, `action` is empty.
 */
export class EventContext<Payload = unknown> extends HookScope {
  declare data: Payload;
  /** The module that holds the handler. */
  moduleRef?: ModuleRef;

  get eventName(): string {
    return this.namespace;
  }

  /** The event's payload: as sent until it was validated, then an instance of the handler's input class. */
  get payload(): Payload {
    return this.data;
  }
}
