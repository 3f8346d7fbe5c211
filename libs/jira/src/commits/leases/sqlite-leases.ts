// SQLite is one connection. TypeORM gives it to everybody at once; leases give it to one transaction or query at a time.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { ConnectionLock } from './connection-lock.js';
import {
  Lease,
  leaseOf,
  turnTaking,
  type BroadcasterClass,
  type Connection,
  type RunnerClass,
  type SqliteRunner,
} from './lease.js';

export interface SqliteLeaseOptions {
  /** Longest wait for the connection in milliseconds; then a `LOCK_TIMEOUT` is thrown. @default 5000 */
  readonly lockTimeoutMs?: number;
}

/** As long as better-sqlite3 itself waits for another process's lock. */
const DEFAULT_LOCK_TIMEOUT_MS = 5_000;

interface SqliteDriver {
  queryRunner?: QueryRunner | undefined;
  databaseConnection?: { readonly inTransaction?: boolean };
  createQueryRunner(mode: string): QueryRunner;
}

const INSTALLED = new WeakMap<DataSource, Connection>();

/**
 * Makes concurrent use of a SQLite data source safe: each query runner waits for its turn on the one connection, a
 * transaction keeps it until it ends, and code called inside `manager.transaction()` joins that transaction.
 * For a data source of any other database, and when called again, it does nothing.
 *
 * @throws ConfigurationError when a transaction is open
 */
export function installSqliteLeases(dataSource: DataSource, options: SqliteLeaseOptions = {}): void {
  if (!isSqlite(dataSource) || INSTALLED.has(dataSource)) return;
  const driver = dataSource.driver as unknown as SqliteDriver;
  if (driver.queryRunner?.isTransactionActive) {
    throw new ConfigurationError(
      'The SQLite data source',
      'has an open transaction on the connection that callers are to share by turns.',
      'Install the leases before the first transaction.',
    );
  }
  const lockTimeoutMs = options.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS;
  const connection: Connection = {
    lock: new ConnectionLock(lockTimeoutMs),
    lockTimeoutMs,
    current: new AsyncLocalStorage(),
    inTransaction: () => driver.databaseConnection?.inTransaction,
  };
  INSTALLED.set(dataSource, connection);
  leaseRunners(driver, connection);
  joinTransactions(dataSource);
}

/**
 * Runs work inside a transaction that was begun with `queryRunner.startTransaction()`: repository calls of the work
 * join it, as they do in the callback of `manager.transaction()`. For other databases it just runs the work.
 */
export function runInTransactionOf<T>(runner: QueryRunner, work: () => Promise<T>): Promise<T> {
  const lease = leaseOf(runner);
  return lease ? lease.run(work) : work();
}

/** The runner whose COMMIT makes this runner's writes last: another one if it joined a transaction. */
export function committingRunner(runner: QueryRunner): QueryRunner {
  return leaseOf(runner)?.root ?? runner;
}

/** Whether nobody has the connection at this moment: a statement that runs within this turn disturbs no transaction. */
export function isConnectionFree(dataSource: DataSource): boolean {
  const connection = INSTALLED.get(dataSource);
  return connection !== undefined && connection.lock.holder === undefined && connection.inTransaction() === false;
}

function isSqlite(dataSource: DataSource): boolean {
  return dataSource.options.type === 'better-sqlite3' || dataSource.options.type === 'sqljs';
}

function leaseRunners(driver: SqliteDriver, connection: Connection): void {
  // The driver keeps the runner it made last, and would return it again.
  driver.queryRunner = undefined;
  const stock = driver.createQueryRunner('master') as SqliteRunner;
  driver.queryRunner = undefined;
  const Runner = turnTaking(stock.constructor as RunnerClass, stock.broadcaster.constructor as BroadcasterClass);
  const statements = new WeakMap<object, Statements>();
  driver.createQueryRunner = () => {
    const runner = new Runner(driver);
    shareStatements(runner, driver.databaseConnection, statements);
    const current = connection.current.getStore();
    return new Lease(runner, connection, current?.isOpen ? current.joinable : undefined).runner;
  };
}

/** TypeORM drops the statement it prepared first; with this, the one that was not used for longest. */
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

/** Prepared statements belong to the connection; without this each new runner would prepare its own. */
function shareStatements(runner: SqliteRunner, connection: object | undefined, caches: Caches): void {
  if (!connection || !('stmtCache' in runner)) return;
  const statements = caches.get(connection) ?? new Statements();
  caches.set(connection, statements);
  runner.stmtCache = statements;
}

type Caches = WeakMap<object, Statements>;

type TransactionArguments = [unknown, unknown?];

/** Every manager of the data source runs its transaction callbacks where they can be found by code they call. */
function joinTransactions(dataSource: DataSource): void {
  const joining = (manager: EntityManager): EntityManager => {
    const stock = manager.transaction.bind(manager) as (...args: TransactionArguments) => Promise<unknown>;
    manager.transaction = (...args: TransactionArguments) => {
      const position = typeof args[0] === 'function' ? 0 : 1;
      const work = args[position];
      if (typeof work !== 'function') return stock(...args);
      args[position] = (inner: EntityManager) => {
        const lease = inner.queryRunner && leaseOf(inner.queryRunner);
        const callback = (): unknown => (work as (inner: EntityManager) => unknown)(inner);
        return lease ? lease.run(callback) : callback();
      };
      return stock(...args);
    };
    return manager;
  };
  joining(dataSource.manager);
  const createEntityManager = dataSource.createEntityManager.bind(dataSource);
  dataSource.createEntityManager = (runner) => joining(createEntityManager(runner));
}
