// Port: the transaction that a writing action runs in. typeorm/store/typeorm-unit-of-work.ts implements it for TypeORM.

/** Identifies work that is done only once. */
export interface OnceKey {
  /** The same for every attempt at the same work. */
  readonly id: string;
  /** A hash of the input. The same id with another hash is an error of the client. */
  readonly fingerprint: string;
}

/** The transaction of one request. */
export interface UnitOfWork {
  /** The manager that stores use: inside `run` the transaction's, outside of it the data source's own. */
  readonly manager: unknown;
  /** The transaction of the last `run`. Pass it to a change log to get its position. */
  readonly transaction?: object;
  /** Runs `work` in one transaction: commits when it resolves, rolls back when it rejects. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Runs `work` in one transaction, as `run` does, and stores its result there. If a result is stored under this id already,
   * returns that one instead. A rejection is not stored.
   *
   * @throws JiraException `KEY_IN_FLIGHT` while this process runs the work of this id
   */
  once?(key: OnceKey, work: () => Promise<unknown>): Promise<unknown>;
  /** Turns an error of the database into one that clients may see; `undefined` if they must not see it. */
  translate?(error: unknown): Error | undefined;
}
