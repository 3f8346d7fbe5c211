// Reads of plain entities on better-sqlite3 without TypeORM's query builder and runner: statements prepared once,
// executed in the same turn, rows put straight into entities. What it cannot do exactly as TypeORM it leaves to TypeORM.

import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Ordering } from '../../filtering/filter.js';
import { isConnectionFree } from '../leases/sqlite-leases.js';
import { SqlWriter, writeSql } from '../query/condition-sql.js';
import { orderTerms } from '../query/ordering.js';
import type { RowPredicate } from '../query/row-predicate.js';
import { entityShapeOf, hasReadListeners, type EntityShape } from './entity-shape.js';

interface Statement {
  raw(isRaw: boolean): Statement;
  all(parameters: object): unknown[][];
}

interface SqliteDatabase {
  readonly open: boolean;
  prepare(sql: string): Statement;
}

export interface DirectPage {
  readonly ordering: readonly Ordering[];
  readonly offset?: number;
  readonly limit?: number;
}

const ALIAS = 'row';
/** Statements kept; the oldest makes room. A hook has few shapes of queries. */
const MAX_STATEMENTS = 200;

/** Largest number SQLite keeps as an integer when JavaScript's is one. */
const isWhole = Number.isSafeInteger;

export class DirectReader {
  private readonly shape: EntityShape;
  private readonly from: string;
  private readonly columns: string;
  private readonly statements = new Map<string, Statement>();
  private database: SqliteDatabase | undefined;
  private checkedSubscribers = -1;
  private isHeard = false;

  private constructor(
    private readonly metadata: EntityMetadata,
    shape: EntityShape,
    private readonly withDeleted: boolean,
  ) {
    this.shape = shape;
    const writer = new SqlWriter(metadata.dataSource);
    this.columns = shape.columns.map((column) => writer.column(ALIAS, column)).join(', ');
    this.from = `FROM ${writer.table(metadata.tablePath)} ${writer.escape(ALIAS)}`;
  }

  /** `undefined` when the entity, its database or the data source's logging needs TypeORM's own reading. */
  static of(metadata: EntityMetadata, withDeleted: boolean): DirectReader | undefined {
    const { options } = metadata.dataSource;
    const isSilent = !options.logging && options.maxQueryExecutionTime === undefined;
    if (options.type !== 'better-sqlite3' || !isSilent) return undefined;
    const shape = entityShapeOf(metadata);
    return shape && new DirectReader(metadata, shape, withDeleted);
  }

  /** The rows that satisfy all predicates; `undefined` = ask TypeORM (somebody has the connection, or listens). */
  find(predicates: readonly RowPredicate[], page: DirectPage): ObjectLiteral[] | undefined {
    const database = this.free();
    if (!database) return undefined;
    const writer = new SqlWriter(this.metadata.dataSource);
    const order = orderTerms(this.metadata, ALIAS, page.ordering, writer).map(
      (term) => `${term.sql} ${term.direction}`,
    );
    const sql = `SELECT ${this.columns} ${this.from}${this.where(predicates, writer)}${order.length > 0 ? ` ORDER BY ${order.join(', ')}` : ''}${slice(page, writer)}`;
    const parameters = bindable(writer.parameters);
    if (!parameters) return undefined;
    return this.prepare(database, sql)
      .all(parameters)
      .map((row) => this.shape.hydrate(row));
  }

  /** One row that satisfies all predicates, `null` when there is none. */
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
    return parameters && this.prepare(database, sql).all(parameters);
  }

  private where(predicates: readonly RowPredicate[], writer: SqlWriter): string {
    const parts: string[] = [];
    const { deleteDateColumn } = this.metadata;
    if (deleteDateColumn && !this.withDeleted) parts.push(`${writer.column(ALIAS, deleteDateColumn)} IS NULL`);
    for (const { constant, condition } of predicates)
      if (constant !== true) parts.push(`(${writeSql(condition, ALIAS, writer)})`);
    return parts.length === 0 ? '' : ` WHERE ${parts.join(' AND ')}`;
  }

  /** The database, if this turn may use it. A statement runs within one turn, so nobody's transaction can be in between. */
  private free(): SqliteDatabase | undefined {
    const { dataSource } = this.metadata;
    if (!isConnectionFree(dataSource) || this.hasListeners(dataSource)) return undefined;
    const { databaseConnection } = dataSource.driver as unknown as { databaseConnection?: SqliteDatabase };
    if (databaseConnection !== this.database) {
      this.database = databaseConnection;
      this.statements.clear();
    }
    return databaseConnection?.open ? databaseConnection : undefined;
  }

  private hasListeners({ subscribers }: DataSource): boolean {
    if (subscribers.length !== this.checkedSubscribers) {
      this.checkedSubscribers = subscribers.length;
      this.isHeard = hasReadListeners(this.metadata.dataSource);
    }
    return this.isHeard;
  }

  private prepare(database: SqliteDatabase, sql: string): Statement {
    const known = this.statements.get(sql);
    if (known) return known;
    const statement = database.prepare(sql).raw(true);
    const oldest = this.statements.size >= MAX_STATEMENTS ? this.statements.keys().next() : undefined;
    if (oldest && !oldest.done) this.statements.delete(oldest.value);
    this.statements.set(sql, statement);
    return statement;
  }
}

function slice({ offset = 0, limit }: DirectPage, writer: SqlWriter): string {
  if (limit === undefined && offset === 0) return '';
  return ` LIMIT ${writer.bind(limit ?? -1)}${offset > 0 ? ` OFFSET ${writer.bind(offset)}` : ''}`;
}

/**
 * Values as TypeORM would have them in the statement: it writes numbers as literals, so whole ones are bound as
 * integers. `undefined` for what only TypeORM's own conversion knows.
 */
function bindable(parameters: Record<string, unknown>): Record<string, unknown> | undefined {
  for (const name in parameters) {
    const value = parameters[name];
    if (typeof value === 'number') {
      if (isWhole(value)) parameters[name] = BigInt(value);
    } else if (typeof value === 'boolean') parameters[name] = value ? 1n : 0n;
    else if (typeof value !== 'string' && typeof value !== 'bigint' && value !== null) return undefined;
  }
  return parameters;
}
