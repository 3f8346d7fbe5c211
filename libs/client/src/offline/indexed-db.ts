// Rows and writes of a client in IndexedDB, shared by all tabs.

import type { Persisted, Persistence, PersistenceHost } from '../persistence.js';
import { OfflineDatabase } from './database.js';
import { OfflineClient } from './offline-client.js';
import type { IndexedDbOptions } from './options.js';

export interface IndexedDb extends Persistence {
  /** Deletes the kept rows and writes of all users, in all tabs. Call it at logout. Waiting writes fail with `ABORTED`. */
  clear(): Promise<void>;
}

/**
 * Keeps rows and writes in the browser's database with this name, for the options `persist` and `offline`.
 *
 * @example
 * const kept = indexedDb('app', { user: () => session.userId });
 * const jira = createClient(url, { auth, persist: kept, offline: {} });
 * await kept.clear(); // at log-out
 */
export function indexedDb(name: string, options: IndexedDbOptions): IndexedDb {
  const clients = new Set<OfflineClient>();
  const open = (host: PersistenceHost): Persisted => {
    const client = new OfflineClient(name, options, host, () => clients.delete(client));
    clients.add(client);
    return client;
  };
  const clear = async (): Promise<void> => {
    const all = [...clients];
    // If there is no client, nothing has opened the database.
    const last = all.length > 0 ? undefined : new OfflineDatabase(name);
    await Promise.all([last?.clear(), ...all.map((client) => client.clear())]);
  };
  return { open, clear };
}
