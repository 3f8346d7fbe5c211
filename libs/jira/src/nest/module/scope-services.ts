// The services of a scope.

import { Injectable, type Type } from '@nestjs/common';
import type { EmitOptions, HookScope, ScopeServices } from '../../core/scope/scope.js';
import { EventContext } from '../../events/event-context.js';
import { HookRegistry } from '../../hooks/registry.js';
import { Sinks } from '../../transport/sinks.js';
import { contextOf } from '../enhancers/request-context.js';

@Injectable()
export class NestScopeServices implements ScopeServices {
  constructor(
    private readonly sinks: Sinks,
    private readonly hooks: HookRegistry,
  ) {}

  emit(scope: HookScope, data: unknown, { status = 200, room }: EmitOptions): void {
    const { namespace, method, action, requestId, connection } = scope;
    if (room === undefined) connection.send(namespace, { method, action, status, requestId, data });
    else this.sinks.emit(namespace, { method, action, status, data }, room);
  }

  async resolve<T>(scope: HookScope, token: Type<T> | string | symbol): Promise<T> {
    const moduleRef = scope instanceof EventContext ? scope.moduleRef : this.hooks.get(scope.namespace)?.moduleRef;
    if (!moduleRef) throw new Error(`Unknown hook "${scope.namespace}".`);
    const contextId = contextOf(scope, (request, id) => moduleRef.registerRequestByContextId(request, id));
    return moduleRef.resolve<T>(token, contextId, { strict: false });
  }
}
