// How a list is split into pages. A page never loads the whole table.

import type { HookScope } from '../../core/scope/scope.js';
import type { CursorRow, Seek } from './cursor.js';

/** The filtered, ordered rows a page is cut from, already as the client sees them. */
export interface PageSource {
  /** @param limit where counting may stop: beyond it, any larger number will do */
  count(limit?: number): Promise<number>;
  /** A cheap estimate of the number of rows; undefined if there is none. */
  estimate?(): Promise<number | undefined>;
  slice(offset: number, limit: number): Promise<unknown[]>;
  /**
   * A slice and the count of all rows by one read; `undefined` where it takes two. A copy of the source made with `{ ...source }`
   * has no such method, so that it may have a `count` or `slice` of its own.
   */
  sliceAndCount?(offset: number, limit: number): Promise<{ results: unknown[]; count: number } | undefined>;
  /** Whether `count()` and `slice()` may run at the same time; within a transaction they may not. */
  readonly isConcurrent?: boolean;
  /**
   * Names the order of the rows; undefined if a cursor cannot continue the list: the store does not support it, or
   * a value that orders the rows has no exact form outside the store.
   */
  readonly order?: string | undefined;
  /** The rows from a cursor on, or the first ones, nearest to it first, as the client sees them. */
  seek?(from: Seek | undefined, limit: number): Promise<CursorRow<unknown>[]>;
}

export interface PageLimits {
  /** Rows per page if the client names no size. */
  readonly pageSize: number;
  /** The most rows a client may request. */
  readonly maxPageSize: number;
}

/** One way to page. Subclasses with dependencies are created in the hook's module. */
export abstract class Pagination {
  /** Query keys this pagination reads; filters leave them alone. */
  abstract readonly queryKeys: readonly string[];
  /**
   * How the rows of a list are counted. `exact` reads every row that matches: on a large table, most of what a page costs.
   * `capped` reads `countLimit` of them at most, `estimated` uses the database's estimate beyond that, and
   * `none` counts nothing. Pages by cursor never count.
   *
   * @default 'exact'
   */
  readonly countMode: CountMode = 'exact';
  /** How many rows `capped` and `estimated` count exactly, at most. @default 1_000 */
  readonly countLimit: number = 1_000;
  abstract paginate(source: PageSource, scope: HookScope, limits: PageLimits): Promise<unknown>;
}

export type CountMode = 'exact' | 'capped' | 'estimated' | 'none';

/** How an inexact count relates to the real one: a lower bound, or an estimate. */
export type CountIs = 'at_least' | 'estimated';

/** A page, and whether more rows follow, without counting them. */
export async function readOneMore(
  source: PageSource,
  offset: number,
  limit: number,
): Promise<{ results: unknown[]; hasMore: boolean }> {
  const rows = await source.slice(offset, limit + 1);
  return { results: rows.slice(0, limit), hasMore: rows.length > limit };
}

/** A positive integer, as a number or a string; undefined for anything else. */
export function positive(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && (number as number) > 0 ? (number as number) : undefined;
}
