// Port: where committed changes come from. `commits` captures TypeORM's; the feed of a database may be another source.

import type { Commit } from './change.js';

/** A row that could not be captured or announced, with the reason. */
export interface CaptureFailure {
  /** Name of the data source. */
  readonly source: string;
  /** Name of the entity in its data source's metadata. */
  readonly entity: string;
  readonly error: unknown;
}

/** What a change source calls. */
export interface ChangeListener {
  /** Called once per commit, in commit order, synchronously; must not throw. */
  onCommit(commit: Commit): void;
  /** Unknown rows of this entity changed: its subscribers must refetch. */
  onGap(failure: CaptureFailure): void;
}

/** A source of committed changes. */
export interface ChangeSource {
  /** Starts capturing an entity (by metadata name). Idempotent; unwatched entities cost nothing. */
  watch(entity: string): void;
  /** Returns a function that unsubscribes. */
  listen(listener: ChangeListener): () => void;
}
