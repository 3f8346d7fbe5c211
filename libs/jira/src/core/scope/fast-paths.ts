// Fast paths, and a switch for each.

/** Fast paths. Each gives the same result as the general path; turn one off if you suspect it. */
export interface FastPaths {
  /** Outside of transactions, the driver reads plain entities, without TypeORM's query builder. @default true */
  readonly reads: boolean;
  /** The stock `create` of plain entities takes one turn on better-sqlite3, and one statement on PostgreSQL. @default true */
  readonly writes: boolean;
  /** Views of plain `@Expose()` fields are copied instead of transformed. @default true */
  readonly views: boolean;
  /**
   * A change is framed once, and its bytes are written to each idle WebSocket of a channel, past Socket.IO and the queue of
   * Node's stream. An answer that is pure JSON is encoded without a search for binary data.
   *
   * @default true
   */
  readonly frames: boolean;
}

export const ALL_FAST_PATHS: FastPaths = Object.freeze({ reads: true, writes: true, views: true, frames: true });
