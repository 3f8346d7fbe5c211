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

/** A change that the application signals. */
export interface Signal<Row extends object> {
  readonly id: RowId;
  readonly type: ChangeType;
  readonly before?: Row;
  readonly after?: Row;
}

/** Where signals come from, such as an RxJS `Observable` or `Subject`. */
export interface SignalSource<Row extends object> {
  subscribe(listener: (signal: Signal<Row>) => void): { unsubscribe(): void };
}

/** `Row` is the argument of the functions: all own columns of the row, without related rows. `View` is what `serialize` makes of it. */
export interface ObserverOptions<Row extends object, View = unknown> {
  /** The rooms that the changes of one row go to. Needs `subscribingRooms`. @default one room for all */
  rooms?(this: void, row: Row, change: EntityChange<Row>): Rooms;
  /**
   * The rooms this caller listens to. An empty array refuses the subscription: this is the permission to subscribe.
   * Names never leave the server, and a client cannot choose them unless this function reads them from the request.
   */
  subscribingRooms?(this: void, scope: HookScope): Awaitable<Rooms>;
  /**
   * What subscribers are sent of a row, even of a removed one. `serializesPerUser` decides whether it gets the scope.
   *
   * @default the hook's own `serialize` for the hook's entity, otherwise `{ pk }`
   */
  serialize?(this: void, row: Row, scope: HookScope, type: ChangeType): View;
  /**
   * Whether `serialize` reads the subscriber's scope. If so, each subscription is served on its own, unless `audience`
   * names groups. If `false`, it gets the row alone, once for all. Required for a function without parameters, such as
   * one that a decorator wraps.
   *
   * @default true with a second parameter or an `audience`, false with one parameter
   */
  serializesPerUser?: boolean;
  /** Names the group of callers for whom `serialize` returns the same. @default one group per subscription, or one for all */
  audience?(this: void, scope: HookScope): string;
  /** The subscribers who receive this change. @default all */
  participants?(this: void, scopes: readonly HookScope[], row: Row, type: ChangeType): readonly HookScope[];
  /** Called once per change, with or without subscribers. Return `false` if you sent it yourself; it is then not sent again. */
  handler?(this: void, change: EntityChange<Row>, rooms: RoomDiff): Awaitable<boolean | void>;
  /** Entities whose rows decide who sees what, or that the output shows. @default the hook's, for the hook's entity */
  dependsOn?: readonly Dependency[];
  /** Signals to observe instead of commits. */
  source?: SignalSource<Row>;
}

/** Stands for what is sent of a row if an observer has no `serialize`: the output of the row's hook, or else its key. */
export interface Unserialized<Row> {
  readonly row: Row;
}

/** Options whose visibility is in the terms of the rows' source. */
export interface BoundOptions<Row extends object> extends ObserverOptions<Row> {
  visibility?(this: void, scope: HookScope): unknown;
}

/** The names of all options, for the check at boot. */
export const OBSERVER_OPTIONS: Names<BoundOptions<object>> = {
  rooms: true, subscribingRooms: true, serialize: true, serializesPerUser: true, audience: true, participants: true,
  handler: true, dependsOn: true, source: true, visibility: true,
}; // prettier-ignore
