// Rows and writes in IndexedDB.

import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { WriteQueue, WriteRecord } from './records.js';

interface Tables extends DBSchema {
  lists: {
    key: [owner: string, list: string];
    value: { owner: string; list: string; rows: readonly unknown[]; keptAt: number };
    indexes: { keptAt: number };
  };
  writes: { key: number; value: WriteRecord; indexes: { owner: string; key: string } };
}

const VERSION = 1;

/** Lists that were not used for this long are deleted. */
const KEEP_LISTS_MS = 30 * 24 * 3_600_000;

export class OfflineDatabase implements WriteQueue {
  private opened: Promise<IDBPDatabase<Tables>> | undefined;

  constructor(private readonly name: string) {}

  async add(write: WriteRecord, maxWrites: number): Promise<boolean> {
    const tx = (await this.open()).transaction('writes', 'readwrite');
    const isFull = (await tx.store.index('owner').count(write.owner)) >= maxWrites;
    if (!isFull) await tx.store.add(write);
    await tx.done;
    return !isFull;
  }

  async first(owner: string): Promise<WriteRecord | undefined> {
    return (await this.open()).getFromIndex('writes', 'owner', owner);
  }

  async all(owner: string): Promise<readonly WriteRecord[]> {
    return (await this.open()).getAllFromIndex('writes', 'owner', owner);
  }

  async remove(key: string): Promise<void> {
    const tx = (await this.open()).transaction('writes', 'readwrite');
    const at = await tx.store.index('key').getKey(key);
    if (at !== undefined) await tx.store.delete(at);
    await tx.done;
  }

  async rows(owner: string, list: string): Promise<readonly unknown[] | undefined> {
    return (await (await this.open()).get('lists', [owner, list]))?.rows;
  }

  async keep(owner: string, list: string, rows: readonly unknown[] | undefined): Promise<void> {
    const database = await this.open();
    if (rows) await database.put('lists', { owner, list, rows, keptAt: Date.now() });
    else await database.delete('lists', [owner, list]);
  }

  async clear(): Promise<void> {
    const tx = (await this.open()).transaction(['lists', 'writes'], 'readwrite');
    await Promise.all([tx.objectStore('lists').clear(), tx.objectStore('writes').clear(), tx.done]);
  }

  private open(): Promise<IDBPDatabase<Tables>> {
    this.opened ??= this.connect();
    return this.opened;
  }

  private async connect(): Promise<IDBPDatabase<Tables>> {
    const forget = (): void => void (this.opened = undefined);
    // The DOM's types declare `close`, but this file is also checked without them.
    const close = (): void => (database as unknown as { close(): void }).close();
    const database = await openDB<Tables>(this.name, VERSION, {
      upgrade(made) {
        made.createObjectStore('lists', { keyPath: ['owner', 'list'] }).createIndex('keptAt', 'keptAt');
        const writes = made.createObjectStore('writes', { autoIncrement: true });
        writes.createIndex('owner', 'owner');
        writes.createIndex('key', 'key', { unique: true });
      },
      // Another tab runs a newer version of this library, or deletes the database.
      blocking: () => {
        close();
        forget();
      },
      terminated: forget,
    });
    await forgetOldLists(database);
    return database;
  }
}

async function forgetOldLists(database: IDBPDatabase<Tables>): Promise<void> {
  const tx = database.transaction('lists', 'readwrite');
  const oldest = Date.now() - KEEP_LISTS_MS;
  for (let one = await tx.store.index('keptAt').openKeyCursor(); one && one.key < oldest; one = await one.continue())
    await tx.store.delete(one.primaryKey);
  await tx.done;
}
