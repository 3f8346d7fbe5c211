// How a list is split into pages. A page never loads the whole table.

import type { HookScope } from '../../core/scope/scope.js';
import type { CursorRow, Seek } from './cursor.js';

/** The filtered, ordered rows that a page is cut from, as the client sees them. */
export interface PageSource {
  /** Counts the rows. @param limit where counting may stop: if there are more, the result is any larger number */
  count(limit?: number): Promise<number>;
  /** A cheap estimate of the number of rows; `undefined` if there is none. */
  estimate?(): Promise<number | undefined>;
  /** Returns up to `limit` rows, after the first `offset` ones. */
  slice(offset: number, limit: number): Promise<unknown[]>;
  /**
   * A slice and the count of all rows, read at once; `undefined` if that takes two reads. A copy made with `{ ...source }` lacks
   * this method, so it may have a `count` or a `slice` of its own.
   */
  sliceAndCount?(offset: number, limit: number): Promise<{ results: unknown[]; count: number } | undefined>;
  /** Whether `count()` and `slice()` may run at the same time; within a transaction they may not. */
  readonly isConcurrent?: boolean;
  /**
   * Identifies the order of the rows. `undefined` if a cursor cannot continue the list, because the store does not support it
   * or a value that orders the rows has no exact form outside the store.
   */
  readonly order?: string | undefined;
  /** The rows from a cursor on, the nearest first, or else the first rows of the list. */
  seek?(from: Seek | undefined, limit: number): Promise<CursorRow<unknown>[]>;
}

/** The page sizes of one list. */
export interface PageLimits {
  /** Rows per page if the client names no size. */
  readonly pageSize: number;
  /** The most rows a client may request. */
  readonly maxPageSize: number;
}

/** How a list is split into pages. Extend it for pages of your own form; a subclass may inject providers of the hook's module. */
export abstract class Pagination {
  /** Query keys that this pagination reads: they are not filters. */
  abstract readonly queryKeys: readonly string[];
  /**
   * How the rows of a list are counted. `exact` reads every row that matches: on a large table, that is most of a page's cost.
   * `capped` reads at most `countLimit` rows, `estimated` uses the database's estimate beyond that, and `none` counts nothing.
   * `CursorPagination` never counts.
   *
   * @default 'exact'
   */
  readonly countMode: CountMode = 'exact';
  /** How many rows `capped` and `estimated` count exactly, at most. @default 1_000 */
  readonly countLimit: number = 1_000;
  /** Returns the page that the query asks for. */
  abstract paginate(source: PageSource, scope: HookScope, limits: PageLimits): Promise<unknown>;
}

/** How the rows of a list are counted: see `Pagination.countMode`. */
export type CountMode = 'exact' | 'capped' | 'estimated' | 'none';

/** How an inexact count relates to the real number: a lower bound, or an estimate. */
export type CountIs = 'at_least' | 'estimated';

/** Reads a page, and whether more rows follow, without counting them. */
export async function readOneMore(
  source: PageSource,
  offset: number,
  limit: number,
): Promise<{ results: unknown[]; hasMore: boolean }> {
  const rows = await source.slice(offset, limit + 1);
  return { results: rows.slice(0, limit), hasMore: rows.length > limit };
}

/** Reads a positive integer, given as a number or a string; `undefined` for anything else. */
export function positive(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && (number as number) > 0 ? (number as number) : undefined;
}
