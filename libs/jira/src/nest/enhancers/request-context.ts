// The injection context of a request: one for all its request-scoped providers.

import { ContextIdFactory, type ContextId } from '@nestjs/core';
import type { HookScope } from '../../core/scope/scope.js';
import { nestClient } from './nest-client.js';

const CONTEXTS = new WeakMap<HookScope, ContextId>();

/** @param register tells Nest what `@Inject(REQUEST)` injects in a context */
export function contextOf(scope: HookScope, register: (request: object, contextId: ContextId) => void): ContextId {
  const known = CONTEXTS.get(scope);
  if (known) return known;
  const contextId = ContextIdFactory.create();
  register(nestClient(scope), contextId);
  CONTEXTS.set(scope, contextId);
  return contextId;
}
