// Fast path for reads through TypeORM's connection pool. Each SQL text is translated once; PostgreSQL keeps the plans
// of recurring statements; requests of the same turn can share a statement.

import { createHash } from 'node:crypto';
import { QueryFailedError, type DataSource } from 'typeorm';
import { escapeParameters } from '../../commits/typeorm-internals.js';
import { isNextAtPool } from '../../commits/requests-at-pool.js';
import { borrow, type PooledConnection } from '../../commits/typeorm-pools.js';
import type { StatementControl } from '../../commits/dialect/dialect.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { Lru } from '../../core/support/lru.js';
import type { Reads } from './direct-connection.js';
import { ReadsTogether, type Rows } from './reads-together.js';

/** A hook has few query shapes. */
const MAX_STATEMENTS = 500;
/** Every connection keeps every named statement until it ends. */
const MAX_NAMED = 200;
const USES_BEFORE_NAME = 5;

interface Statement {
  readonly id: number;
  readonly text: string;
  /** Names of the parameters, in the order of their values. */
  readonly names: readonly string[];
  uses: number;
  name?: string;
  /** Types of the parameters, once they are known. */
  types?: readonly string[] | 'unsuitable';
  /** The statement that replaces several executions of this one. */
  shared?: string;
  /** Whether its rows hold objects that cannot be copied for each of several callers. */
  isUncopyable?: boolean;
}

type Parameters = Readonly<Record<string, unknown>>;

/** One per data source, shared by its hooks: every connection pays for each name. */
const OPENED = new WeakMap<DataSource, PooledReads>();

export class PooledReads implements Reads {
  private readonly statements = new Lru<string, Statement>(MAX_STATEMENTS);
  private made = 0;
  private readonly names = new Set<string>();
  /** False once the server has refused a name: a pooler in between sends each query to another session. */
  private mayName = true;
  private readonly together = new ReadsTogether((request) => isNextAtPool(this.dataSource.driver, request));

  private constructor(
    private readonly dataSource: DataSource,
    private readonly control: StatementControl,
  ) {}

  /** `undefined` if the application brings its own driver, or if connections are not sessions of a server. */
  static of(dataSource: DataSource): PooledReads | undefined {
    const isOwn = (dataSource.options as { readonly driver?: unknown }).driver !== undefined;
    const { isCaptured, statements } = dialectOf(dataSource);
    if (isOwn || !isCaptured || !statements) return undefined;
    const opened = OPENED.get(dataSource) ?? new PooledReads(dataSource, statements);
    OPENED.set(dataSource, opened);
    return opened;
  }

  readonly isFree = true;

  all(sql: string, parameters: Parameters): Promise<Rows> {
    return this.shared(this.statementOf(sql, parameters), parameters);
  }

  one(sql: string, parameters: Parameters): Promise<Rows> {
    const statement = this.statementOf(sql, parameters);
    const values = valuesOf(statement, parameters);
    const isSuitable = this.control.together && this.mayName && statement.types !== 'unsuitable';
    if (!isSuitable || !values.every(isScalar)) return this.alone(statement, values);
    if (statement.types === undefined) return this.learning(statement, values);
    return this.together.ask(statement, values, {
      alone: (own) => this.alone(statement, own),
      together: (all) => this.readTogether(statement, all),
    });
  }

  /** Equal requests of the same turn are sent to the server once. */
  private shared(statement: Statement, parameters: Parameters): Promise<Rows> {
    const values = valuesOf(statement, parameters);
    if (statement.isUncopyable || !values.every(isScalar)) return this.alone(statement, values);
    return this.together.ask(`${statement.id} ${JSON.stringify(values)}`, values, {
      alone: () => this.alone(statement, values),
      together: async (all) => copies(await this.alone(statement, values), all.length, statement),
    });
  }

  /** Runs a statement that returns rows. */
  send(connection: PooledConnection, sql: string, parameters: Parameters): Promise<Rows> {
    const statement = this.statementOf(sql, parameters);
    return this.read(connection, statement, valuesOf(statement, parameters));
  }

  private async alone(statement: Statement, values: unknown[]): Promise<Rows> {
    const connection = await borrow(this.dataSource.driver);
    try {
      return await this.read(connection, statement, values);
    } finally {
      connection.release();
    }
  }

  /**
   * Runs the statement and asks the server for the types of its parameters, which it knows once the session has the
   * statement by name.
   */
  private async learning(statement: Statement, values: unknown[]): Promise<Rows> {
    const { name } = statement;
    const connection = await borrow(this.dataSource.driver);
    try {
      const rows = await this.read(connection, statement, values);
      if (name === undefined || statement.types !== undefined) return rows;
      statement.types = 'unsuitable'; // until they are known, so that no other caller asks
      const told = await connection.read(this.control.together?.typesOf(name) ?? '', []).catch(() => []);
      if (told.length === values.length) statement.types = told.map(([type]) => String(type));
      return rows;
    } finally {
      connection.release();
    }
  }

  private async readTogether(statement: Statement, values: readonly unknown[][]): Promise<Rows[]> {
    const { text, name, types } = statement;
    if (!Array.isArray(types) || !this.control.together) throw new Error(`Several requests cannot share: ${text}`);
    statement.shared ??= this.control.together.write(text, types);
    const columns = types.map((_, i) => values.map((one) => one[i]));
    const found: Rows[] = values.map(() => []);
    const connection = await borrow(this.dataSource.driver);
    try {
      for (const row of await connection.read(statement.shared, columns, `${name}_n`))
        found[Number(row.at(-1)) - 1].push(row);
      return found;
    } catch (error) {
      if (this.control.together.isUnsuitable(error)) statement.types = 'unsuitable';
      throw error;
    } finally {
      connection.release();
    }
  }

  private async read(connection: PooledConnection, statement: Statement, values: unknown[]): Promise<Rows> {
    try {
      return await this.readNamed(connection, statement, values);
    } catch (error) {
      throw new QueryFailedError(statement.text, values, error as Error);
    }
  }

  private async readNamed(connection: PooledConnection, statement: Statement, values: unknown[]): Promise<Rows> {
    const name = this.mayName ? this.nameOf(statement) : undefined;
    try {
      return await connection.read(statement.text, values, name);
    } catch (error) {
      if (name === undefined || !this.control.losesNames(error)) throw error;
      this.mayName = false;
      return connection.read(statement.text, values);
    }
  }

  private statementOf(sql: string, parameters: Parameters): Statement {
    const known = this.statements.get(sql);
    if (known) return known;
    const named = Object.fromEntries(Object.keys(parameters).map((name) => [name, name]));
    const [text, names] = escapeParameters(this.dataSource, sql, named);
    const statement: Statement = { id: this.made++, text, names: names as string[], uses: 0 };
    this.statements.set(sql, statement);
    return statement;
  }

  /** The name is a hash of the text: behind a pooler, another process may use the same name for its own statement. */
  private nameOf(statement: Statement): string | undefined {
    if (statement.name !== undefined || ++statement.uses < USES_BEFORE_NAME) return statement.name;
    const name = `jira_${createHash('sha256').update(statement.text).digest('hex').slice(0, 40)}`;
    if (this.names.size >= MAX_NAMED && !this.names.has(name)) return undefined;
    this.names.add(name);
    return (statement.name = name);
  }
}

function valuesOf({ names }: Statement, parameters: Parameters): unknown[] {
  return names.map((name) => parameters[name]);
}

/** Whether the driver sends the value in the same form in an array as alone. */
function isScalar(value: unknown): boolean {
  return value === null || typeof value !== 'object';
}

/** The rows, and a copy for each further caller. Throws if the rows cannot be copied; each caller then asks again. */
function copies(rows: Rows, count: number, statement: Statement): Rows[] {
  const isCopyable = rows.every((row) => row.every((value) => isScalar(value) || value instanceof Date));
  if (!isCopyable) statement.isUncopyable = true;
  if (!isCopyable) throw new Error('Rows that hold objects cannot be shared.');
  const copy = (value: unknown): unknown => (value instanceof Date ? new Date(value) : value);
  return Array.from({ length: count }, (_, i) => (i === 0 ? rows : rows.map((row) => row.map(copy))));
}
