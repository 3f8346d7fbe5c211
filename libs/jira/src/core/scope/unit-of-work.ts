// Port: the transaction a writing action runs in. TypeORM's is typeorm/typeorm-unit-of-work.

export interface OnceKey {
  readonly id: string;
  /** A hash of the input: the same id with another hash is a mistake of the client. */
  readonly fingerprint: string;
}

export interface UnitOfWork {
  /** What stores work through: inside `run` bound to the transaction, outside the data source's own. */
  readonly manager: unknown;
  /** The transaction of the last `run`, to ask a change log for its position. */
  readonly transaction?: object;
  /** Runs `work` in one transaction: commits when it resolves, rolls back when it rejects. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Does the work in one transaction, as `run` does, and stores its result there, or returns the result stored under this id.
   * Throws KEY_IN_FLIGHT while this process does the work of this id. What rejects is not stored.
   */
  once?(key: OnceKey, work: () => Promise<unknown>): Promise<unknown>;
  /** Translates an error of the database; `undefined` if a client must not see it. */
  translate?(error: unknown): Error | undefined;
}
