// Reads a list once for all callers who would get the same answer.

import type { HookScope, ScopeState } from '../../core/scope/scope.js';
import { hasStockList } from '../../hooks/mixins/list.mixin.js';
import type { StoreQuery } from '../../hooks/store.js';
import type { ReadOnce } from '../../live/delivery/resumption.js';
import { TypeOrmStore } from '../store/typeorm-store.js';
import { GenericModelHook } from './generic-model-hook.js';
import { keyOfQuery, pagingOf } from './live-rows.js';

const STOCK = ['getQuery', 'getStore', 'present', 'serializeAll'] as const;

/** Whether the answer of `list` depends only on visibility, audience and query. */
export function hasSharedLists(hook: object): hook is GenericModelHook<object> {
  if (!(hook instanceof GenericModelHook) || !hasStockList(hook)) return false;
  return STOCK.every((name) => hook[name] === GenericModelHook.prototype[name]);
}

/** Makes callers of one audience share one read of equal lists. */
export function shareLists(hook: GenericModelHook<object>, once: ReadOnce): ScopeState['share'] {
  return async (scope, list, read) => {
    const key = await keyOf(hook, scope, list);
    return key === undefined ? read() : once(key, read);
  };
}

/** `undefined` if each caller may be shown something else. */
async function keyOf(
  hook: GenericModelHook<object>,
  scope: HookScope,
  { store, query }: { readonly store?: unknown; readonly query?: StoreQuery },
): Promise<string | undefined> {
  const { expand, fields } = scope.query;
  if (expand !== undefined || !(store instanceof TypeOrmStore) || !query) return undefined;
  return JSON.stringify([await keyOfQuery(store as TypeOrmStore<object>, query), fields, pagingOf(hook, scope)]);
}
