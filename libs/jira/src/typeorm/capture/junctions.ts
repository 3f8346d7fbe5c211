// A row of a many-to-many table is no entity of its own: when one comes or goes, the row that owns the relation changed.

import type { EntityMetadata, QueryRunner } from 'typeorm';
import { readByKeys, select } from './row-reader.js';
import type { TouchedRow } from './touched-row.js';
import { keyString, type RawKey, type RawRow, type TrackedTable } from './tracked-table.js';

/** The transaction whose rows they are. */
interface Toucher {
  readonly runner: QueryRunner;
  has(table: TrackedTable, key: RawKey): boolean;
  touch(table: TrackedTable, key: RawKey, before: RawRow | null): TouchedRow;
}

/** Marks the owners of these junction rows as changed; reads and locks those the transaction did not write itself. */
export async function linkOwners(
  transaction: Toucher,
  junctionRows: readonly TouchedRow[],
  owners: ReadonlyMap<string, TrackedTable>,
): Promise<void> {
  for (const [owner, rows] of byOwner(junctionRows, owners)) {
    const keys = await ownerKeys(transaction, owner, rows);
    const untouched = keys.filter((key) => !transaction.has(owner, key));
    // Locked, so that no other transaction's change of the owner can be announced in the wrong order.
    const read = await readByKeys(transaction.runner, owner, untouched, 'write');
    for (const row of read) transaction.touch(owner, owner.keyOf(row), row).after = row;
    for (const key of keys) if (transaction.has(owner, key)) transaction.touch(owner, key, null).isLinked = true;
  }
}

function byOwner(
  rows: readonly TouchedRow[],
  owners: ReadonlyMap<string, TrackedTable>,
): Map<TrackedTable, TouchedRow[]> {
  const groups = new Map<TrackedTable, TouchedRow[]>();
  for (const row of rows) {
    const owner = owners.get(row.table.path);
    if (owner) groups.set(owner, [...(groups.get(owner) ?? []), row]);
  }
  return groups;
}

async function ownerKeys(transaction: Toucher, owner: TrackedTable, rows: readonly TouchedRow[]): Promise<RawKey[]> {
  const keys = new Map<string, RawKey>();
  for (const row of rows) {
    const junctionRow = row.before ?? row.after;
    if (!junctionRow) continue;
    const key = await ownerKey(transaction, owner, row.table.metadata, junctionRow);
    if (key) keys.set(keyString(key), key);
  }
  return [...keys.values()];
}

async function ownerKey(
  transaction: Toucher,
  owner: TrackedTable,
  junction: EntityMetadata,
  row: RawRow,
): Promise<RawKey | undefined> {
  const references = new Map(
    junction.ownerColumns.map((column) => [column.referencedColumn?.databaseName ?? '', row[column.databaseName]]),
  );
  const names = owner.keyColumns.map((column) => column.databaseName);
  if (names.every((name) => references.has(name))) return names.map((name) => references.get(name));
  // The relation refers to something else than the primary key.
  const terms = [...references.keys()].map((name, index) => `${owner.dataSource.driver.escape(name)} = :ref_${index}`);
  const parameters = Object.fromEntries([...references.values()].map((value, index) => [`ref_${index}`, value]));
  const sql = `SELECT ${owner.selection} FROM ${owner.escapedPath()} WHERE ${terms.join(' AND ')}`;
  const [found] = await select(transaction.runner, sql, parameters);
  return found && owner.keyOf(found);
}
