// Prepares a hook's list for a live list that keeps its rows sorted in memory.

import type { EntityMetadata } from 'typeorm';
import type { HookScope } from '../../core/scope/scope.js';
import { paginationOf } from '../../hooks/generic-hook.js';
import type { ListSource } from '../../hooks/list-source.js';
import type { RowOrder, SortedList, SortedPage } from '../../live/lists/list-definition.js';
import { CursorPagination } from '../../policy/pagination/cursor.pagination.js';
import { LimitOffsetPagination } from '../../policy/pagination/limit-offset.pagination.js';
import { PageNumberPagination } from '../../policy/pagination/page-number.pagination.js';
import { positive, type PageLimits, type Pagination } from '../../policy/pagination/pagination.js';
import type { Ordering } from '../../policy/filtering/filter.js';
import { memoryOrder } from '../query/memory-order.js';
import type { GenericModelHook } from './generic-model-hook.js';
import { areStock } from './row-facts.js';

export interface SortedParts {
  readonly source: ListSource<object>;
  readonly sizes: PageLimits;
  readonly order: RowOrder;
  readonly maxLimit: number;
  readonly buffer: number;
  readonly count: boolean;
}

/** The order of a hook's list in memory; `undefined` if only the database can tell the order, or what a row shows. */
export function orderOf(
  hook: GenericModelHook<object>,
  scope: HookScope,
  metadata: EntityMetadata,
  ordering: readonly Ordering[],
): RowOrder | undefined {
  const { expand, fields } = scope.query;
  if (expand !== undefined || fields !== undefined || hook.dependsOn.length > 0) return undefined;
  if (!areStock(hook, 'serialize', 'serializeAll', 'present', 'getQuery', 'getStore')) return undefined;
  return memoryOrder(metadata, ordering);
}

/** `undefined` unless the list is the first page of one of the library's paginations. */
export function sortedListOf(
  hook: GenericModelHook<object>,
  scope: HookScope,
  { source, sizes, order, maxLimit, buffer, count }: SortedParts,
): SortedList | undefined {
  const pagination = paginationOf(hook, scope);
  const asked = pagination && askedSize(pagination, scope.query);
  if (!pagination || asked === undefined) return undefined;
  const limit = Math.min(asked ?? sizes.pageSize, sizes.maxPageSize);
  if (limit < 1 || limit > maxLimit) return undefined;
  const size = limit + Math.max(1, Math.ceil(limit * buffer));
  const isCounted = count && pagination.countMode === 'exact' && !(pagination instanceof CursorPagination);
  const read = async (): Promise<SortedPage> => {
    const rows = (await source.slice(0, size)) as SortedPage['rows'];
    if (!isCounted) return { rows, count: null };
    return { rows, count: rows.length < size ? rows.length : await source.count() };
  };
  return { limit, size, order, read };
}

/** The size of the first page as the query names it, `null` if it names none; `undefined` if it asks for another page. */
function askedSize(pagination: Pagination, query: HookScope['query']): number | null | undefined {
  if (pagesAs(pagination, PageNumberPagination))
    return (positive(query['page']) ?? 1) === 1 ? (positive(query['page_size']) ?? null) : undefined;
  if (pagesAs(pagination, LimitOffsetPagination))
    return positive(query['offset']) === undefined ? (positive(query['limit']) ?? null) : undefined;
  if (pagesAs(pagination, CursorPagination))
    return query['cursor'] ? undefined : (positive(query['page_size']) ?? null);
  return undefined;
}

/** Whether the pagination pages exactly as that class does. */
function pagesAs(
  pagination: Pagination,
  {
    prototype,
  }: Pick<typeof PageNumberPagination | typeof LimitOffsetPagination | typeof CursorPagination, 'prototype'>,
): boolean {
  return (pagination as { paginate: unknown }).paginate === (prototype as { paginate: unknown }).paginate;
}
