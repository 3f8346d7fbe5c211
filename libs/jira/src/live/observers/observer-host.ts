// What an observer gets from its hook and the server.

import type { Query } from 'nestjs-jira-protocol';
import type { Connections } from '../../core/connections/connections.js';
import type { HookScope } from '../../core/scope/scope.js';
import type { Hub } from '../delivery/hub.js';
import type { ReadOnce } from '../delivery/resumption.js';
import type { Observables, ObservedRows } from './observed-rows.js';

/** Passed to an observer when its hook registers. */
export interface ObserverHost {
  readonly namespace: string;
  /** Name of the property that holds the observer. */
  readonly property: string;
  /** `IssueHook.changes`, for errors. */
  readonly subject: string;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly observables: Observables;
  /** The data source the hook names. */
  readonly dataSource?: string;
  /**
   * The hook's own rows, if the observer's entity is that of the hook. `undefined` asks for the hook's rows, whatever
   * they are.
   */
  ownRows(this: void, entity: unknown): ObservedRows | undefined;
  /** Reads what the hook's `list` answers to this caller; absent if it has no `list`. */
  readSnapshot?(this: void, scope: HookScope, query: Query, once?: ReadOnce): Promise<unknown>;
  /** Rejects unless the caller may still call the action that subscribed. */
  recheck(scope: HookScope): Promise<void> | void;
}
