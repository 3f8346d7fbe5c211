// Direct access to better-sqlite3: statements are prepared once and executed within one turn of the event loop.

import type { DataSource } from 'typeorm';
import { Lru } from '../../core/support/lru.js';
import { sqliteConnection } from '../../commits/typeorm-internals.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { isConnectionFree } from '../../commits/leases/sqlite-leases.js';

export interface Statement {
  raw(isRaw: boolean): Statement;
  all(parameters: object): unknown[][];
  get(parameters: readonly unknown[]): unknown;
  run(parameters: readonly unknown[]): { readonly lastInsertRowid: number | bigint };
}

export interface SqliteDatabase {
  readonly open: boolean;
  readonly inTransaction: boolean;
  prepare(sql: string): Statement;
}

/** Runs selects past TypeORM. */
export interface Reads {
  /** Whether one may be run now. */
  readonly isFree: boolean;
  /** `undefined` if only TypeORM can run it. @param sql with the parameters as `:name` */
  all(sql: string, parameters: Record<string, unknown>): unknown[][] | undefined | Promise<unknown[][]>;
  /** Like `all`, for a statement that returns at most one row. A row may have more columns at its end. */
  one(sql: string, parameters: Record<string, unknown>): unknown[][] | undefined | Promise<unknown[][]>;
}

/** A hook has few query shapes. */
const MAX_STATEMENTS = 200;

/** The largest JavaScript integer that SQLite stores as an integer. */
const isWhole = Number.isSafeInteger;

export class DirectConnection implements Reads {
  private readonly statements = new Lru<string, Statement>(MAX_STATEMENTS);
  private database: SqliteDatabase | undefined;

  private constructor(readonly dataSource: DataSource) {}

  /** `undefined` if the database or the data source's logging requires TypeORM. */
  static of(dataSource: DataSource): DirectConnection | undefined {
    return isSilent(dataSource) && dialectOf(dataSource).isSynchronous ? new DirectConnection(dataSource) : undefined;
  }

  get isFree(): boolean {
    return this.free() !== undefined;
  }

  all(sql: string, parameters: Record<string, unknown>): unknown[][] | undefined {
    const database = this.free();
    const bound = bindable(parameters);
    return database && bound && this.prepare(database, sql, true).all(bound);
  }

  one(sql: string, parameters: Record<string, unknown>): unknown[][] | undefined {
    return this.all(sql, parameters);
  }

  /** The database, if this turn of the event loop may use it. No other caller's statement can run within one turn. */
  free(): SqliteDatabase | undefined {
    if (!isConnectionFree(this.dataSource)) return undefined;
    const database = sqliteConnection(this.dataSource.driver) as SqliteDatabase | undefined;
    if (database !== this.database) {
      this.database = database;
      this.statements.clear();
    }
    return database?.open ? database : undefined;
  }

  prepare(database: SqliteDatabase, sql: string, isRaw: boolean): Statement {
    const known = this.statements.get(sql);
    if (known) return known;
    const prepared = database.prepare(sql);
    const statement = isRaw ? prepared.raw(true) : prepared;
    this.statements.set(sql, statement);
    return statement;
  }
}

/** Whether the data source logs no queries, not even slow ones. */
export function isSilent({ options }: DataSource): boolean {
  return !options.logging && options.maxQueryExecutionTime === undefined;
}

/**
 * The values as TypeORM would write them: it writes numbers as literals, so integers are bound as integers. `undefined`
 * if a value needs TypeORM's own conversion.
 */
export function bindable(parameters: Record<string, unknown>): Record<string, unknown> | undefined {
  for (const name in parameters) {
    const value = bindableValue(parameters[name]);
    if (value === undefined) return undefined;
    parameters[name] = value;
  }
  return parameters;
}

/** Like `bindable`, for one value. */
export function bindableValue(value: unknown): string | number | bigint | null | undefined {
  if (typeof value === 'string' || typeof value === 'bigint' || value === null) return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value !== 'number') return undefined;
  if (isWhole(value)) return BigInt(value);
  return Number.isInteger(value) || !Number.isFinite(value) ? undefined : value;
}
