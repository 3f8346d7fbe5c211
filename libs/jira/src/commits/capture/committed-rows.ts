// Reads the last committed state of rows that an upsert wrote, which only another connection still sees.

import { DataSource, type DataSourceOptions } from 'typeorm';
import { withTimeout } from '../../core/support/with-timeout.js';
import { beforeDestroy } from '../typeorm-internals.js';
import type { CapturedWrite } from './captured-transaction.js';
import { surviveConnectionLoss } from '../surviving-connections.js';
import { readByKeys } from './row-reader.js';
import { keyString, type RawKey, type RawRow } from './tracked-table.js';

/** Maximum wait for the other connection, which never waits for a lock itself. */
const MAX_WAIT_MS = 2_000;

/**
 * Touches rows that were not seen before an upsert: they are new, or another transaction inserted them in between. They
 * are locked now, so another connection still reads what they were before.
 */
export async function touchCommitted(write: CapturedWrite, keys: readonly RawKey[]): Promise<void> {
  const unseen = keys.filter((key) => !write.has(key));
  if (unseen.length === 0) return;
  const committed = await readElsewhere(write, unseen).catch((error: unknown) => write.noteGap(error));
  if (!committed) return;
  const before = new Map(committed.map((row) => [keyString(write.table.keyOf(row)), row]));
  for (const key of unseen) write.touch(key, before.get(keyString(key)) ?? null);
}

async function readElsewhere({ table }: CapturedWrite, keys: readonly RawKey[]): Promise<RawRow[]> {
  const read = async (): Promise<RawRow[]> => {
    const other = (await witnessOf(table.dataSource)).createQueryRunner('master');
    try {
      return await readByKeys(other, table, keys, 'none');
    } finally {
      await other.release();
    }
  };
  return withTimeout(read(), MAX_WAIT_MS, () => {
    throw new Error(`Could not read the rows of an upsert as they were before it within ${MAX_WAIT_MS} ms.`);
  });
}

/** One separate connection per data source: all connections of its pool may be held by upserts that would wait for one more. */
const witnesses = new WeakMap<DataSource, Promise<DataSource>>();

function witnessOf(dataSource: DataSource): Promise<DataSource> {
  const known = witnesses.get(dataSource);
  if (known) return known;
  const opened = new DataSource(onlyReading(dataSource.options)).initialize();
  void opened.then(surviveConnectionLoss, () => undefined);
  witnesses.set(dataSource, opened);
  opened.catch(() => witnesses.delete(dataSource));
  endTogether(dataSource, opened);
  return opened;
}

function onlyReading(options: DataSourceOptions): DataSourceOptions {
  const nothing = { entities: [], subscribers: [], migrations: [], logging: false, cache: false };
  const asIs = { synchronize: false, dropSchema: false, migrationsRun: false };
  return { ...options, ...nothing, ...asIs, poolSize: 1 } as DataSourceOptions;
}

function endTogether(dataSource: DataSource, opened: Promise<DataSource>): void {
  beforeDestroy(dataSource, async () => {
    witnesses.delete(dataSource);
    await opened.then((witness) => witness.destroy()).catch(() => undefined);
  });
}
