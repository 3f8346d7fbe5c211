// Port: where a hook's rows live. typeorm/store/typeorm-store.ts implements it for TypeORM.

import type { Filter, Ordering } from '../policy/filtering/filter.js';
import type { CursorRow, Seek } from '../policy/pagination/cursor.js';

/** A read of several rows. */
export interface StoreQuery {
  readonly filter: Filter;
  readonly ordering: readonly Ordering[];
  /** How many rows to skip. @default 0 */
  readonly offset?: number;
  /** Maximum number of rows. @default no limit */
  readonly limit?: number;
}

/** What a row is read for. If the database can lock rows, the row stays as it is until the transaction ends. */
export type RowUse = 'write' | 'remove';

/** The rows that one caller may see and write. Opened for each request, with the caller's visibility and transaction. */
export interface Store<E extends object> {
  /** Returns the rows that match the filter, in the order of the query. */
  find(query: StoreQuery): Promise<E[]>;
  /** A slice of the rows and the number of all, in one read; `undefined` if that takes two reads. */
  findAndCount?(query: StoreQuery): Promise<{ readonly rows: E[]; readonly count: number } | undefined>;
  /**
   * Returns the row that the filter finds; `null` if there is none.
   *
   * @param use what the row is read for, if the filter names it by its key: the store may lock it. Absent = to be shown
   */
  findOne(filter: Filter, use?: RowUse): Promise<E | null>;
  /**
   * Returns one row for each filter that names a row by its key, and locks the rows in the order of their keys. `null` if there
   * is no such row, or `findOne` has to look for it. The store may lock other rows, too.
   *
   * @param narrowing a filter that all rows have to satisfy as well
   */
  findEach?(filters: readonly Filter[], narrowing: Filter, use: RowUse): Promise<(E | null)[]>;
  /** Counts rows. @param limit where counting may stop: if there are more, the result is any larger number */
  count(filter: Filter, limit?: number): Promise<number>;
  /** An estimate of the number of rows, without reading them; `undefined` if there is none. */
  estimate?(filter: Filter): Promise<number | undefined>;
  /** Whether several reads may run at the same time. Within a transaction they may not. */
  readonly isConcurrent?: boolean;
  /** Whether a cursor can continue a list in this order. Absent = never. */
  hasCursors?(ordering: readonly Ordering[]): boolean;
  /** The rows from a cursor on, the nearest first, or else the first rows; each with its own cursor. `offset` is ignored. */
  seek?(query: StoreQuery, from?: Seek): Promise<CursorRow<E>[]>;
  /** A new entity with these fields, not yet stored. */
  create(fields: Record<string, unknown>): E;
  /** Sets these fields of an entity; others keep their values. */
  merge(entity: E, fields: Record<string, unknown>): E;
  /**
   * Inserts the row and resolves with it as stored. If the caller may not see it then, the transaction fails with a field
   * error.
   */
  insert(entity: E): Promise<E>;
  /**
   * Inserts several rows in one statement; `undefined` if they need a statement each, and nothing was done. The caller opens a
   * savepoint, because a failure does not say which entity is at fault.
   */
  insertMany?(entities: readonly E[]): Promise<E[] | undefined>;
  /** Stores changed fields of a row found before and resolves with the new row, which the caller must be able to see. */
  update(entity: E): Promise<E>;
  /** The row as it is stored now, whoever wrote it. May return the entity itself if that is the same. */
  reread?(entity: E): Promise<E>;
  remove(entity: E): Promise<void>;
  /** The property with a row's version number, if the rows have one. */
  readonly versionField?: string | undefined;
  /** The row as it is stored now, locked until the transaction ends if the database can; `null` if the caller may not see it. */
  lock?(entity: E): Promise<E | null>;
}
