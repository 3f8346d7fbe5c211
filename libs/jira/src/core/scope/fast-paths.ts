// Fast paths to the same result. Each can be turned off, in case you suspect one.

export interface FastPaths {
  /** Plain entities are read by the driver's own statements instead of TypeORM's query builder, outside of transactions. @default true */
  readonly reads: boolean;
  /** The stock `create` of plain entities inserts in one turn on better-sqlite3, and by one statement on PostgreSQL. @default true */
  readonly writes: boolean;
  /** Views of plain `@Expose()` fields are copied instead of transformed. @default true */
  readonly views: boolean;
  /** What a commit changed is framed once and its bytes written to each idle WebSocket of a channel, past Socket.IO and the queue of Node's stream; an answer of JSON alone is encoded without a search for binary data. @default true */
  readonly frames: boolean;
}

export const ALL_FAST_PATHS: FastPaths = Object.freeze({ reads: true, writes: true, views: true, frames: true });
