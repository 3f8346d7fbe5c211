// Reads through a connection of TypeORM's pool: statements are translated once a text, and PostgreSQL keeps the plans of those that recur.

import { createHash } from 'node:crypto';
import { QueryFailedError, type DataSource } from 'typeorm';
import { escapeParameters } from '../../commits/typeorm-internals.js';
import { borrow, type PooledConnection } from '../../commits/typeorm-pools.js';
import type { StatementControl } from '../../commits/dialect/dialect.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { Lru } from '../../core/support/lru.js';
import type { Reads } from './direct-connection.js';

/** A hook has few query shapes. */
const MAX_STATEMENTS = 500;
/** Each is kept by every connection until it ends. */
const MAX_NAMED = 200;
const USES_BEFORE_NAME = 5;

interface Statement {
  readonly text: string;
  /** Of the parameters, in the order of their values. */
  readonly names: readonly string[];
  uses: number;
  name?: string;
}

/** One for all hooks of a data source: each name costs every connection. */
const OPENED = new WeakMap<DataSource, PooledReads>();

export class PooledReads implements Reads {
  private readonly statements = new Lru<string, Statement>(MAX_STATEMENTS);
  private readonly names = new Set<string>();
  /** False once the server has refused one: a pooler between hands each query to another session. */
  private mayName = true;

  private constructor(
    private readonly dataSource: DataSource,
    private readonly control: StatementControl,
  ) {}

  /** `undefined` if the driver is the application's own, or its connections are no sessions of a server. */
  static of(dataSource: DataSource): PooledReads | undefined {
    const isOwn = (dataSource.options as { readonly driver?: unknown }).driver !== undefined;
    const { isCaptured, statements } = dialectOf(dataSource);
    if (isOwn || !isCaptured || !statements) return undefined;
    const opened = OPENED.get(dataSource) ?? new PooledReads(dataSource, statements);
    OPENED.set(dataSource, opened);
    return opened;
  }

  readonly isFree = true;

  async all(sql: string, parameters: Readonly<Record<string, unknown>>): Promise<unknown[][]> {
    const connection = await borrow(this.dataSource.driver);
    try {
      return await this.send(connection, sql, parameters);
    } finally {
      connection.release();
    }
  }

  /** Runs a statement that returns rows. */
  async send(
    connection: PooledConnection,
    sql: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<unknown[][]> {
    const statement = this.statementOf(sql, parameters);
    const values = statement.names.map((name) => parameters[name]);
    try {
      return await this.read(connection, statement, values);
    } catch (error) {
      throw new QueryFailedError(statement.text, values, error as Error);
    }
  }

  private async read(connection: PooledConnection, statement: Statement, values: unknown[]): Promise<unknown[][]> {
    const name = this.mayName ? this.nameOf(statement) : undefined;
    try {
      return await connection.read(statement.text, values, name);
    } catch (error) {
      if (name === undefined || !this.control.losesNames(error)) throw error;
      this.mayName = false;
      return connection.read(statement.text, values);
    }
  }

  private statementOf(sql: string, parameters: Readonly<Record<string, unknown>>): Statement {
    const known = this.statements.get(sql);
    if (known) return known;
    const named = Object.fromEntries(Object.keys(parameters).map((name) => [name, name]));
    const [text, names] = escapeParameters(this.dataSource, sql, named);
    const statement: Statement = { text, names: names as string[], uses: 0 };
    this.statements.set(sql, statement);
    return statement;
  }

  /** By its text: behind a pooler, another process may have given the name to what it sends. */
  private nameOf(statement: Statement): string | undefined {
    if (statement.name !== undefined || ++statement.uses < USES_BEFORE_NAME) return statement.name;
    const name = `jira_${createHash('sha256').update(statement.text).digest('hex').slice(0, 40)}`;
    if (this.names.size >= MAX_NAMED && !this.names.has(name)) return undefined;
    this.names.add(name);
    return (statement.name = name);
  }
}
