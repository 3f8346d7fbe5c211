// What a scope can ask of the server around it.

import { contextOf } from '../enhancers/request-context.js';
import { EventContext } from '../../events/event-context.js';
import type { HookRegistry } from '../../hooks/registry.js';
import type { HookScope, ScopeServices } from '../../core/scope/scope.js';
import type { Sinks } from '../../transport/sinks.js';

export function scopeServices(sink: Sinks, registry: HookRegistry): ScopeServices {
  return {
    emit({ namespace, method, action, requestId, connection }: HookScope, data, { status = 200, room }) {
      if (room === undefined) connection.send(namespace, { method, action, status, requestId, data });
      else sink.emit(namespace, { method, action, status, data }, room);
    },
    async resolve(scope, token) {
      const moduleRef = scope instanceof EventContext ? scope.moduleRef : registry.get(scope.namespace)?.moduleRef;
      if (!moduleRef) throw new Error(`Unknown hook "${scope.namespace}".`);
      const contextId = contextOf(scope, (request, id) => moduleRef.registerRequestByContextId(request, id));
      return moduleRef.resolve(token, contextId, { strict: false });
    },
  };
}
