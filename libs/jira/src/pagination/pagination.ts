// How a list is cut into pages. A page never loads the table.

import type { HookScope } from '../scope/scope.js';
import type { Keyset, KeysetPosition } from './keyset.js';

/** The filtered, ordered rows a page is cut from, already as the client sees them. */
export interface PageSource {
  count(): Promise<number>;
  slice(offset: number, limit: number): Promise<unknown[]>;
  /**
   * How to read on from a row; undefined where the rows are ordered by what they do not carry (a related row's field).
   * Stores without it cannot be read by cursor.
   */
  keyset?(): Keyset | undefined;
  /** The rows after a position, or the first ones, each with what it is shown as. */
  read?(after: KeysetPosition | undefined, limit: number): Promise<{ readonly row: object; readonly shown: unknown }[]>;
}

export interface PageLimits {
  /** Rows of a page when the client names no size. */
  readonly pageSize: number;
  /** Most rows a client may ask for. */
  readonly maxPageSize: number;
}

/** One way to page. Subclasses with dependencies are created in the hook's module. */
export abstract class Pagination {
  /** Query keys this pagination reads; filters leave them alone. */
  abstract readonly queryKeys: readonly string[];
  /** Whether a page says how many rows there are in all: one more query a page. @default true */
  readonly countRows: boolean = true;
  abstract paginate(source: PageSource, scope: HookScope, limits: PageLimits): Promise<unknown>;
}

/** A page, and whether there are rows after it, without counting them. */
export async function readOneMore(
  source: PageSource,
  offset: number,
  limit: number,
): Promise<{ results: unknown[]; hasMore: boolean }> {
  const rows = await source.slice(offset, limit + 1);
  return { results: rows.slice(0, limit), hasMore: rows.length > limit };
}

/** A whole number above 0, written as a number or as text; undefined for anything else. */
export function positive(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && (number as number) > 0 ? (number as number) : undefined;
}
