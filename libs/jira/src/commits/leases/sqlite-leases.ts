// Leases for SQLite's one connection. TypeORM gives it to all callers at once; leases give it to one transaction or
// query at a time.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, Driver, QueryRunner } from 'typeorm';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { ConnectionLock, type Crowd } from './connection-lock.js';
import {
  aroundTransactions,
  replaceRunners,
  shareStatements,
  sqliteConnection,
  withBroadcasts,
} from '../typeorm-internals.js';
import { knownDialectOf } from '../dialect/dialects.js';
import { Lease, leaseOf, turnTaking, type Connection } from './lease.js';

export interface SqliteLeaseOptions {
  /** Maximum wait for the connection in ms; then a `LOCK_TIMEOUT` is thrown. @default 5000 */
  readonly lockTimeoutMs?: number;
  /** Paused while many wait for the connection. */
  readonly crowd?: Crowd;
}

/** As long as better-sqlite3 itself waits for a lock of another process. */
const DEFAULT_LOCK_TIMEOUT_MS = 5_000;

const INSTALLED = new WeakMap<DataSource, Connection>();

/**
 * Makes concurrent use of a SQLite data source safe: each query runner waits for its turn on the one connection, a
 * transaction keeps it until it ends, and code called inside `manager.transaction()` joins that transaction. Does
 * nothing for other databases, or if it was called before.
 *
 * @throws ConfigurationError if a transaction is open
 */
export function installSqliteLeases(dataSource: DataSource, options: SqliteLeaseOptions = {}): void {
  if (!isSqlite(dataSource) || INSTALLED.has(dataSource)) return;
  const { driver } = dataSource;
  // Without leases, all callers share one runner.
  if (driver.createQueryRunner('master').isTransactionActive) {
    throw new ConfigurationError(
      'The SQLite data source',
      'has an open transaction on the connection that callers are about to share.',
      'Install the leases before the first transaction begins.',
    );
  }
  const lockTimeoutMs = options.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS;
  const connection: Connection = {
    lock: new ConnectionLock(lockTimeoutMs, options.crowd),
    lockTimeoutMs,
    current: new AsyncLocalStorage(),
    inTransaction: () => isInTransaction(sqliteConnection(driver)),
  };
  INSTALLED.set(dataSource, connection);
  leaseRunners(driver, connection);
  aroundTransactions(dataSource, inLease);
}

/**
 * Runs work inside a transaction that was begun with `queryRunner.startTransaction()`. Repository calls of the work
 * join it, as in the callback of `manager.transaction()`. On other databases, it just runs the work.
 */
export function runInTransactionOf<T>(runner: QueryRunner, work: () => Promise<T>): Promise<T> {
  const lease = leaseOf(runner);
  return lease ? lease.run(work) : work();
}

/** The runner whose COMMIT makes this runner's writes permanent: another one if it joined a transaction. */
export function committingRunner(runner: QueryRunner): QueryRunner {
  return leaseOf(runner)?.root ?? runner;
}

/** Tells the runner's lease, if it has one, that a transaction was begun by hand or has ended. */
export function noteHandWritten(runner: QueryRunner, isOpen: boolean): void {
  leaseOf(runner)?.noteHandWritten(isOpen);
}

/** Whether the connection is free: a statement that runs within this turn of the event loop disturbs no transaction. */
export function isConnectionFree(dataSource: DataSource): boolean {
  const connection = INSTALLED.get(dataSource);
  return connection !== undefined && connection.lock.holder === undefined && connection.inTransaction() === false;
}

/** sql.js cannot tell. */
function isInTransaction(database: { readonly inTransaction?: boolean } | undefined): boolean | undefined {
  return database?.inTransaction;
}

function isSqlite(dataSource: DataSource): boolean {
  const dialect = knownDialectOf(dataSource);
  return dialect !== undefined && dialect.hasOneConnection && dialect.isCaptured;
}

function leaseRunners(driver: Driver, connection: Connection): void {
  const caches = new WeakMap<object, Statements>();
  replaceRunners(driver, (stock) => {
    const Runner = turnTaking(withBroadcasts(stock, inLease));
    return () => {
      const runner = new Runner(driver);
      const database = sqliteConnection(driver);
      if (database) shareStatements(runner, statementsOf(database, caches));
      const current = connection.current.getStore() ?? connection.shared;
      return new Lease(runner, connection, current?.isOpen ? current.joinable : undefined).runner;
    };
  });
}

function statementsOf(database: object, caches: WeakMap<object, Statements>): Statements {
  const statements = caches.get(database) ?? new Statements();
  caches.set(database, statements);
  return statements;
}

/** Code that a transaction calls (its callback, listeners, subscribers) joins it instead of waiting for it. */
function inLease(runner: QueryRunner, call: () => unknown): unknown {
  const lease = leaseOf(runner);
  return lease ? lease.run(call) : call();
}

/**
 * A cache of prepared statements. TypeORM drops the one that was prepared first; this order makes it drop the least
 * recently used.
 */
class Statements extends Map<string, unknown> {
  override get(sql: string): unknown {
    const statement = super.get(sql);
    if (statement !== undefined) {
      this.delete(sql);
      this.set(sql, statement);
    }
    return statement;
  }
}
