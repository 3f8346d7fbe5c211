// Captures insert, upsert and insert-or-ignore: finds out which rows are new, and which existed before.

import type { InsertResult, ObjectLiteral } from 'typeorm';
import { expressionMapOf, insertedColumns, type WriteBuilder } from '../typeorm-internals.js';
import type { Execute } from './builders.js';
import type { CapturedWrite } from './captured-transaction.js';
import { touchCommitted } from './committed-rows.js';
import { conflictingRows, givenKeys } from './conflicts.js';
import { dialectOf } from '../dialect/dialects.js';
import { select } from './row-reader.js';
import { askForRows, type ReturnedRows } from './returned-rows.js';
import type { RawKey, RawRow, TrackedTable } from './tracked-table.js';
import { columnValue } from '../column-value.js';

/** Runs inside a transaction, on the builder's own query runner. */
export async function captureInsert(builder: WriteBuilder, proceed: Execute, write: CapturedWrite): Promise<unknown> {
  const insert = new Insert(builder, () => proceed() as Promise<InsertResult>, write);
  await insert.noteConflicts();
  const { result, keys, mayHaveBeenThere, returned } = await insert.run();
  if (!keys) write.noteGap(new Error('The keys of the inserted rows are unknown.'));
  else if (mayHaveBeenThere) await touchCommitted(write, keys);
  else for (const key of keys) write.touch(key, null);
  if (keys && returned?.areFinal) write.transaction.noteAfter(write.table, keys, returned.rows, returned.isTame);
  return result;
}

/** The values an insert was given, row by row; empty for `INSERT … SELECT`. */
export function insertedValues(builder: WriteBuilder): readonly ObjectLiteral[] {
  const { valuesSet, insertFromSelect } = expressionMapOf(builder);
  if (insertFromSelect || !valuesSet) return [];
  const rows: readonly ObjectLiteral[] = Array.isArray(valuesSet) ? valuesSet : [valuesSet];
  return rows;
}

/** A copy with only the values that the statement will send. */
function sentValues(builder: WriteBuilder, value: ObjectLiteral): ObjectLiteral {
  const sent: ObjectLiteral = {};
  for (const column of insertedColumns(builder)) {
    const given: unknown = columnValue(column, value);
    if (given !== undefined) column.setEntityValue(sent, given);
  }
  return sent;
}

interface Inserted {
  readonly result: InsertResult;
  /** Keys of the rows that exist now; undefined if they cannot be known. */
  readonly keys?: readonly RawKey[] | undefined;
  /** Whether another transaction may have inserted the rows while the upsert was running. */
  readonly mayHaveBeenThere?: boolean;
  /** The rows as the statement left them, if no other statement was sent meanwhile. */
  readonly returned?: ReturnedRows | undefined;
}

class Insert {
  private readonly table: TrackedTable;
  private readonly values: readonly ObjectLiteral[];
  private readonly isPlain: boolean;

  constructor(
    private readonly builder: WriteBuilder,
    private readonly proceed: () => Promise<InsertResult>,
    private readonly write: CapturedWrite,
  ) {
    this.table = write.table;
    // TypeORM writes the identifiers that it assumes into the caller's objects; on SQLite, some of them are wrong.
    this.values = insertedValues(builder).map((value) => sentValues(builder, value));
    const { onIgnore, onUpdate } = expressionMapOf(builder);
    this.isPlain = !onIgnore && !onUpdate;
  }

  /** Notes the rows that an upsert may change. */
  async noteConflicts(): Promise<void> {
    const { onIgnore, onUpdate } = expressionMapOf(this.builder);
    // An insert that ignores conflicts changes no existing row. If the database returns the new rows, no comparison is
    // needed.
    if (!onUpdate && (!onIgnore || this.isReturning)) return;
    for (const row of await this.conflicting()) this.write.touch(this.table.keyOf(row), row);
  }

  run(): Promise<Inserted> {
    if (this.isReturning) return this.runReturning();
    if (!dialectOf(this.table.dataSource).hasOneConnection) return this.runTrusting();
    return this.table.metadata.withoutRowid ? this.runNaming() : this.runNumbering();
  }

  /** PostgreSQL and MariaDB return the keys if asked. */
  private async runReturning(): Promise<Inserted> {
    const asking = askForRows(this.builder, this.table);
    if (asking) {
      const { result, isAlone } = await this.write.transaction.send(this.proceed).finally(asking.undo);
      const returned = asking.take(result);
      return {
        result,
        keys: returned.rows.map((row) => this.table.keyOf(row)),
        returned: isAlone ? returned : undefined,
      };
    }
    const known = this.given();
    if (known) return { result: await this.proceed(), keys: known };
    const map = expressionMapOf(this.builder);
    const { returning } = map;
    map.returning = withKeys(returning, this.table);
    try {
      const result = await this.proceed();
      const keys = (result.raw as RawRow[]).map((row) => this.table.keyOf(row));
      return { result, keys, mayHaveBeenThere: map.onUpdate !== undefined };
    } finally {
      map.returning = returning;
    }
  }

  /** SQLite numbers new rows upwards: new are the rows above the highest number, and those with a key that the caller chose. */
  private async runNumbering(): Promise<Inserted> {
    const { runner } = this.write;
    const path = this.table.escapedPath();
    // The reported number is right for a single row, but not for several rows or an upsert.
    const isSingle = this.isPlain && this.values.length === 1;
    const isMarked = !isSingle && this.given() === undefined;
    const [highest] = isMarked ? await select(runner, `SELECT MAX(rowid) AS mark FROM ${path}`, {}) : [];
    const result = await this.proceed();
    const given = this.given();
    if (given) return { result, keys: given };
    const number = isSingle ? await this.lastNumber(result) : undefined;
    if (isSingle && this.isNumbered()) return { result, keys: [[number]] };
    const mark = isMarked ? (highest?.['mark'] ?? Number.MIN_SAFE_INTEGER) : number;
    const sql = `SELECT ${this.table.selection} FROM ${path} WHERE rowid ${isMarked ? '>' : '='} :mark`;
    const rows = [...(await select(runner, sql, { mark })), ...(isMarked ? await this.conflicting() : [])];
    return { result, keys: rows.map((row) => this.table.keyOf(row)) };
  }

  /** For SQLite tables without row numbers: finds each row by the key that the caller or TypeORM gave it. */
  private async runNaming(): Promise<Inserted> {
    const result = await this.proceed();
    const { locallyGenerated } = expressionMapOf(this.builder);
    const named = this.values.map((value, index) => withGeneratedKey(this.table, value, locallyGenerated[index]));
    const areNamed = named.length > 0 && named.every((value) => namesItsRow(this.table, value));
    if (!areNamed) return { result };
    const rows = await conflictingRows(this.write.runner, this.table, named);
    return { result, keys: rows.map((row) => this.table.keyOf(row)) };
  }

  /** better-sqlite3 reports the row's number; sql.js must be asked. */
  private async lastNumber({ raw }: InsertResult): Promise<unknown> {
    if (!Array.isArray(raw)) return raw;
    const [last] = await select(this.write.runner, 'SELECT last_insert_rowid() AS number', {});
    return last?.['number'];
  }

  /** For MySQL: TypeORM computes the identifiers from the first one, which is right for plain inserts. */
  private async runTrusting(): Promise<Inserted> {
    const result = await this.proceed();
    const given = this.given();
    if (given) return { result, keys: given };
    if (!this.isPlain || result.identifiers.length !== this.values.length) return { result };
    const keys = result.identifiers.map((id) =>
      this.table.keyColumns.map((column): unknown => columnValue(column, id)),
    );
    return { result, keys };
  }

  private get isReturning(): boolean {
    return this.table.dataSource.driver.isReturningSqlSupported('insert');
  }

  private given(): readonly RawKey[] | undefined {
    if (!this.isPlain || this.values.length === 0) return undefined;
    return givenKeys(this.table, this.values, expressionMapOf(this.builder).locallyGenerated);
  }

  private conflicting(): Promise<readonly RawRow[]> {
    return conflictingRows(this.write.runner, this.table, this.values);
  }

  private isNumbered(): boolean {
    const [column, ...others] = this.table.keyColumns;
    return others.length === 0 && column?.generationStrategy === 'increment';
  }
}

function withGeneratedKey(table: TrackedTable, value: ObjectLiteral, generated: ObjectLiteral = {}): ObjectLiteral {
  for (const column of table.keyColumns) {
    const key: unknown = columnValue(column, generated);
    if (key !== undefined) column.setEntityValue(value, key);
  }
  return value;
}

/** Whether the values name the row. An SQL expression does not: evaluated again, it may give another value. */
function namesItsRow(table: TrackedTable, value: ObjectLiteral): boolean {
  const keys = table.keyColumns.map((column): unknown => columnValue(column, value));
  return keys.every((key) => key !== undefined && key !== null && typeof key !== 'function');
}

function withKeys(returning: string | string[] | undefined, table: TrackedTable): string | string[] {
  if (returning === '*') return returning;
  if (typeof returning === 'string' && returning !== '') {
    const names = table.keyColumns.map((column) => table.dataSource.driver.escape(column.databaseName));
    return [returning, ...names].join(', ');
  }
  const columns = Array.isArray(returning) ? returning : [];
  return [...new Set([...columns, ...table.keyColumns.map((column) => column.propertyPath)])];
}
