// Port: what can be observed. TypeORM's entities are; so are a hook's own rows, and signals of the application.

import type { RowId } from 'nestjs-jira-protocol';
import type { HookScope } from '../../core/scope/scope.js';
import type { RowMatcher } from '../delivery/channel.js';
import type { Change, Image } from '../../core/changes/change.js';

export interface ObservedRows {
  /** `entityKey` of the entity, or a name of its own. */
  readonly key: string;
  /** The entity's name: the room of observers that name none. */
  readonly name: string;
  /** Whether soft-deleted rows count as rows. */
  readonly withDeleted?: boolean;
  /** Starts capturing its changes. Idempotent. */
  watch(): void;
  /** The rows that a visibility means. */
  matcherOf(visibility: unknown): RowMatcher;
  /** Rows as they are now, as changes that changed nothing. */
  read(ids: readonly RowId[]): Promise<readonly Change[]>;
  /** Rows of another entity beside them, by the name its changes carry; `undefined` for those that nobody can watch. */
  related?(name: string): ObservedRows | undefined;
  /** Whether every process watches that entity from its start on; absent = it does not. */
  isAlwaysWatched?(name: string): boolean;
  /** Names the columns of the rows: another text where they have others. */
  readonly shape?: string;
  /** What the hook says of its own rows; absent for the rows of others. */
  readonly own?: OwnRows;
}

/** An image that is about to be sent, and the change it belongs to. */
export interface Announced {
  readonly image: Image;
  readonly change: Change;
}

/** A hook's rules for its own rows, which its observers go by unless they have rules of their own. */
export interface OwnRows {
  /** The rows that the request's filter names. */
  filter(scope: HookScope): RowMatcher | Promise<RowMatcher>;
  visibility(scope: HookScope): unknown;
  /** Object permissions, for hooks that have some. */
  readonly permits?: (scope: HookScope, image: Image) => Promise<boolean>;
  /** @param isLoaded whether `load` was called with it */
  serialize(announced: Announced, scope: HookScope, isLoaded: boolean): unknown;
  /** Names how the caller's rows are read, where images do not hold all that is shown of them; `undefined` where they do. */
  readonly wayOf?: (scope: HookScope) => string | undefined;
  /** Reads rows in that way: what `serialize` needs beside their images. */
  readonly load?: (announced: readonly Announced[], scope: HookScope) => Promise<void>;
  /** Names the form in which they are shown: another text where it may be another. */
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
  /** Keys of the hook's rows whose output shows this row: they are announced again. Rights are not checked again then. */
  rows?(this: void, row: object): Iterable<RowId>;
}

/** Finds what an observer names. Abstract class, so that it can be a token of dependency injection. */
export abstract class Observables {
  /**
   * Throws a ConfigurationError that names the subject when no data source has the entity, or several have and
   * `dataSource` is none of them.
   */
  abstract find(entity: unknown, subject: string, dataSource?: string): ObservedRows;
}
