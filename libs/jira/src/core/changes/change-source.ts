// Port: where committed changes come from. TypeORM's is typeorm/capture; a database's own feed may be another.

import type { Commit } from './change.js';

/** A row that could not be captured or announced, and why. */
export interface CaptureFailure {
  readonly source: string;
  readonly entity: string;
  readonly error: unknown;
}

export interface ChangeListener {
  /** Called once a commit, in commit order, synchronously; must not throw. */
  onCommit(commit: Commit): void;
  /** Changes of this entity happened that cannot be named row by row: whoever watches it has to fetch again. */
  onGap(failure: CaptureFailure): void;
}

export interface ChangeSource {
  /** Starts to capture an entity (its metadata name). Idempotent; unwatched entities cost nothing. */
  watch(entity: string): void;
  /** Returns its own undo. */
  listen(listener: ChangeListener): () => void;
}
