// Makes a write return its rows whole, besides what TypeORM asks for, so that they need not be read again.

import { expressionMapOf, type ColumnMetadata, type WriteBuilder } from '../typeorm-internals.js';
import { dialectOf } from '../dialect/dialects.js';
import { PREFIX, TRIGGERED } from './returning.js';
import type { RawRow, TrackedTable } from './tracked-table.js';

export interface ReturnedRows {
  readonly rows: readonly RawRow[];
  /** Whether nothing can have changed the rows since they were returned. */
  readonly areFinal: boolean;
  /** Whether the write cannot have changed other rows either: its table has no triggers. */
  readonly isTame: boolean;
}

/** What was added to a builder's RETURNING. */
export interface Asking {
  /** Call it after the builder was executed, even if it failed. */
  readonly undo: () => void;
  /** Takes the rows out of the result, and leaves the result as TypeORM alone would have made it. */
  readonly take: (result: { raw: unknown }) => ReturnedRows;
}

/** Makes the write return its rows whole; `undefined` if the database cannot, or if the application asks for other columns. */
export function askForRows(builder: WriteBuilder, table: TrackedTable): Asking | undefined {
  const map = expressionMapOf(builder);
  const { returning, onUpdate, onIgnore, queryType, mainAlias } = map;
  if ((returning !== undefined && returning.length > 0) || onUpdate || onIgnore || !mainAlias) return undefined;
  const own = ownColumns(builder, table);
  const { returnsRows } = dialectOf(table.dataSource);
  // With MariaDB's inserts, it would change the form of the result, unless TypeORM itself asks for columns.
  const isPossible = returnsRows === 'all' || (returnsRows === 'insert' && queryType === 'insert' && own.length > 0 && table.dataSource.driver.isReturningSqlSupported('insert')); // prettier-ignore
  if (!isPossible) return undefined;
  map.returning = [...own.map(({ databaseName }) => table.dataSource.driver.escape(databaseName)), table.returning].join(', '); // prettier-ignore
  return {
    undo: () => (map.returning = returning),
    take: (result) => takeRows(result, table, own.length === 0),
  };
}

/** The columns that TypeORM would have returned: it adds none to a RETURNING that is text. */
function ownColumns(builder: WriteBuilder, { metadata: owner }: TrackedTable): readonly ColumnMetadata[] {
  const { queryType, updateEntity, whereEntities, mainAlias } = expressionMapOf(builder);
  const metadata = mainAlias?.hasMetadata ? mainAlias.metadata : owner;
  if (!updateEntity || queryType === 'delete') return [];
  if (queryType === 'insert') return metadata.getInsertionReturningColumns();
  if (whereEntities.length === 0) return [];
  return metadata.columns.filter(
    (column) =>
      column.asExpression !== undefined ||
      column.isUpdateDate ||
      column.isVersion ||
      (column.isDeleteDate && queryType !== 'update'),
  );
}

function takeRows(result: { raw: unknown }, table: TrackedTable, isAllOurs: boolean): ReturnedRows {
  const rows = result.raw as Record<string, unknown>[];
  let hasTriggers = false;
  const whole = rows.map((row) => {
    if (row[TRIGGERED] === true) hasTriggers = true;
    const taken = table.rowReturned(row);
    for (const name of Object.keys(row)) if (name.startsWith(PREFIX)) delete row[name];
    return taken;
  });
  if (isAllOurs) rows.length = 0;
  const { triggersMayRewrite, returnsRows } = dialectOf(table.dataSource);
  return { rows: whole, areFinal: !triggersMayRewrite || !hasTriggers, isTame: returnsRows === 'all' && !hasTriggers };
}
