// Builds the list that `listen` keeps current: what `list` would answer, with the caller's rights as they are now.

import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { RowId } from 'nestjs-jira-protocol';
import { scalar } from '../../commits/capture/tracked-table.js';
import { columnValue } from '../../commits/column-value.js';
import { JiraException, ValidationException } from '../../core/errors/jira.exception.js';
import type { HookScope } from '../../core/scope/scope.js';
import { paginationOf } from '../../hooks/generic-hook.js';
import { hasStockList } from '../../hooks/mixins/list.mixin.js';
import { ListSource } from '../../hooks/list-source.js';
import { CONTEXT } from '../../hooks/plumbing.js';
import type { ListDefinition, ListPage, SortKey } from '../../live/lists/list-definition.js';
import type { StoreQuery } from '../../hooks/store.js';
import { keyOf } from '../query/condition.js';
import { resolvePath } from '../query/field-path.js';
import { compileFilter } from '../query/row-predicate.js';
import { relationsIn } from '../query/sight.js';
import { TypeOrmStore } from '../store/typeorm-store.js';
import type { GenericModelHook } from './generic-model-hook.js';
import { LIVE_DEFAULTS, type LiveListOptions } from './live-options.js';
import { orderOf, sortedListOf } from './sorted-list.js';

/** A row as it passes through a pagination, which moves rows but reads none of them. */
class Listed {
  constructor(
    readonly id: RowId,
    readonly data: unknown,
    readonly sortKey: SortKey | undefined,
  ) {}
}

/** @throws JiraException METHOD_NOT_ALLOWED if the list cannot be kept live; clients then subscribe, and list again */
export async function liveListOf(
  hook: GenericModelHook<object>,
  caller: HookScope,
  live: LiveListOptions | false,
): Promise<ListDefinition> {
  if (live === false || !hasStockList(hook)) throw notKept('This hook keeps no live lists.');
  const options = { ...LIVE_DEFAULTS, ...live };
  const { maxLimit } = options;
  const scope = scopeOf(caller);
  // Facts about the caller are cached per scope: the rights of this scope stay as they are now.
  const store = await hook.getStore(scope);
  if (!(store instanceof TypeOrmStore)) throw notKept('The rows of this hook are not kept.');
  const { metadata } = store;
  const query = {
    filter: await hook.filterQuery(scope, hook.parseFilter(scope)),
    ordering: hook.parseOrdering(scope),
  };
  const order = orderOf(hook, scope, metadata, query.ordering);
  const present = async (rows: readonly object[]): Promise<unknown[]> => {
    const shown = await hook.present(rows, Object.create(scope) as HookScope);
    return rows.map((row, i) => new Listed(idOf(metadata, row), shown[i], order?.sortKeyOf(row)));
  };
  const source = new ListSource(store, query, present);
  const limit = limitOf(caller, maxLimit);
  const { limits, pageSize } = hook[CONTEXT];
  const sizes =
    limit === undefined
      ? { pageSize: Math.min(hook.pageSize ?? pageSize, limits.pageSize), maxPageSize: limits.pageSize }
      : { pageSize: limit, maxPageSize: maxLimit };
  const sorted = order && sortedListOf(hook, scope, { ...options, source, sizes, order });
  const read = async (): Promise<ListPage> => {
    const pagination = paginationOf(hook, scope);
    if (limit === 0) return empty(pagination && pagination.countMode !== 'exact' ? null : await source.count());
    if (!pagination) {
      const rows = await source.slice(0, maxLimit + 1);
      if (rows.length > maxLimit) throw notKept(`A live list has ${maxLimit} rows at most.`);
      return pageOf(rows);
    }
    const page = pageOf(await pagination.paginate(source, scope, sizes));
    if (page.rows.length > maxLimit) throw notKept(`A live list has ${maxLimit} rows at most.`);
    return options.count ? page : { ...page, count: null };
  };
  const { expand, fields } = scope.query;
  // Expanded rows depend on each caller's own rights.
  const shape = expand === undefined ? [fields] : [expand, fields, scope.sid, scope.requestId];
  const key = JSON.stringify([await keyOfQuery(store, query), shape, limit, pagingOf(hook, scope)]);
  const orderedBy = query.ordering.flatMap(({ path }) => resolvePath(metadata, path)?.relations ?? []);
  return {
    key,
    ...(expand !== undefined && { isOfOne: true }),
    orderedBy: [...new Set(orderedBy.map((one) => one.inverseEntityMetadata.name))],
    read,
    ...(sorted && { sorted }),
  };
}

/** A copy of the caller's scope. A `limit` header replaces the query's page size. */
function scopeOf(caller: HookScope): HookScope {
  const scope = Object.create(caller) as HookScope;
  if (caller.headers['limit'] === undefined) return scope;
  const { page_size: _size, limit: _limit, ...query } = caller.query;
  return Object.defineProperty(scope, 'query', { value: query, enumerable: true, writable: true });
}

function limitOf({ headers, query }: HookScope, maxLimit: number): number | undefined {
  const { limit } = headers;
  if (limit === undefined) return undefined;
  if (!Number.isSafeInteger(limit) || (limit as number) < 0)
    throw new ValidationException({ limit: ['Must be a number of rows.'] });
  if (query['page'] !== undefined && Number(query['page']) !== 1)
    throw new ValidationException({ limit: ['A later page has no other size.'] });
  return Math.min(limit as number, maxLimit);
}

/** Equal for queries that read the same rows in the same order, for any caller. */
export async function keyOfQuery(store: TypeOrmStore<object>, query: StoreQuery): Promise<string> {
  const { metadata, visibility } = store;
  const { filter, ordering } = query;
  const sight = await store.sightFor(query);
  const seen = relationsIn(metadata, ordering).map((relation) => keyOf(sight(relation.inverseEntityMetadata)));
  return JSON.stringify([visibility.key, compileFilter(metadata, filter, sight).key, ordering, seen]);
}

/** What the pagination reads of the query. */
export function pagingOf(hook: GenericModelHook<object>, scope: HookScope): unknown[] {
  return (paginationOf(hook, scope)?.queryKeys ?? []).map((name) => scope.query[name]);
}

/** The cursor of the following rows; `null` if there are none. */
const NEXT = ['next_page', 'next_offset', 'next'];

function pageOf(output: unknown): ListPage {
  const page = output as Readonly<Record<string, unknown>>;
  const rows = Array.isArray(output) ? (output as unknown[]) : page['results'];
  if (!Array.isArray(rows) || !rows.every((row) => row instanceof Listed))
    throw notKept('The pages of this hook are not kept.');
  if (rows === output) return { rows, count: rows.length, complete: true };
  const { count, count_is: countIs } = page;
  const complete = NEXT.some((name) => page[name] === null);
  return { rows, count: typeof count === 'number' && countIs === undefined ? count : null, complete };
}

function empty(count: number | null): ListPage {
  return { rows: [], count, complete: count === 0 };
}

function notKept(message: string): JiraException {
  return new JiraException('METHOD_NOT_ALLOWED', message);
}

/** The row's id in the form that changes carry. */
function idOf(metadata: EntityMetadata, row: ObjectLiteral): RowId {
  const values = metadata.primaryColumns.map((column) => [column.propertyPath, scalar(columnValue(column, row))] as const); // prettier-ignore
  const [first] = values;
  return values.length === 1 && first ? first[1] : Object.fromEntries(values);
}
