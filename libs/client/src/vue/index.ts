// Live lists and live rows in Vue.

import { hasInjectionContext, inject, shallowRef, ssrContextKey, toValue, watch, type MaybeRefOrGetter, type ShallowRef } from 'vue'; // prettier-ignore
import type { RowId } from 'nestjs-jira-protocol';
import type { HookClient } from '../hook-client.js';
import type { LiveSnapshot, LiveStore } from '../store/live-store.js';
import { liveStore, rowStore, type LiveStoreOptions } from '../store/stores.js';
import type { ItemOf, OutputOf, QueryOf, RowOf } from '../types.js';

type Live<Row> = Readonly<ShallowRef<LiveSnapshot<Row>>>;

/**
 * Returns the rows of a query, which may be a ref or a getter. The subscription ends with the component.
 *
 * @example
 * const live = useLive(jira.hook('issues'), () => ({ status: status.value }));
 * <li v-for="issue in live.rows" :key="issue.id">{{ issue.title }}</li>
 */
export function useLive<Hook>(
  hook: HookClient<Hook>,
  query?: MaybeRefOrGetter<QueryOf<Hook, 'list'>>,
  options?: LiveStoreOptions<ItemOf<OutputOf<Hook, 'list'>>>,
): Live<ItemOf<OutputOf<Hook, 'list'>>> {
  return useStore(() => liveStore(hook, toValue(query), options));
}

/** Returns one row by its key, as a list of one. The list is empty while the row does not exist or the user may not see it. */
export function useRow<Hook>(hook: HookClient<Hook>, id: MaybeRefOrGetter<RowId>): Live<RowOf<Hook>> {
  return useStore(() => rowStore(hook, toValue(id)));
}

function useStore<Row>(storeOf: () => LiveStore<Row>): Live<Row> {
  const snapshot = shallowRef(storeOf().getSnapshot());
  // Server rendering runs once, without cleanups, so it must not subscribe.
  if (hasInjectionContext() && inject(ssrContextKey, undefined)) return snapshot;
  watch(
    storeOf,
    (store, _before, onCleanup) => {
      const show = (): void => void (snapshot.value = store.getSnapshot());
      onCleanup(store.subscribe(show));
      show();
    },
    { immediate: true },
  );
  return snapshot;
}
