// The last committed state of rows that an upsert wrote: only another connection still sees it.

import type { CapturedWrite } from './captured-transaction.js';
import { readByKeys } from './row-reader.js';
import { keyString, type RawKey, type RawRow } from './tracked-table.js';

/** Longest wait for another connection: the pool may be empty because others wait in the same way. */
const CONNECTION_WAIT_MS = 2_000;

/**
 * Touches rows that were not seen before an upsert: they are new, or another transaction inserted them in between. They
 * are locked by now, so what another connection reads of them is what they were.
 */
export async function touchCommitted(write: CapturedWrite, keys: readonly RawKey[]): Promise<void> {
  const unseen = keys.filter((key) => !write.has(key));
  if (unseen.length === 0) return;
  const committed = await readElsewhere(write, unseen);
  if (!committed) {
    write.noteGap(new Error('No other connection was free to read what the rows of an upsert were.'));
    return;
  }
  const before = new Map(committed.map((row) => [keyString(write.table.keyOf(row)), row]));
  for (const key of unseen) write.touch(key, before.get(keyString(key)) ?? null);
}

async function readElsewhere({ table }: CapturedWrite, keys: readonly RawKey[]): Promise<RawRow[] | undefined> {
  const other = table.dataSource.createQueryRunner('master');
  const connected = other.connect();
  const isConnected = await Promise.race([connected.then(() => true), wait(CONNECTION_WAIT_MS).then(() => false)]);
  if (!isConnected) {
    void connected.then(() => other.release());
    return undefined;
  }
  try {
    return await readByKeys(other, table, keys, 'none');
  } finally {
    await other.release();
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds).unref());
}
