// Live lists and live rows in Solid.

import { createEffect, createMemo, createSignal, onCleanup, untrack, type Accessor } from 'solid-js';
import type { RowId } from 'nestjs-jira-protocol';
import type { HookClient } from '../hook-client.js';
import type { LiveSnapshot, LiveStore } from '../store/live-store.js';
import { liveStore, rowStore, type LiveStoreOptions } from '../store/stores.js';
import type { ItemOf, OutputOf, QueryOf, RowOf } from '../types.js';

/**
 * Returns the rows of a query, which may read signals. The subscription ends with the owner.
 *
 * @example
 * const issues = createLive(jira.hook('issues'), () => ({ status: status() }));
 * <For each={issues().rows}>{(issue) => <li>{issue.title}</li>}</For>
 */
export function createLive<Hook>(
  hook: HookClient<Hook>,
  query?: Accessor<QueryOf<Hook, 'list'>>,
  options?: LiveStoreOptions<ItemOf<OutputOf<Hook, 'list'>>>,
): Accessor<LiveSnapshot<ItemOf<OutputOf<Hook, 'list'>>>> {
  return createStoreSignal(() => liveStore(hook, query?.(), options));
}

/** Returns one row by its key, as a list of one. The list is empty while the row does not exist or the user may not see it. */
export function createLiveRow<Hook>(hook: HookClient<Hook>, id: Accessor<RowId>): Accessor<LiveSnapshot<RowOf<Hook>>> {
  return createStoreSignal(() => rowStore(hook, id()));
}

function createStoreSignal<Row>(storeOf: () => LiveStore<Row>): Accessor<LiveSnapshot<Row>> {
  const store = createMemo(storeOf);
  const [snapshot, setSnapshot] = createSignal<LiveSnapshot<Row>>(untrack(store).getSnapshot());
  // Effects do not run in server rendering, so a server does not subscribe here.
  createEffect(() => {
    const { subscribe, getSnapshot } = store();
    const show = (): void => void setSnapshot(getSnapshot);
    onCleanup(subscribe(show));
    show();
  });
  return snapshot;
}
