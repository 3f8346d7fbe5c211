// Reads of plain entities on better-sqlite3 without TypeORM's query builder and runner: statements prepared once,
// executed in the same turn, rows written straight into entities. Anything it cannot do exactly like TypeORM is left to TypeORM.

import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Ordering } from '../../policy/filtering/filter.js';
import { writeSql } from '../query/condition-sql.js';
import { SqlWriter } from '../rows/sql-writer.js';
import { rowConditions, tableAs } from '../rows/table-rows.js';
import { orderTerms } from '../query/ordering.js';
import type { RowPredicate } from '../query/row-predicate.js';
import type { Sight } from '../query/sight.js';
import { bindable, DirectConnection, type SqliteDatabase } from './direct-connection.js';
import { entityShapeOf, hasReadListeners, type EntityShape } from './entity-shape.js';

export interface DirectPage {
  readonly ordering: readonly Ordering[];
  /** The related rows that the order may use. @default all of them */
  readonly sight?: Sight;
  readonly offset?: number;
  readonly limit?: number;
}

const ALIAS = 'row';

export class DirectReader {
  private readonly shape: EntityShape;
  private readonly from: string;
  private readonly columns: string;
  private checkedSubscribers = -1;
  private isHeard = false;

  private constructor(
    private readonly metadata: EntityMetadata,
    private readonly connection: DirectConnection,
    shape: EntityShape,
    private readonly withDeleted: boolean,
  ) {
    this.shape = shape;
    const writer = new SqlWriter(metadata.dataSource);
    this.columns = shape.columns.map((column) => writer.column(ALIAS, column)).join(', ');
    this.from = `FROM ${tableAs(metadata, ALIAS, writer)}`;
  }

  /** `undefined` if the entity, its database or the data source's logging requires TypeORM's own reads. */
  static of(metadata: EntityMetadata, withDeleted: boolean): DirectReader | undefined {
    const connection = DirectConnection.of(metadata.dataSource);
    const shape = entityShapeOf(metadata);
    return connection && shape && new DirectReader(metadata, connection, shape, withDeleted);
  }

  /** The rows that satisfy all predicates; `undefined` = use TypeORM (the connection is taken, or code listens to it). */
  find(predicates: readonly RowPredicate[], page: DirectPage): ObjectLiteral[] | undefined {
    const database = this.free();
    if (!database) return undefined;
    const writer = new SqlWriter(this.metadata.dataSource);
    const order = orderTerms(this.metadata, ALIAS, page, writer).map((term) => `${term.sql} ${term.direction}`);
    const sql = `SELECT ${this.columns} ${this.from}${this.where(predicates, writer)}${order.length > 0 ? ` ORDER BY ${order.join(', ')}` : ''}${slice(page, writer)}`;
    const parameters = bindable(writer.parameters);
    if (!parameters) return undefined;
    return this.connection
      .prepare(database, sql, true)
      .all(parameters)
      .map((row) => this.shape.hydrate(row));
  }

  /** One row that satisfies all predicates, or `null`. */
  findOne(predicates: readonly RowPredicate[]): ObjectLiteral | null | undefined {
    const rows = this.run(`SELECT ${this.columns} ${this.from}`, predicates, ' LIMIT 1');
    if (!rows) return undefined;
    const [row] = rows;
    return row ? this.shape.hydrate(row) : null;
  }

  count(predicates: readonly RowPredicate[]): number | undefined {
    const rows = this.run(`SELECT COUNT(*) ${this.from}`, predicates, '');
    return rows && Number(rows[0]?.[0]);
  }

  private run(select: string, predicates: readonly RowPredicate[], end: string): unknown[][] | undefined {
    const database = this.free();
    if (!database) return undefined;
    const writer = new SqlWriter(this.metadata.dataSource);
    const sql = select + this.where(predicates, writer) + end;
    const parameters = bindable(writer.parameters);
    return parameters && this.connection.prepare(database, sql, true).all(parameters);
  }

  private where(predicates: readonly RowPredicate[], writer: SqlWriter): string {
    const { withDeleted } = this;
    const parts = rowConditions(this.metadata, ALIAS, writer, { withDeleted });
    for (const { constant, condition } of predicates)
      if (constant !== true) parts.push(`(${writeSql(condition, ALIAS, writer)})`);
    return parts.length === 0 ? '' : ` WHERE ${parts.join(' AND ')}`;
  }

  private free(): SqliteDatabase | undefined {
    const database = this.connection.free();
    return database && !this.hasListeners(this.metadata.dataSource) ? database : undefined;
  }

  private hasListeners({ subscribers }: DataSource): boolean {
    if (subscribers.length !== this.checkedSubscribers) {
      this.checkedSubscribers = subscribers.length;
      this.isHeard = hasReadListeners(this.metadata.dataSource);
    }
    return this.isHeard;
  }
}

function slice({ offset = 0, limit }: DirectPage, writer: SqlWriter): string {
  if (limit === undefined && offset === 0) return '';
  // A literal: SQLite reparses the statement for each value bound to a limit. Anything but a number stays bound.
  const maxRows = limit ?? -1;
  return ` LIMIT ${Number.isSafeInteger(maxRows) ? maxRows : writer.bind(maxRows)}${offset > 0 ? ` OFFSET ${writer.bind(offset)}` : ''}`;
}
