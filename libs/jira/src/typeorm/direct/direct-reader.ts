// Fast path for reads of plain entities: writes SQL for the driver and builds entities from its rows, without TypeORM's
// query builder and runner. Whatever it cannot do exactly as TypeORM does is left to TypeORM.

import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';
import { isPromise } from '../../core/support/is-promise.js';
import type { Ordering } from '../../policy/filtering/filter.js';
import { writeSql } from '../query/condition-sql.js';
import { SqlWriter } from '../rows/sql-writer.js';
import { rowConditions, tableAs } from '../rows/table-rows.js';
import { OrderJoins } from '../query/order-joins.js';
import { orderTerms } from '../query/ordering.js';
import type { RowPredicate } from '../query/row-predicate.js';
import type { Sight } from '../query/sight.js';
import { DirectConnection, isSilent, type Reads } from './direct-connection.js';
import { entityShapeOf, hasReadListeners, type EntityShape } from './entity-shape.js';
import { PooledReads } from './pooled-reads.js';

export interface DirectPage {
  readonly ordering: readonly Ordering[];
  /** The related rows that the order may read. @default all of them */
  readonly sight?: Sight;
  readonly offset?: number;
  readonly limit?: number;
}

/** `undefined` if TypeORM must read the rows. */
export type Found<T> = T | undefined | Promise<T | undefined>;

export interface CountedPage {
  readonly rows: ObjectLiteral[];
  readonly count: number;
}

interface ReadParts {
  readonly writer: SqlWriter;
  /** JOIN clauses between the table and the condition. @default none */
  readonly joins?: string;
  /** What follows the condition: ORDER BY, LIMIT. */
  readonly end: string;
  readonly isSingle?: boolean;
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
    private readonly reads: Reads,
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
    const { dataSource } = metadata;
    const reads = DirectConnection.of(dataSource) ?? (isSilent(dataSource) ? PooledReads.of(dataSource) : undefined);
    const shape = entityShapeOf(metadata);
    return reads && shape && new DirectReader(metadata, reads, shape, withDeleted);
  }

  /**
   * The rows that satisfy all predicates. `undefined` means "use TypeORM": the connection is taken, or code listens to
   * reads.
   */
  find(predicates: readonly RowPredicate[], page: DirectPage): Found<ObjectLiteral[]> {
    if (!this.isFree) return undefined;
    const writer = new SqlWriter(this.metadata.dataSource);
    const { joins, end } = this.orderAndSlice(page, writer);
    return this.run(this.columns, predicates, { writer, joins, end }, (rows) =>
      rows.map((row) => this.shape.hydrate(row)),
    );
  }

  /** A page of the rows and the number of all rows, by one statement. A page past the end needs two, and is left to TypeORM. */
  findAndCount(predicates: readonly RowPredicate[], page: DirectPage): Found<CountedPage> {
    if (!this.isFree) return undefined;
    const writer = new SqlWriter(this.metadata.dataSource);
    const where = this.where(predicates, writer);
    const { joins, end } = this.orderAndSlice(page, writer);
    const sql = `SELECT ${this.columns}, (SELECT COUNT(*) ${this.from}${where}) ${this.from}${joins}${where}${end}`;
    const made = (rows: unknown[][]): CountedPage | undefined => {
      if (rows.length === 0) return page.offset ? undefined : { rows: [], count: 0 };
      return { rows: rows.map((row) => this.shape.hydrate(row)), count: Number(rows[0].at(-1)) };
    };
    const rows = this.reads.all(sql, writer.parameters);
    return isPromise(rows) ? rows.then(made) : rows && made(rows);
  }

  private orderAndSlice(page: DirectPage, writer: SqlWriter): { readonly joins: string; readonly end: string } {
    const joins = new OrderJoins();
    const order = orderTerms(this.metadata, ALIAS, page, writer, joins).map((term) => `${term.sql} ${term.direction}`);
    const end = `${order.length > 0 ? ` ORDER BY ${order.join(', ')}` : ''}${slice(page, writer)}`;
    return { joins: joins.sql, end };
  }

  /** One row that satisfies all predicates, or `null`. */
  findOne(predicates: readonly RowPredicate[]): Found<ObjectLiteral | null> {
    const writer = new SqlWriter(this.metadata.dataSource);
    const first = ([row]: unknown[][]): ObjectLiteral | null => (row ? this.shape.hydrate(row) : null);
    return this.run(this.columns, predicates, { writer, end: ' LIMIT 1', isSingle: true }, first);
  }

  /** @param limit stop counting at `limit + 1`, which means "more than `limit`" */
  count(predicates: readonly RowPredicate[], limit?: number): Found<number> {
    const writer = new SqlWriter(this.metadata.dataSource);
    const made = ([row]: unknown[][]): number => Number(row?.[0]);
    if (limit === undefined) return this.run('COUNT(*)', predicates, { writer, end: '' }, made);
    const end = ` LIMIT ${Math.trunc(limit) + 1}) ${writer.escape('jira_counted')}`;
    return this.run('COUNT(*) FROM (SELECT 1', predicates, { writer, end }, made);
  }

  private run<T>(
    columns: string,
    predicates: readonly RowPredicate[],
    { writer, joins = '', end, isSingle = false }: ReadParts,
    made: (rows: unknown[][]) => T,
  ): Found<T> {
    if (!this.isFree) return undefined;
    const sql = `SELECT ${columns} ${this.from}${joins}${this.where(predicates, writer)}${end}`;
    const rows = isSingle ? this.reads.one(sql, writer.parameters) : this.reads.all(sql, writer.parameters);
    return isPromise(rows) ? rows.then(made) : rows && made(rows);
  }

  private where(predicates: readonly RowPredicate[], writer: SqlWriter): string {
    const { withDeleted } = this;
    const parts = rowConditions(this.metadata, ALIAS, writer, { withDeleted });
    for (const { constant, condition } of predicates)
      if (constant !== true) parts.push(`(${writeSql(condition, ALIAS, writer)})`);
    return parts.length === 0 ? '' : ` WHERE ${parts.join(' AND ')}`;
  }

  private get isFree(): boolean {
    return this.reads.isFree && !this.hasListeners(this.metadata.dataSource);
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
  const maxRows = limit ?? Number.MAX_SAFE_INTEGER;
  return ` LIMIT ${Number.isSafeInteger(maxRows) ? maxRows : writer.bind(maxRows)}${offset > 0 ? ` OFFSET ${writer.bind(offset)}` : ''}`;
}
