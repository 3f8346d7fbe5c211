// Fast path for inserts of plain entities on a database server: one statement, which is its own transaction and returns
// the row. Rows that need a check after the insert, and whatever it cannot do exactly as TypeORM and change capture do,
// are left to them.

import { QueryFailedError, type EntityMetadata, type ObjectLiteral } from 'typeorm';
import { TrackedTable, type RawRow } from '../../commits/capture/tracked-table.js';
import type { TypeOrmChangeSource } from '../../commits/capture/typeorm-change-source.js';
import { columnValue } from '../../commits/column-value.js';
import { isConnectionLoss } from '../../commits/connection-loss.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { borrow } from '../../commits/typeorm-pools.js';
import { RowNotFoundException } from '../../core/errors/jira.exception.js';
import { outcomeUnknown } from '../errors/typeorm-errors.js';
import { RowMaker } from '../reader/row-maker.js';
import { StoredRows } from '../reader/stored-rows.js';
import { ownForeignKeys } from '../rows/related-rows.js';
import { SqlWriter } from '../rows/sql-writer.js';
import { isSilent } from './direct-connection.js';
import { canInsert, isKeyGiven } from './direct-writer.js';
import { PooledReads } from './pooled-reads.js';

export interface Inserted {
  readonly row: ObjectLiteral;
  /** Identifies the commit when its position is requested. */
  readonly transaction: object;
}

export class PooledWriter {
  private readonly maker: RowMaker;
  private readonly stored: StoredRows<ObjectLiteral>;
  private readonly ownTable: TrackedTable;
  /** Triggers may write other rows, or write the row again. Undefined until the table was asked. */
  private hasTriggers?: boolean;

  private constructor(
    private readonly metadata: EntityMetadata,
    private readonly statements: PooledReads,
    private readonly source: TypeOrmChangeSource,
  ) {
    this.maker = new RowMaker(metadata);
    this.stored = new StoredRows(metadata);
    this.ownTable = new TrackedTable(metadata.dataSource, metadata);
  }

  /** `undefined` if the entity, its database or the data source's logging requires TypeORM's own writes. */
  static of(metadata: EntityMetadata, source: TypeOrmChangeSource | undefined): PooledWriter | undefined {
    const { dataSource } = metadata;
    if (!source || !isSilent(dataSource) || dialectOf(dataSource).returnsRows !== 'all') return undefined;
    const statements = canInsert(metadata) ? PooledReads.of(dataSource) : undefined;
    return statements && new PooledWriter(metadata, statements, source);
  }

  /**
   * Inserts the entity and announces it.
   *
   * @returns `undefined` if nothing was done and TypeORM must insert the entity
   * @throws QueryFailedError if the database refuses the row
   */
  async insert(entity: ObjectLiteral): Promise<Inserted | undefined> {
    const { source, metadata } = this;
    const table = source.tableOf(metadata) ?? this.ownTable;
    if (!source.isAlone || table.metadata !== metadata || namesRows(metadata, entity)) return undefined;
    const writer = new SqlWriter(metadata.dataSource);
    const sql = this.statementFor(entity, table, writer);
    if (sql === undefined || (await this.isTriggered(table))) return undefined;
    const inserted = await this.send(sql, writer.parameters, table);
    if (!inserted) return undefined;
    const row = await this.maker.make(table.imageOf(inserted.row));
    // A trigger may have written the row again.
    const stored = this.hasTriggers ? await this.stored.read(metadata.dataSource.manager, row) : undefined;
    return { row: stored?.row ?? row, transaction: inserted.transaction };
  }

  private async send(
    sql: string,
    parameters: Readonly<Record<string, unknown>>,
    table: TrackedTable,
  ): Promise<{ readonly row: RawRow; readonly transaction: object } | undefined> {
    const { dataSource } = this.metadata;
    const connection = await borrow(dataSource.driver);
    try {
      // Application code may have left a transaction open on this connection; the insert would roll back with it.
      const state = dialectOf(dataSource).stateOf(connection.session);
      if (state?.isOpen !== false) return undefined;
      return await this.source.insertAlone(table, async () => {
        const [values] = await this.statements.send(connection, sql, parameters);
        if (!values) throw new RowNotFoundException();
        return this.returned(table, values);
      });
    } catch (error) {
      throw error instanceof QueryFailedError && isConnectionLoss(error) ? outcomeUnknown(error) : error;
    } finally {
      connection.release();
    }
  }

  /** The statement that TypeORM would send; `undefined` if only TypeORM can write a value. */
  private statementFor(entity: ObjectLiteral, table: TrackedTable, writer: SqlWriter): string | undefined {
    const { driver } = this.metadata.dataSource;
    const columns = this.metadata.columns.filter((column) => column.isInsert);
    const terms: string[] = [];
    for (const column of columns) {
      const given: unknown = columnValue(column, entity);
      if (typeof given === 'function' || (column.isPrimary && !isKeyGiven(column, given))) return undefined;
      const value: unknown = driver.preparePersistentValue(given, column);
      terms.push(value === undefined ? (column.isVersion ? '1' : 'DEFAULT') : writer.bind(value));
    }
    const names = columns.map((column) => driver.escape(column.databaseName)).join(', ');
    return `INSERT INTO ${table.escapedPath()}(${names}) VALUES (${terms.join(', ')}) RETURNING ${table.returning}`;
  }

  /** Reads a returned row, whose values are in the order of the table's `returning`. */
  private returned(table: TrackedTable, values: readonly unknown[]): { row: RawRow; isFinal: boolean } {
    const row: Record<string, unknown> = {};
    for (const [i, { databaseName }] of table.columns.entries()) row[databaseName] = values[i];
    // The trigger was created since the table was asked: from now on, TypeORM inserts.
    if (values[table.columns.length] === true) this.hasTriggers = true;
    return { row, isFinal: this.hasTriggers !== true };
  }

  private async isTriggered(table: TrackedTable): Promise<boolean> {
    if (this.hasTriggers === undefined) {
      const path = table.escapedPath();
      const triggered = dialectOf(this.metadata.dataSource).triggered(path) ?? 'TRUE';
      // Asks about the table itself: the join selects no row of it.
      const sql = `SELECT ${triggered} FROM (SELECT 1) "jira_one" LEFT JOIN ${path} ON 1 = 0`;
      const [row] = await this.statements.all(sql, {});
      this.hasTriggers ??= row?.[0] !== false;
    }
    return this.hasTriggers;
  }
}

/** Whether the entity refers to other rows, which its writer must be able to see until the commit. */
function namesRows({ relations }: EntityMetadata, entity: ObjectLiteral): boolean {
  return relations.some(
    (relation) =>
      relation.getEntityValue(entity) !== undefined ||
      ownForeignKeys(relation).some((column) => (columnValue(column, entity) ?? null) !== null),
  );
}
