// Port: the rows that an observer can watch. These are TypeORM entities, a hook's own rows, or signals of the
// application.

import type { RowId } from 'nestjs-jira-protocol';
import type { HookScope } from '../../core/scope/scope.js';
import type { RowMatcher } from '../delivery/channel.js';
import type { Change, Image } from '../../core/changes/change.js';

export interface ObservedRows {
  /** `entityKey` of the entity, or another unique name. */
  readonly key: string;
  /** The entity's name. It is also the room of observers that name none. */
  readonly name: string;
  /** Whether soft-deleted rows count as rows. */
  readonly withDeleted?: boolean;
  /** Starts capturing its changes. Idempotent. */
  watch(): void;
  /** The matcher of a visibility. */
  matcherOf(visibility: unknown): RowMatcher;
  /** Reads the rows as they are now, as changes that changed nothing. */
  read(ids: readonly RowId[]): Promise<readonly Change[]>;
  /**
   * The rows of another entity in the same data source, by the name that its changes carry; `undefined` if nothing can
   * watch them.
   */
  related?(name: string): ObservedRows | undefined;
  /** Whether every process watches that entity from its start; absent means no. */
  isAlwaysWatched?(name: string): boolean;
  /** Identifies the columns of the rows: changes if they change. */
  readonly shape?: string;
  /** The hook's rules for its own rows; absent for other rows. */
  readonly own?: OwnRows;
}

/** An image that is about to be sent, and the change it belongs to. */
export interface Announced {
  readonly image: Image;
  readonly change: Change;
}

/** A hook's rules for its own rows. Its observers follow them unless they have their own. */
export interface OwnRows {
  /** The matcher of the request's filter. */
  filter(scope: HookScope): RowMatcher | Promise<RowMatcher>;
  visibility(scope: HookScope): unknown;
  /** Object permissions, for hooks that have some. */
  readonly permits?: (scope: HookScope, image: Image) => Promise<boolean>;
  /** @param isLoaded whether `load` was called with it */
  serialize(announced: Announced, scope: HookScope, isLoaded: boolean): unknown;
  /** Identifies how the caller's rows are read, if images do not hold all that is shown; otherwise `undefined`. */
  readonly wayOf?: (scope: HookScope) => string | undefined;
  /** Reads what `serialize` needs besides the images. */
  readonly load?: (announced: readonly Announced[], scope: HookScope) => Promise<void>;
  /** Identifies the form in which the rows are shown: changes if the form may change. */
  readonly shape?: string;
  /** Whether `serialize` is given the caller's scope. */
  readonly serializesPerUser: boolean;
  readonly audience?: (scope: HookScope) => string;
  readonly dependsOn: readonly Dependency[];
}

/** Rows of another entity that decide about a hook's rows. */
export interface Dependency {
  /** Class of the rows. */
  readonly entity: unknown;
  /**
   * Users whose rights the row decides (their keys, or the users): only their subscriptions are checked again.
   *
   * @default everyone
   */
  users?(this: void, row: object): Iterable<unknown>;
  /** Keys of the hook's rows whose output shows this row: they are announced again, and rights are not checked again. */
  rows?(this: void, row: object): Iterable<RowId>;
}

/** Finds the rows that an observer names. An abstract class, so that it can be an injection token. */
export abstract class Observables {
  /**
   * @throws ConfigurationError with the subject if no data source has the entity, or if several have it and
   * `dataSource` names none of them
   */
  abstract find(entity: unknown, subject: string, dataSource?: string): ObservedRows;
}
