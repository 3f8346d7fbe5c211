// Fast path for inserts of plain entities on better-sqlite3, without TypeORM's query builder and runner. The
// transaction is one turn of the event loop. Whatever it cannot do exactly as TypeORM and change capture do is left to
// them.

import { isPromise } from '../../core/support/is-promise.js';
import { randomUUID } from 'node:crypto';
import { QueryFailedError, type EntityMetadata, type ObjectLiteral } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { Change, Image } from '../../core/changes/change.js';
import { TrackedTable, type RawRow } from '../../commits/capture/tracked-table.js';
import type { TypeOrmChangeSource } from '../../commits/capture/typeorm-change-source.js';
import { writeSql } from '../query/condition-sql.js';
import { SqlWriter } from '../rows/sql-writer.js';
import { tableAs } from '../rows/table-rows.js';
import type { RowPredicate } from '../query/row-predicate.js';
import { RowMaker } from '../reader/row-maker.js';
import { outOfSight } from '../query/visible-check.js';
import { bindable, bindableValue, DirectConnection, type SqliteDatabase } from './direct-connection.js';
import { entityShapeOf } from './entity-shape.js';
import { columnValue } from '../../commits/column-value.js';

/** The result of the caller's work within the transaction. */
export interface Written<Result> {
  readonly result: Result;
  /** Identifies the transaction when its position is requested. */
  readonly transaction: object;
}

interface Insertion {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** Keys generated here, as TypeORM generates them. */
  readonly generated: readonly (readonly [ColumnMetadata, string])[];
}

/** Thrown if, after the insert, it turns out that TypeORM must do the work. */
const UNSURE = new Error('Only TypeORM can do this.');

/** The number of rows that this connection has changed, and a version that changes when other connections write. */
const STORED_DATE = 'SELECT total_changes(), data_version FROM pragma_data_version';

export class DirectWriter {
  private readonly columns: readonly ColumnMetadata[];
  private readonly maker: RowMaker;
  private readonly table: string;
  private readonly keyCondition: string;
  private readonly ownTable: TrackedTable;

  private constructor(
    private readonly metadata: EntityMetadata,
    private readonly connection: DirectConnection,
    private readonly source: TypeOrmChangeSource,
  ) {
    const writer = new SqlWriter(metadata.dataSource);
    this.columns = metadata.columns.filter((column) => column.isInsert);
    this.maker = new RowMaker(metadata);
    this.table = writer.table(metadata);
    this.keyCondition = metadata.primaryColumns.map((one) => `${writer.escape(one.databaseName)} = ?`).join(' AND ');
    this.ownTable = new TrackedTable(metadata.dataSource, metadata);
  }

  /** `undefined` if the entity, its database or the data source's logging requires TypeORM's own writes. */
  static of(metadata: EntityMetadata, source: TypeOrmChangeSource | undefined): DirectWriter | undefined {
    const connection = DirectConnection.of(metadata.dataSource);
    return connection && source && canInsert(metadata) ? new DirectWriter(metadata, connection, source) : undefined;
  }

  /** Unchanged while nothing writes to the database; `undefined` while the connection is taken. */
  mark(): string | undefined {
    const database = this.connection.free();
    return database && String(this.connection.prepare(database, STORED_DATE, true).get([]));
  }

  /**
   * Inserts the entity and announces it. If it returns `undefined`, build the entity anew for TypeORM.
   *
   * @param entity writes no other rows, and the caller may name every row it refers to
   * @param visibility must hold for the written row
   * @param work runs with the stored row before the commit: if it throws, the insert is undone
   * @returns `undefined` if nothing was done and TypeORM must insert the entity
   * @throws ValidationException if the row would be hidden from the caller; QueryFailedError if the database refuses it
   */
  insert<Result>(
    entity: ObjectLiteral,
    visibility: RowPredicate,
    work: (row: ObjectLiteral) => Result,
  ): Written<Result> | undefined {
    const database = this.source.isAlone ? this.connection.free() : undefined;
    const table = this.source.tableOf(this.metadata) ?? this.ownTable;
    if (!database || table.metadata !== this.metadata) return undefined;
    const insertion = this.insertionOf(entity);
    if (!insertion) return undefined;
    const transaction = {};
    const done = this.inTransaction(database, () => {
      const row = this.write(database, entity, insertion, table);
      const image = table.imageOf(row);
      if (!this.isVisible(database, visibility, entity, image)) throw outOfSight(visibility, entity);
      const stored = this.maker.make(image);
      if (isPromise(stored)) throw UNSURE;
      return { changes: this.changesOf(table, row), result: work(stored) };
    });
    if (!done) return undefined;
    this.source.announceCommit({ changes: done.changes, transaction });
    return { result: done.result, transaction };
  }

  /** The statement that TypeORM would send; `undefined` if only TypeORM can bind a value. */
  private insertionOf(entity: ObjectLiteral): Insertion | undefined {
    const { driver } = this.metadata.dataSource;
    const parameters: unknown[] = [];
    const generated: [ColumnMetadata, string][] = [];
    const terms: string[] = [];
    for (const column of this.columns) {
      const given: unknown = columnValue(column, entity);
      if (typeof given === 'function' || (column.isPrimary && !isKeyGiven(column, given))) return undefined;
      let value: unknown = driver.preparePersistentValue(given, column);
      if (value === undefined && column.isGenerated && column.generationStrategy === 'uuid') {
        value = randomUUID();
        generated.push([column, value as string]);
      }
      if (value === undefined) terms.push(column.isVersion ? '1' : defaultOf(column));
      else {
        const bound = bindableValue(value);
        if (bound === undefined) return undefined;
        terms.push('?');
        parameters.push(bound);
      }
    }
    const names = this.columns.map((column) => driver.escape(column.databaseName)).join(', ');
    return { sql: `INSERT INTO ${this.table}(${names}) VALUES (${terms.join(', ')})`, parameters, generated };
  }

  /** Inserts the row and reads it back as change capture would, with what triggers changed. */
  private write(database: SqliteDatabase, entity: ObjectLiteral, insertion: Insertion, table: TrackedTable): RawRow {
    const { lastInsertRowid } = this.run(database, insertion.sql, insertion.parameters);
    for (const column of this.metadata.primaryColumns)
      if (column.generationStrategy === 'increment') column.setEntityValue(entity, lastInsertRowid);
    for (const [column, value] of insertion.generated) column.setEntityValue(entity, value);
    const select = `SELECT ${table.selection} FROM ${this.table} WHERE ${this.keyCondition}`;
    const row = this.connection.prepare(database, select, false).get(this.keyOf(entity)) as RawRow | undefined;
    if (!row) throw UNSURE;
    return row;
  }

  private changesOf(table: TrackedTable, row: RawRow): Change[] {
    try {
      return this.source.changesOf({ table, before: null, after: row });
    } catch {
      throw UNSURE; // change capture has its own way to announce a row that cannot be serialized
    }
  }

  private isVisible(database: SqliteDatabase, visibility: RowPredicate, entity: ObjectLiteral, image: Image): boolean {
    const known = visibility.constant ?? visibility.matches(image);
    if (known !== undefined) return known;
    const writer = new SqlWriter(this.metadata.dataSource);
    const condition = writeSql(visibility.condition, 'row', writer);
    const keys = this.metadata.primaryColumns.map(
      (column, i) => `${writer.column('row', column)} = ${writer.bind(this.keyOf(entity)[i])}`,
    );
    const parameters = bindable(writer.parameters);
    if (!parameters) throw UNSURE;
    const sql = `SELECT 1 FROM ${tableAs(this.metadata, 'row', writer)} WHERE (${condition}) AND ${keys.join(' AND ')}`;
    return this.connection.prepare(database, sql, true).all(parameters).length > 0;
  }

  private keyOf(entity: ObjectLiteral): unknown[] {
    const { dataSource, primaryColumns } = this.metadata;
    return primaryColumns.map((column) =>
      bindableValue(dataSource.driver.preparePersistentValue(columnValue(column, entity), column)),
    );
  }

  /** Rolls back if the work throws. `undefined` if TypeORM must do the work. */
  private inTransaction<T>(database: SqliteDatabase, work: () => T): T | undefined {
    this.run(database, 'BEGIN TRANSACTION');
    try {
      const result = work();
      this.run(database, 'COMMIT');
      return result;
    } catch (error) {
      if (database.inTransaction) this.run(database, 'ROLLBACK');
      if (error === UNSURE) return undefined;
      throw error;
    }
  }

  private run(
    database: SqliteDatabase,
    sql: string,
    parameters: readonly unknown[] = [],
  ): { readonly lastInsertRowid: number | bigint } {
    try {
      return this.connection.prepare(database, sql, false).run(parameters);
    } catch (error) {
      throw new QueryFailedError(sql, [...parameters], error as Error);
    }
  }
}

const CONVERTED = new Set<unknown>(['json', 'jsonb', 'simple-json', 'simple-array']);

/** Whether TypeORM inserts such an entity by one plain statement with scalar values. */
export function canInsert(metadata: EntityMetadata): boolean {
  return (
    entityShapeOf(metadata) !== undefined &&
    metadata.beforeInsertListeners.length + metadata.afterInsertListeners.length === 0 &&
    metadata.columns.every((column) => column.transformer === undefined && !CONVERTED.has(column.type)) &&
    metadata.columns.some((column) => column.isInsert)
  );
}

/** Whether the key is usable as given: a generated number that is left out, a UUID, or a key that the client chose. */
export function isKeyGiven(column: ColumnMetadata, given: unknown): boolean {
  if (!column.isGenerated) return given !== undefined && given !== null;
  return column.generationStrategy === 'uuid'
    ? given !== null
    : column.generationStrategy === 'increment' && given === undefined;
}

/** SQLite has no DEFAULT in a list of values. */
function defaultOf(column: ColumnMetadata): string {
  if (column.default === undefined || column.default === null) return 'NULL';
  return column.entityMetadata.dataSource.driver.normalizeDefault(column) ?? 'NULL';
}
