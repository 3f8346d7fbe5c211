// Port: where a hook's rows live. TypeORM's is typeorm/store/typeorm-store; a hook over anything else brings its own.

import type { Filter, Ordering } from '../policy/filtering/filter.js';
import type { CursorRow, Seek } from '../policy/pagination/cursor.js';

export interface StoreQuery {
  readonly filter: Filter;
  readonly ordering: readonly Ordering[];
  readonly offset?: number;
  readonly limit?: number;
}

/** What a row is read for: it stays as it is until the transaction ends, where the database can lock rows. */
export type RowUse = 'write' | 'remove';

/** The rows one caller may see and write. Opened per request: it carries the caller's visibility and transaction. */
export interface Store<E extends object> {
  find(query: StoreQuery): Promise<E[]>;
  /** Some of the rows, and the number of all, by one read; `undefined` where it takes two. */
  findAndCount?(query: StoreQuery): Promise<{ readonly rows: E[]; readonly count: number } | undefined>;
  /** @param use what for, where the filter names the row by its key; a store may lock it, or not @default to be shown */
  findOne(filter: Filter, use?: RowUse): Promise<E | null>;
  /**
   * The rows that these filters name by their keys, one each, locked in the order of their keys; `null` where there is
   * none, or it has to be looked for by `findOne`. Others may be locked as well, for nothing.
   *
   * @param narrowing what all have to satisfy besides
   */
  findEach?(filters: readonly Filter[], narrowing: Filter, use: RowUse): Promise<(E | null)[]>;
  /** @param limit enough to know: what is beyond need not be counted */
  count(filter: Filter, limit?: number): Promise<number>;
  /** An estimate of the number of rows, without reading them; undefined if there is none. */
  estimate?(filter: Filter): Promise<number | undefined>;
  /** Whether several reads may run at the same time: not within a transaction. */
  readonly isConcurrent?: boolean;
  /** Whether rows in this order can be read on from a cursor; stores without it cannot. */
  hasCursors?(ordering: readonly Ordering[]): boolean;
  /** Rows from a cursor on (all rows without one), nearest to it first, each with its own cursor. `offset` has no meaning. */
  seek?(query: StoreQuery, from?: Seek): Promise<CursorRow<E>[]>;
  /** A new entity with these fields, not yet stored. */
  create(fields: Record<string, unknown>): E;
  /** Sets these fields of an entity; others keep their values. */
  merge(entity: E, fields: Record<string, unknown>): E;
  /**
   * Inserts the row, and resolves with it as stored. The caller must see it; otherwise the transaction fails with a
   * field error.
   */
  insert(entity: E): Promise<E>;
  /**
   * The same for several, by one statement; `undefined` where each needs its own, and nothing was done. Within a savepoint: of
   * a failure it is not said which entity's it is.
   */
  insertMany?(entities: readonly E[]): Promise<E[] | undefined>;
  /** Stores changed fields of a row found before, and resolves with the new row, which the caller must see. */
  update(entity: E): Promise<E>;
  /** The row as it is stored now, whoever wrote it; the entity itself where it is just that. */
  reread?(entity: E): Promise<E>;
  remove(entity: E): Promise<void>;
  /** The property that counts a row's changes, if the rows have one. */
  readonly versionField?: string | undefined;
  /** The row as it is stored now, locked until the transaction ends if the database can; `null` if the caller may not see it. */
  lock?(entity: E): Promise<E | null>;
}
