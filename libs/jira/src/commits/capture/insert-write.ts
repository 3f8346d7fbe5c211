// insert, upsert and insert-or-ignore: which rows came to be, and which of them were there before.

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

/** The values an insert was given, row by row; none for `INSERT … SELECT`. */
export function insertedValues(builder: WriteBuilder): readonly ObjectLiteral[] {
  const { valuesSet, insertFromSelect } = expressionMapOf(builder);
  if (insertFromSelect || !valuesSet) return [];
  const rows: readonly ObjectLiteral[] = Array.isArray(valuesSet) ? valuesSet : [valuesSet];
  return rows;
}

/** A copy, of only what the statement will send. */
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
  /** Keys of the rows that are there now; undefined if they cannot be known. */
  readonly keys?: readonly RawKey[] | undefined;
  /** True if another transaction may have inserted the rows while the upsert was on its way. */
  readonly mayHaveBeenThere?: boolean;
  /** The rows as the statement left them, where it was the only one. */
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
    // TypeORM writes the identifiers it believes in into the caller's objects, and on SQLite some of them are false.
    this.values = insertedValues(builder).map((value) => sentValues(builder, value));
    const { onIgnore, onUpdate } = expressionMapOf(builder);
    this.isPlain = !onIgnore && !onUpdate;
  }

  /** An upsert may change rows that are there already. */
  async noteConflicts(): Promise<void> {
    const { onIgnore, onUpdate } = expressionMapOf(this.builder);
    // Who ignores conflicts changes no row that is there, and a database that names the new rows needs no comparison.
    if (!onUpdate && (!onIgnore || this.isReturning)) return;
    for (const row of await this.conflicting()) this.write.touch(this.table.keyOf(row), row);
  }

  run(): Promise<Inserted> {
    if (this.isReturning) return this.runReturning();
    if (!dialectOf(this.table.dataSource).hasOneConnection) return this.runTrusting();
    return this.table.metadata.withoutRowid ? this.runNaming() : this.runNumbering();
  }

  /** PostgreSQL and MariaDB tell the keys themselves, if asked to. */
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

  /** SQLite numbers new rows upwards: they are those above the highest number, or carry a key that the caller chose. */
  private async runNumbering(): Promise<Inserted> {
    const { runner } = this.write;
    const path = this.table.escapedPath();
    // The number of one row is reported truly; of several, and of an upsert, it is not.
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

  /** SQLite without row numbers: each row is found by the key that the caller or TypeORM gave it. */
  private async runNaming(): Promise<Inserted> {
    const result = await this.proceed();
    const { locallyGenerated } = expressionMapOf(this.builder);
    const named = this.values.map((value, index) => withGeneratedKey(this.table, value, locallyGenerated[index]));
    const areNamed = named.length > 0 && named.every((value) => namesItsRow(this.table, value));
    if (!areNamed) return { result };
    const rows = await conflictingRows(this.write.runner, this.table, named);
    return { result, keys: rows.map((row) => this.table.keyOf(row)) };
  }

  /** better-sqlite3 reports the number of the row, sql.js has to be asked. */
  private async lastNumber({ raw }: InsertResult): Promise<unknown> {
    if (!Array.isArray(raw)) return raw;
    const [last] = await select(this.write.runner, 'SELECT last_insert_rowid() AS number', {});
    return last?.['number'];
  }

  /** MySQL: TypeORM computes the identifiers from the first one, which holds for plain inserts. */
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

/** An SQL expression names no row: evaluated again it may give another value. */
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
