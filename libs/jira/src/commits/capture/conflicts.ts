// Finds the rows that an insert's values collide with, by the primary key or another unique key.

import type { ObjectLiteral, QueryRunner } from 'typeorm';
import type { ColumnMetadata } from '../typeorm-internals.js';
import { inBatches } from '../../core/support/in-batches.js';
import { dialectOf } from '../dialect/dialects.js';
import { lockClause, readByKeys, select } from './row-reader.js';
import type { RawKey, RawRow, TrackedTable } from './tracked-table.js';
import { columnValue } from '../column-value.js';

const VALUES_PER_READ = 100;

/** The rows that collide with these values, locked if they are visible. */
export async function conflictingRows(
  runner: QueryRunner,
  table: TrackedTable,
  values: readonly ObjectLiteral[],
): Promise<readonly RawRow[]> {
  const rows: RawRow[] = [];
  for (const batch of inBatches(values, VALUES_PER_READ)) {
    const parameters: Record<string, unknown> = {};
    const alternatives = batch.flatMap((value) =>
      uniqueKeys(table).flatMap((columns) => collision(table, columns, value, parameters) ?? []),
    );
    if (alternatives.length === 0) continue;
    const sql = `SELECT ${table.selection} FROM ${table.escapedPath()} WHERE ${alternatives.join(' OR ')}`;
    // On a database that locks gaps, two upserts of new rows would deadlock.
    const { locksGaps } = dialectOf(table.dataSource);
    const found = await select(runner, sql + lockClause(table.dataSource, locksGaps ? 'none' : 'write'), parameters);
    rows.push(
      ...(locksGaps
        ? await readByKeys(
            runner,
            table,
            found.map((row) => table.keyOf(row)),
            'write',
          )
        : found),
    );
  }
  return rows;
}

function uniqueKeys(table: TrackedTable): readonly (readonly ColumnMetadata[])[] {
  const { uniques, indices } = table.metadata;
  const uniqueIndices = indices.filter((index) => index.isUnique).map((index) => index.columns);
  return [table.keyColumns, ...uniques.map((unique) => unique.columns), ...uniqueIndices];
}

/** `a = … AND b = …`; undefined if one of the columns is left null or generated, which collides with nothing. */
function collision(
  table: TrackedTable,
  columns: readonly ColumnMetadata[],
  value: ObjectLiteral,
  parameters: Record<string, unknown>,
): string | undefined {
  const { driver } = table.dataSource;
  const terms: string[] = [];
  for (const column of columns) {
    const given: unknown = columnValue(column, value);
    if (given === null || (given === undefined && (column.isGenerated || column.default === undefined)))
      return undefined;
    const name = driver.escape(column.databaseName);
    if (typeof given === 'function') terms.push(`${name} = (${String((given as () => unknown)())})`);
    else if (given === undefined) terms.push(`${name} = (${driver.normalizeDefault(column) ?? 'NULL'})`);
    else {
      const parameter = `jira_value_${Object.keys(parameters).length}`;
      parameters[parameter] = driver.preparePersistentValue(given, column);
      terms.push(`${name} = :${parameter}`);
    }
  }
  return terms.length > 0 ? `(${terms.join(' AND ')})` : undefined;
}

/** The keys that the values name themselves, in the form the database will return; undefined if any is in doubt. */
export function givenKeys(
  table: TrackedTable,
  values: readonly ObjectLiteral[],
  generated: Readonly<Record<number, ObjectLiteral>>,
): readonly RawKey[] | undefined {
  const keys: RawKey[] = [];
  for (const [index, value] of values.entries()) {
    const key = table.keyColumns.map((column): unknown => {
      const given: unknown = columnValue(column, value) ?? columnValue(column, generated[index] ?? {});
      if (given === undefined || given === null || typeof given === 'function') return undefined;
      return table.dataSource.driver.preparePersistentValue(given, column);
    });
    if (!key.every((part, position) => isCanonical(table, position, part))) return undefined;
    keys.push(key);
  }
  return keys;
}

/** Whether the database will return the value as given: it would not for a UUID in capitals or a padded CHAR. */
function isCanonical(table: TrackedTable, position: number, value: unknown): boolean {
  const column = table.keyColumns[position];
  if (!column) return false;
  // MariaDB treats zero as a request for the next number.
  if (value === 0 && column.isGenerated) return false;
  const type = table.dataSource.driver.normalizeType(column);
  if (typeof value === 'number') return Number.isSafeInteger(value) && /int|serial/.test(type);
  return typeof value === 'string' && ['varchar', 'character varying', 'nvarchar', 'text'].includes(type);
}
