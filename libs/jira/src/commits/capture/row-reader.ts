// Reads whole rows of a tracked table within the writer's own transaction.

import type { DataSource, QueryRunner } from 'typeorm';
import { escapeParameters } from '../typeorm-internals.js';
import type { RowLock } from '../dialect/dialect.js';
import { inBatches } from '../../core/support/in-batches.js';
import { dialectOf } from '../dialect/dialects.js';
import type { RawKey, RawRow, TrackedTable } from './tracked-table.js';

/** Rows per query; far below every database's limit on parameters. */
const KEYS_PER_READ = 500;

/**
 * The rows that exist among these keys, in no particular order.
 *
 * @param columns the columns that the keys are values of @default the primary key
 */
export async function readByKeys(
  runner: QueryRunner,
  table: TrackedTable,
  keys: readonly RawKey[],
  lock: RowLock,
  columns = table.keyColumns,
): Promise<RawRow[]> {
  const rows: RawRow[] = [];
  for (const batch of inBatches(keys, KEYS_PER_READ)) {
    const condition = keyCondition(table, batch, columns);
    const sql = `SELECT ${table.selection} FROM ${table.escapedPath()} WHERE ${condition.sql}`;
    const order = keys.length > 1 ? ` ORDER BY ${keyList(table)}` : '';
    rows.push(...(await select(runner, sql + order + lockClause(table.dataSource, lock), condition.parameters)));
  }
  return rows;
}

/** Runs a select with named parameters. */
export async function select(
  runner: QueryRunner,
  sql: string,
  parameters: Record<string, unknown>,
): Promise<readonly RawRow[]> {
  const [query, values] = escapeParameters(runner.dataSource, sql, parameters);
  const rows: unknown = await runner.query(query, values);
  return rows as RawRow[];
}

export interface KeyCondition {
  readonly sql: string;
  readonly parameters: Record<string, unknown>;
}

/** The condition that holds for exactly these keys, or for no row if there are none. */
export function keyCondition(table: TrackedTable, keys: readonly RawKey[], columns = table.keyColumns): KeyCondition {
  if (keys.length === 0) return { sql: '0 = 1', parameters: {} };
  const names = columns.map((column) => table.dataSource.driver.escape(column.databaseName));
  const [onlyName] = names;
  if (names.length === 1 && onlyName) {
    return { sql: `${onlyName} IN (:...jira_keys)`, parameters: { jira_keys: keys.map(([value]) => value) } };
  }
  const parameters: Record<string, unknown> = {};
  const alternatives = keys.map((key, row) => {
    const terms = names.map((name, column) => {
      const parameter = `jira_key_${row}_${column}`;
      parameters[parameter] = key[column];
      return `${name} = :${parameter}`;
    });
    return `(${terms.join(' AND ')})`;
  });
  return { sql: alternatives.join(' OR '), parameters };
}

/** The key columns as an order. Locking rows in this order avoids deadlocks. */
export function keyList(table: TrackedTable): string {
  return table.keyColumns.map((column) => table.dataSource.driver.escape(column.databaseName)).join(', ');
}

export function lockClause(dataSource: DataSource, lock: RowLock): string {
  return dialectOf(dataSource).lockClause(lock);
}
