// Lists that are read once for all who would be answered the same.

import type { HookScope, ScopeState } from '../../core/scope/scope.js';
import { hasStockList } from '../../hooks/mixins/list.mixin.js';
import type { StoreQuery } from '../../hooks/store.js';
import type { ReadOnce } from '../../live/delivery/resumption.js';
import { TypeOrmStore } from '../store/typeorm-store.js';
import { GenericModelHook } from './generic-model-hook.js';
import { keyOfQuery, pagingOf } from './live-rows.js';

const STOCK = ['getQuery', 'getStore', 'present', 'serializeAll'] as const;

/** Whether nothing decides what `list` answers but visibility, audience and query. */
export function hasSharedLists(hook: object): hook is GenericModelHook<object> {
  if (!(hook instanceof GenericModelHook) || !hasStockList(hook)) return false;
  return STOCK.every((name) => hook[name] === GenericModelHook.prototype[name]);
}

/** Has callers of one audience read equal lists once. */
export function shareLists(hook: GenericModelHook<object>, once: ReadOnce): ScopeState['share'] {
  return async (scope, list, read) => {
    const key = await keyOf(hook, scope, list);
    return key === undefined ? read() : once(key, read);
  };
}

/** `undefined` where each caller is shown something else. */
async function keyOf(
  hook: GenericModelHook<object>,
  scope: HookScope,
  { store, query }: { readonly store?: unknown; readonly query?: StoreQuery },
): Promise<string | undefined> {
  const { expand, fields } = scope.query;
  if (expand !== undefined || !(store instanceof TypeOrmStore) || !query) return undefined;
  return JSON.stringify([await keyOfQuery(store as TypeOrmStore<object>, query), fields, pagingOf(hook, scope)]);
}
