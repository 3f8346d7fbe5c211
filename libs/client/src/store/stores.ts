// The stores of a client. Equal queries share one.

import type { Query, RowId } from 'nestjs-jira-protocol';
import type { JiraClient } from '../client.js';
import type { HookClient } from '../hook-client.js';
import { keyText, type LiveListOptions } from '../live-list.js';
import type { ItemOf, OutputOf, QueryOf, RowOf } from '../types.js';
import { plainFilters } from './layers.js';
import { SharedStore, type DehydratedList, type LiveStore } from './live-store.js';
import { listSource, rowSource, type Source, type StoreClient } from './source.js';

/** Options of a store. Equal queries share one store, which has the options of the first call. */
export interface LiveStoreOptions<Row> extends LiveListOptions<Row> {
  /**
   * The query to subscribe with.
   *
   * @default the list's query without paging and ordering
   */
  readonly filter?: Query;
  /**
   * How long to stay subscribed after the last listener is removed, in ms. A page that comes back in time finds its rows.
   *
   * @default 1_000
   */
  readonly keepMs?: number;
}

const KEEP_MS = 1_000;

/** The stores in use, by client and query. */
const stores = new WeakMap<object, Map<string, SharedStore>>();
/** Rows that a server fetched, for stores that do not exist yet. */
const hydrated = new WeakMap<object, Map<string, DehydratedList>>();

/**
 * Returns the live list of a query. Equal queries of one client share one subscription. It begins with the first listener, and
 * ends `keepMs` after the last one is removed.
 *
 * @example
 * const store = liveStore(jira.hook('issues'), { status: 'open' });
 * const stop = store.subscribe(() => render(store.getSnapshot().rows));
 */
export function liveStore<Hook>(
  hook: HookClient<Hook>,
  query?: QueryOf<Hook, 'list'>,
  options: LiveStoreOptions<ItemOf<OutputOf<Hook, 'list'>>> = {},
): LiveStore<ItemOf<OutputOf<Hook, 'list'>>> {
  const [given, asked] = [options as LiveStoreOptions<unknown>, query as Query | undefined];
  const { client, namespace } = partsOf(hook);
  const key = JSON.stringify([namespace, sorted(asked), sorted(given.filter)]);
  const source = (): Source => listSource(client, namespace, asked, listOptionsOf(given));
  return storeOf(client, namespace, key, source, { ...given, ...plainFilters(asked) }) as LiveStore<
    ItemOf<OutputOf<Hook, 'list'>>
  >;
}

/** Returns one row, as a list of one. The list is empty while the row does not exist or the caller may not see it. */
export function rowStore<Hook>(
  hook: HookClient<Hook>,
  id: RowId,
  query?: QueryOf<Hook, 'retrieve'>,
  options: Pick<LiveStoreOptions<RowOf<Hook>>, 'keepMs'> = {},
): LiveStore<RowOf<Hook>> {
  const { client, namespace } = partsOf(hook);
  const asked = query as Query | undefined;
  const key = JSON.stringify([namespace, keyText(id), sorted(asked)]);
  const given = { ...options, key: () => id, fits: () => true, gains: () => false };
  return storeOf(client, namespace, key, () => rowSource(client, namespace, id, asked), given) as LiveStore<
    RowOf<Hook>
  >;
}

/** What `dehydrate` returns: plain JSON. */
export type Dehydrated = Readonly<Record<string, DehydratedList>>;

/**
 * Returns the rows of all loaded stores, to send to the browser with what the server rendered. It also says where a live list
 * that the server keeps can resume. A browser of the same user then gets only what changed since.
 *
 * @example
 * await liveStore(issues, { status: 'open' }).ready;
 * const html = renderToString(<App />);
 * const state = dehydrate(jira);
 */
export function dehydrate(client: Pick<JiraClient, 'connection'>): Dehydrated {
  const all = [...(stores.get(client) ?? [])].map(([key, store]) => [key, store.dehydrate()] as const);
  return Object.fromEntries(all.filter((entry): entry is [string, DehydratedList] => entry[1] !== undefined));
}

/** Shows the rows that `dehydrate` returned, until the stores have loaded their own. */
export function hydrate(client: Pick<JiraClient, 'connection'>, state: Dehydrated): void {
  const kept = hydrated.get(client) ?? new Map<string, DehydratedList>();
  hydrated.set(client, kept);
  for (const [key, list] of Object.entries(state)) {
    kept.set(key, list);
    stores.get(client)?.get(key)?.hydrate(list);
  }
}

function storeOf(
  client: StoreClient,
  namespace: string,
  key: string,
  source: () => Source,
  { key: keyOf, keepMs = KEEP_MS, compare, fits, gains }: LiveStoreOptions<unknown> & ReturnType<typeof plainFilters>,
): SharedStore {
  const all = stores.get(client) ?? new Map<string, SharedStore>();
  stores.set(client, all);
  const known = all.get(key);
  if (known) return known;
  const store: SharedStore = new SharedStore({
    source: source(),
    keyOf: (row) => keyText(keyOf ? keyOf(row) : ((row as { id?: RowId } | null)?.id ?? '')),
    keepMs,
    compare,
    fits,
    gains,
    kept: client.kept && { rows: () => client.kept?.rows(key), keep: (rows) => client.kept?.keep(key, rows) },
    onWrite: (listener) => client.onWrite((write) => write.namespace === namespace && listener(write)),
    held: () => all.has(key) || all.set(key, store),
    dropped: () => all.get(key) === store && all.delete(key),
  });
  all.set(key, store);
  const list = hydrated.get(client)?.get(key);
  if (list) store.hydrate(list);
  hydrated.get(client)?.delete(key);
  return store;
}

function partsOf(hook: { readonly namespace: string }): { client: StoreClient; namespace: string } {
  const { calls, namespace } = hook as unknown as { calls: StoreClient; namespace: string };
  return { client: calls, namespace };
}

function listOptionsOf({ key, compare, filter }: LiveStoreOptions<unknown>): Omit<LiveStoreOptions<unknown>, 'keepMs'> {
  return { ...(key && { key }), ...(compare && { compare }), ...(filter && { filter }) };
}

/** The query with sorted keys, so that equal queries give the same text. */
function sorted(query: object | undefined): unknown {
  if (query === undefined) return null;
  const entries = Object.entries(query).filter(([, value]) => value !== undefined);
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}
