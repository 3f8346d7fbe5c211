// Port: what surrounds an action from outside the library. nest/enhancers brings Nest's guards, pipes, interceptors and filters.
// An action without any has none of these members, and they cost it nothing.

import type { Handler } from '../policy/middleware/compose.js';
import type { ActionScope, HookScope } from '../core/scope/scope.js';
import type { StreamSink } from './stream.js';

/**
 * The action itself with its input and transaction. Its result is not an `Answer` yet.
 *
 * @param sinkOf where items go if the action streams
 */
export type ActionBody = (scope: ActionScope, sinkOf: SinkFactory) => Promise<unknown>;

export type SinkFactory = (scope: HookScope) => StreamSink;

export interface ActionEnhancers {
  /** Exception filters: around everything else, middleware included. */
  readonly filter?: (inner: Handler) => Handler;
  /** Rejects if a guard refuses. Runs before the permissions. */
  readonly guard?: (scope: HookScope) => Promise<unknown>;
  /** Interceptors. They see the action's result as the client will. */
  readonly intercept?: (inner: ActionBody) => ActionBody;
  /** Pipes for the request's data, before it is validated. Absent if parameters have pipes of their own. */
  readonly transformData?: (scope: HookScope) => Promise<unknown>;
  /** The method's arguments from its parameter decorators, after the pipes. */
  readonly argumentsOf?: (scope: HookScope) => Promise<unknown[]>;
}

/** The enhancers of an action, or a factory per request if some are request-scoped. */
export type ActionEnhancement = ActionEnhancers | ((scope: HookScope) => Promise<ActionEnhancers>);

/** Whether no enhancer sees the action's answer. */
export function isBare(enhancement: ActionEnhancement = {}): boolean {
  return typeof enhancement !== 'function' && !enhancement.filter && !enhancement.intercept;
}
