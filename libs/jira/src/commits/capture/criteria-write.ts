// Captures update, delete, soft delete and restore: reads and locks the rows they will touch, then writes these by
// their keys.

import type { DeleteResult, UpdateResult } from 'typeorm';
import { expressionMapOf, selectAsBuilder, type ColumnMetadata, type WriteBuilder } from '../typeorm-internals.js';
import type { Execute } from './builders.js';
import type { CapturedWrite } from './captured-transaction.js';
import { inBatches } from '../../core/support/in-batches.js';
import { dialectOf } from '../dialect/dialects.js';
import { heldBy } from './held-rows.js';
import { touchLinks, touchRenamedLinks } from './junctions.js';
import { keyCondition, keyList, lockClause, readByKeys, select } from './row-reader.js';
import { askForRows } from './returned-rows.js';
import type { RawKey, RawRow, TrackedTable } from './tracked-table.js';

/** Rows per statement. */
const ROWS_PER_WRITE = 5_000;

/** Runs inside a transaction, on the builder's own query runner. */
export async function captureCriteriaWrite(
  builder: WriteBuilder,
  proceed: Execute,
  write: CapturedWrite,
): Promise<unknown> {
  const { table, runner, touch, transaction } = write;
  const isMoving = keyMoves(builder, table).length > 0;
  const held = isMoving ? undefined : heldBy(builder, transaction);
  const matches = held ? [{ row: held.row }] : await readAllMatches(builder, write);
  if (!table.isOnlyLinked) for (const { row } of matches) touch(table.keyOf(row), row);
  if (endsLinks(builder, table)) await touchLinks(write, matches.map(({ row }) => row)); // prettier-ignore
  const keys = matches.map(({ row }) => table.keyOf(row));
  const send: Send = isMoving ? () => proceed() as Promise<WriteResult> : (batch) => sendReturning(builder, proceed, write, batch); // prettier-ignore
  const result = held ? await send(keys) : await writeMatches(builder, send, table, keys);
  const movedTo = matches.flatMap(({ newKey }) => (newKey ? [newKey] : []));
  if (movedTo.length === 0) return result;
  // The new keys are read back, because the database may write a key in another form than the caller (a UUID in
  // capitals).
  const renamed = await readByKeys(runner, table, movedTo, 'newest');
  if (!table.isOnlyLinked) for (const row of renamed) touch(table.keyOf(row), null);
  await touchRenamedLinks(write, renamed);
  return result;
}

/** Whether the write may also delete many-to-many rows. */
export function endsLinks(builder: WriteBuilder, table: TrackedTable): boolean {
  if (table.junctions.length === 0) return false;
  return expressionMapOf(builder).queryType === 'delete' || keyMoves(builder, table).length > 0;
}

/**
 * If PostgreSQL waited for a row to be deleted, its read does not see a row that was inserted under the same key
 * meanwhile; the next read does. This way, save(), which names the row it means, still writes it.
 */
async function readAllMatches(builder: WriteBuilder, write: CapturedWrite): Promise<Match[]> {
  const matches = await readMatches(builder, write);
  const isMissing = matches.length < expressionMapOf(builder).whereEntities.length;
  return isMissing && dialectOf(write.table.dataSource).missesReplacedRows ? readMatches(builder, write) : matches;
}

/** A row that will be written, and its key afterwards if the write sets one. */
interface Match {
  readonly row: RawRow;
  readonly newKey?: RawKey;
}

/** The rows that match the builder's own condition, order and limit now. */
async function readMatches(builder: WriteBuilder, { table, runner, transaction }: CapturedWrite): Promise<Match[]> {
  const moves = keyMoves(builder, table);
  const isDelete = expressionMapOf(builder).queryType === 'delete';
  const columns = [
    `SELECT ${table.selection}`,
    ...moves.map(({ expression, alias }) => (expression ? `, (${expression}) AS ${alias}` : '')),
    ` FROM ${table.escapedPath()}`,
  ].join('');
  // One order of locking for all, so that two writes of the same rows wait for each other instead of deadlocking.
  const sql = selectAsBuilder(builder, columns, ` ORDER BY ${keyList(table)}`);
  const lock = lockClause(table.dataSource, isDelete ? 'remove' : 'write');
  const rows = await transaction.ask(() => select(runner, sql + lock, builder.getParameters()));
  return moves.length === 0 ? rows.map((row) => ({ row })) : rows.map((row) => moved(table, row, moves));
}

/** A key column that the write sets, to a value or to the result of an SQL expression for each row. */
interface KeyMove {
  readonly column: ColumnMetadata;
  readonly position: number;
  readonly alias: string;
  readonly value?: unknown;
  readonly expression?: string;
}

function keyMoves(builder: WriteBuilder, table: TrackedTable): KeyMove[] {
  const { queryType, valuesSet } = expressionMapOf(builder);
  if (queryType !== 'update' || !valuesSet) return [];
  return table.keyColumns.flatMap((column, position): KeyMove[] => {
    const value: unknown = column.getEntityValue(valuesSet);
    if (value === undefined) return [];
    const move = { column, position, alias: `jira_moved_${position}` };
    if (typeof value === 'function') return [{ ...move, expression: String((value as () => unknown)()) }];
    return [{ ...move, value: table.dataSource.driver.preparePersistentValue(value, column) as unknown }];
  });
}

function moved(table: TrackedTable, selected: RawRow, moves: readonly KeyMove[]): Match {
  const row: Record<string, unknown> = { ...selected };
  const newKey = [...table.keyOf(row)];
  for (const { position, alias, value, expression } of moves) {
    newKey[position] = expression === undefined ? value : row[alias];
    delete row[alias];
  }
  return { row, newKey };
}

type WriteResult = UpdateResult | DeleteResult;
/** Writes the rows with these keys, which are already the builder's condition. */
type Send = (keys: readonly RawKey[]) => Promise<WriteResult>;

/** Writes the rows, and takes them over as the statement left them, if that is certain. */
async function sendReturning(
  builder: WriteBuilder,
  proceed: Execute,
  { table, transaction }: CapturedWrite,
  keys: readonly RawKey[],
): Promise<WriteResult> {
  const isDelete = expressionMapOf(builder).queryType === 'delete';
  const asking = askForRows(builder, table);
  const { result, isAlone } = await transaction.send(() => proceed() as Promise<WriteResult>).finally(asking?.undo);
  const returned = asking?.take(result);
  const { triggersMayRewrite } = dialectOf(table.dataSource);
  const isSure = returned ? returned.areFinal && returned.rows.length === keys.length : isDelete && !triggersMayRewrite && result.affected === keys.length; // prettier-ignore
  // A delete may take along rows that were read before.
  if (isAlone && isSure) transaction.noteAfter(table, keys, isDelete ? [] : (returned?.rows ?? []), !isDelete && returned?.isTame === true); // prettier-ignore
  return result;
}

async function writeMatches(
  builder: WriteBuilder,
  send: Send,
  table: TrackedTable,
  keys: readonly RawKey[],
): Promise<WriteResult> {
  if (dialectOf(table.dataSource).hasOneConnection) return send(keys); // one writer at a time
  // Rows that have started to match since were not locked, so they must not be written. If there is no row, the result
  // is still the database's own.
  const [first = [], ...others] = inBatches(keys, ROWS_PER_WRITE);
  let total = await writeByKeys(builder, send, table, first);
  for (const batch of others) total = merge(total, await writeByKeys(builder, send, table, batch));
  return total;
}

async function writeByKeys(
  builder: WriteBuilder,
  send: Send,
  table: TrackedTable,
  keys: readonly RawKey[],
): Promise<WriteResult> {
  const map = expressionMapOf(builder);
  const { wheres, limit, orderBys, parameters } = map;
  const condition = keyCondition(table, keys);
  map.wheres = [{ type: 'simple', condition: condition.sql }];
  map.limit = undefined;
  map.orderBys = {};
  map.parameters = { ...parameters, ...condition.parameters };
  try {
    return await send(keys);
  } finally {
    Object.assign(map, { wheres, limit, orderBys, parameters });
  }
}

function merge(total: WriteResult, part: WriteResult): WriteResult {
  if (Array.isArray(total.raw) && Array.isArray(part.raw))
    total.raw = [...(total.raw as unknown[]), ...(part.raw as unknown[])];
  total.affected = (total.affected ?? 0) + (part.affected ?? 0);
  if ('generatedMaps' in total && 'generatedMaps' in part) total.generatedMaps.push(...part.generatedMaps);
  return total;
}
