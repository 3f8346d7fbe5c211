// Turns changes of many-to-many rows, which are no entities of their own, into changes of the row that owns the
// relation.

import type { EntityMetadata, QueryRunner } from 'typeorm';
import type { Link } from '../../core/changes/change.js';
import { lockClause, readByKeys, select } from './row-reader.js';
import type { TouchedRow } from './touched-row.js';
import { keyString, type RawKey, type RawRow, type TrackedTable } from './tracked-table.js';

/** The transaction that wrote the rows. */
interface Toucher {
  has(table: TrackedTable, key: RawKey): boolean;
  rowsOf(table: TrackedTable): readonly TouchedRow[];
  touch(table: TrackedTable, key: RawKey, before: RawRow | null): TouchedRow;
}

/** A write to rows that many-to-many rows refer to. */
interface LinkedWrite {
  readonly table: TrackedTable;
  readonly runner: QueryRunner;
  readonly touchLink: (junction: TrackedTable, key: RawKey, before: RawRow | null) => void;
}

/** Marks the owners of these junction rows as changed. Reads and locks owners that the transaction did not write itself. */
export async function linkOwners(
  transaction: Toucher,
  runner: QueryRunner,
  junctionRows: readonly TouchedRow[],
  owners: ReadonlyMap<string, TrackedTable>,
): Promise<void> {
  for (const [owner, rows] of byOwner(junctionRows, owners)) {
    const linked = await linksByKey(transaction, runner, owner, rows);
    const untouched = [...linked.values()].flatMap(({ key }) => (transaction.has(owner, key) ? [] : [key]));
    // Locked, so that another transaction's change of the owner cannot be announced in the wrong order.
    const read = await readByKeys(runner, owner, untouched, 'write');
    for (const row of read) transaction.touch(owner, owner.keyOf(row), row).after = row;
    for (const { key, links } of linked.values())
      if (transaction.has(owner, key)) transaction.touch(owner, key, null).links = links;
  }
}

/** The many-to-many row, for code that must know the table as it was before. */
export function linkOf({ table, before, after }: TouchedRow): Link {
  const raw = after ?? before ?? {};
  const { driver } = table.dataSource;
  const row = table.columns.map((column) => [column.propertyName, driver.prepareHydratedValue(raw[column.databaseName], column)] as const); // prettier-ignore
  const exact = table.exact.of(raw);
  return { table: table.metadata.name, row: Object.fromEntries(row), isNew: before === null, ...(exact && { exact }) };
}

/** Touches the many-to-many rows that the database is about to delete or rename with these rows. */
export async function touchLinks(write: LinkedWrite, rows: readonly RawRow[]): Promise<void> {
  for (const [junction, link] of await readLinks(write, rows)) write.touchLink(junction, junction.keyOf(link), link);
}

/** Touches the many-to-many rows that the database has renamed with these rows. */
export async function touchRenamedLinks(write: LinkedWrite, rows: readonly RawRow[]): Promise<void> {
  for (const [junction, link] of await readLinks(write, rows)) write.touchLink(junction, junction.keyOf(link), null);
}

async function readLinks({ table, runner }: LinkedWrite, rows: readonly RawRow[]): Promise<[TrackedTable, RawRow][]> {
  const found: [TrackedTable, RawRow][] = [];
  for (const { table: junction, columns } of table.junctions) {
    const keys = rows.map((row) => columns.map(({ referencedColumn }) => row[referencedColumn?.databaseName ?? '']));
    for (const link of await readByKeys(runner, junction, keys, 'newest', columns)) found.push([junction, link]);
  }
  return found;
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

interface Linked {
  readonly key: RawKey;
  readonly links: TouchedRow[];
}

async function linksByKey(
  transaction: Toucher,
  runner: QueryRunner,
  owner: TrackedTable,
  rows: readonly TouchedRow[],
): Promise<Map<string, Linked>> {
  const linked = new Map<string, Linked>();
  for (const row of rows) {
    const junctionRow = row.before ?? row.after;
    const key = junctionRow && (await ownerKey(transaction, runner, owner, row.table.metadata, junctionRow));
    if (!key) continue;
    const known = linked.get(keyString(key));
    if (known) known.links.push(row);
    else linked.set(keyString(key), { key, links: [row] });
  }
  return linked;
}

async function ownerKey(
  transaction: Toucher,
  runner: QueryRunner,
  owner: TrackedTable,
  junction: EntityMetadata,
  row: RawRow,
): Promise<RawKey | undefined> {
  const references = new Map(
    junction.ownerColumns.map((column) => [column.referencedColumn?.databaseName ?? '', row[column.databaseName]]),
  );
  const names = owner.keyColumns.map((column) => column.databaseName);
  if (names.every((name) => references.has(name))) return names.map((name) => references.get(name));
  // The relation refers to other columns than the primary key. The row may be gone, or may have had another value.
  const isReferred = (image: RawRow | null): boolean =>
    image !== null && [...references].every(([name, value]) => keyString([image[name]]) === keyString([value]));
  const touched = transaction.rowsOf(owner).find(({ before, after }) => isReferred(after) || isReferred(before));
  if (touched) return touched.key;
  const terms = [...references.keys()].map((name, index) => `${owner.dataSource.driver.escape(name)} = :ref_${index}`);
  const parameters = Object.fromEntries([...references.values()].map((value, index) => [`ref_${index}`, value]));
  const sql = `SELECT ${owner.selection} FROM ${owner.escapedPath()} WHERE ${terms.join(' AND ')}`;
  const [found] = await select(runner, sql + lockClause(owner.dataSource, 'newest'), parameters);
  return found && owner.keyOf(found);
}
