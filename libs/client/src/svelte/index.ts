// Live lists and live rows as Svelte stores. `$issues` in a component subscribes until the component is destroyed.

import type { Readable } from 'svelte/store';
import type { RowId } from 'nestjs-jira-protocol';
import type { HookClient } from '../hook-client.js';
import type { LiveSnapshot, LiveStore } from '../store/live-store.js';
import { liveStore, rowStore, type LiveStoreOptions } from '../store/stores.js';
import type { ItemOf, OutputOf, QueryOf, RowOf } from '../types.js';

/**
 * Returns the rows of a query as a store.
 *
 * @example
 * const issues = live(jira.hook('issues'), { status: 'open' });
 * {#each $issues.rows as issue (issue.id)}<li>{issue.title}</li>{/each}
 */
export function live<Hook>(
  hook: HookClient<Hook>,
  query?: QueryOf<Hook, 'list'>,
  options?: LiveStoreOptions<ItemOf<OutputOf<Hook, 'list'>>>,
): Readable<LiveSnapshot<ItemOf<OutputOf<Hook, 'list'>>>> {
  return readable(() => liveStore(hook, query, options));
}

/** Returns one row by its key, as a list of one. The list is empty while the row does not exist or the user may not see it. */
export function liveRow<Hook>(hook: HookClient<Hook>, id: RowId): Readable<LiveSnapshot<RowOf<Hook>>> {
  return readable(() => rowStore(hook, id));
}

function readable<Row>(storeOf: () => LiveStore<Row>): Readable<LiveSnapshot<Row>> {
  return {
    subscribe(run) {
      const store = storeOf();
      const first = store.getSnapshot();
      let stop: (() => void) | undefined = () => (stop = undefined);
      // By then, server rendering and a one-time `get()` have unsubscribed, so they load nothing.
      queueMicrotask(() => {
        if (!stop) return;
        stop = store.subscribe(() => run(store.getSnapshot()));
        if (store.getSnapshot() !== first) run(store.getSnapshot());
      });
      run(first);
      return () => stop?.();
    },
  };
}
