// The options of an observer.

import type { RowId } from 'nestjs-jira-protocol';
import type { HookScope } from '../../core/scope/scope.js';
import type { Names } from '../../core/support/known-names.js';
import type { ChangeType, EntityChange } from '../../core/changes/change.js';
import type { Dependency } from './observed-rows.js';
import type { Room, RoomDiff } from '../delivery/rooms.js';

type Awaitable<T> = T | Promise<T>;

/** One room, or several. */
export type Rooms = Room | Iterable<Room>;

/** A change that the application signals through an observer's `source`. */
export interface Signal<Row extends object> {
  /** The row's key. */
  readonly id: RowId;
  readonly type: ChangeType;
  /** The row before the change; absent if it was added. */
  readonly before?: Row;
  /** The row after the change; absent if it was removed. */
  readonly after?: Row;
}

/** Where signals come from, such as an RxJS `Observable` or `Subject`. */
export interface SignalSource<Row extends object> {
  subscribe(listener: (signal: Signal<Row>) => void): { unsubscribe(): void };
}

/**
 * Options of an observer. Functions get a `Row`: all its own columns, without related rows. `View` is what `serialize`
 * returns.
 */
export interface ObserverOptions<Row extends object, View = unknown> {
  /** Returns the rooms that get the changes of a row. Needs `subscribingRooms`. @default one room for all rows */
  rooms?(this: void, row: Row, change: EntityChange<Row>): Rooms;
  /**
   * Returns the rooms that this caller listens to. An empty array refuses the subscription, so this is the permission to
   * subscribe. Names never leave the server, and clients cannot choose them unless this function reads the request.
   */
  subscribingRooms?(this: void, scope: HookScope): Awaitable<Rooms>;
  /**
   * Returns what subscribers get of a row, including a removed one. `serializesPerUser` decides whether it gets the
   * scope.
   *
   * @default the hook's own `serialize` for the hook's entity, otherwise `{ pk }`
   */
  serialize?(this: void, row: Row, scope: HookScope, type: ChangeType): View;
  /**
   * Whether `serialize` reads the subscriber's scope. If `true`, it is called for each subscription, or for each group
   * that `audience` names. If `false`, it gets the row alone and is called once for all. Set this if `serialize` declares
   * no parameters, as when a decorator wraps it; otherwise the application does not boot.
   *
   * @default true with a second parameter or an `audience`, false with one parameter
   */
  serializesPerUser?: boolean;
  /** Names the group of callers for whom `serialize` returns the same. @default one per subscription, or one for all */
  audience?(this: void, scope: HookScope): string;
  /** Returns the subscribers who receive this change. @default all */
  participants?(this: void, scopes: readonly HookScope[], row: Row, type: ChangeType): readonly HookScope[];
  /** Called once per change, even without subscribers. Return `false` if you sent it yourself: it is then not sent again. */
  handler?(this: void, change: EntityChange<Row>, rooms: RoomDiff): Awaitable<boolean | void>;
  /** Entities whose rows decide who sees what, or that the output shows. @default the hook's, for the hook's entity */
  dependsOn?: readonly Dependency[];
  /** Signals to observe instead of commits. */
  source?: SignalSource<Row>;
}

/** The `View` of an observer without `serialize`: the output of the row's hook, or else `{ pk }`. */
export interface Unserialized<Row> {
  readonly row: Row;
}

/** Options of an observer, with a `visibility` in the form that its kind of rows needs. */
export interface BoundOptions<Row extends object> extends ObserverOptions<Row> {
  visibility?(this: void, scope: HookScope): unknown;
}

/** The names of all options, for the check at boot. */
export const OBSERVER_OPTIONS: Names<BoundOptions<object>> = {
  rooms: true, subscribingRooms: true, serialize: true, serializesPerUser: true, audience: true, participants: true,
  handler: true, dependsOn: true, source: true, visibility: true,
}; // prettier-ignore
