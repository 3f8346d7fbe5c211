// Live lists and live rows in components.

import { useMemo, useSyncExternalStore } from 'react';
import type { RowId } from 'nestjs-jira-protocol';
import type { HookClient } from '../hook-client.js';
import type { LiveSnapshot, LiveStore } from '../store/live-store.js';
import { liveStore, rowStore, type LiveStoreOptions } from '../store/stores.js';
import type { ItemOf, OutputOf, QueryOf, RowOf } from '../types.js';

export interface UseLiveOptions<Row> extends LiveStoreOptions<Row> {
  /**
   * Suspends until the first rows are there, so that the `<Suspense>` above shows its fallback. Throws a failure to the error
   * boundary above.
   *
   * @default false
   */
  readonly suspense?: boolean;
}

/**
 * Returns the rows of a query, and keeps them current. Components with equal queries share one subscription.
 *
 * @example
 * const { rows, status } = useLive(jira.hook('issues'), { status: 'open' });
 */
export function useLive<Hook>(
  hook: HookClient<Hook>,
  query?: QueryOf<Hook, 'list'>,
  options: UseLiveOptions<ItemOf<OutputOf<Hook, 'list'>>> = {},
): LiveSnapshot<ItemOf<OutputOf<Hook, 'list'>>> {
  return useStore(liveStore(hook, query, options), options.suspense);
}

/** A row that stays current. */
export interface LiveRow<Row> extends Omit<LiveSnapshot<Row>, 'rows'> {
  /** Undefined until it is loaded, and while the row does not exist or the caller may not see it. */
  readonly row: Row | undefined;
}

/** Returns one row by its key, and keeps it current. */
export function useRow<Hook>(
  hook: HookClient<Hook>,
  id: RowId,
  query?: QueryOf<Hook, 'retrieve'>,
  options: Pick<UseLiveOptions<RowOf<Hook>>, 'keepMs' | 'suspense'> = {},
): LiveRow<RowOf<Hook>> {
  const snapshot = useStore(rowStore(hook, id, query, options), options.suspense);
  return useMemo(() => {
    const { rows, ...rest } = snapshot;
    return { ...rest, row: rows[0] };
  }, [snapshot]);
}

function useStore<Row>(store: LiveStore<Row>, isSuspending = false): LiveSnapshot<Row> {
  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
  if (isSuspending && snapshot.status === 'failed') throw snapshot.error as Error;
  // oxlint-disable-next-line typescript/only-throw-error -- it is how React is told to wait
  if (isSuspending && snapshot.status === 'loading') throw store.ready;
  return snapshot;
}
