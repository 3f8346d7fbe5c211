// Everything of TypeORM that its types or guides do not promise, and why it is needed. No other file reaches behind
// them, so if a version of TypeORM renames such a member, only this file changes.

import {
  DeleteQueryBuilder,
  InsertQueryBuilder,
  UpdateQueryBuilder,
  type DataSource,
  type Driver,
  type EntityManager,
  type EntityMetadata,
  type ObjectLiteral,
  type QueryRunner,
  type SelectQueryBuilder,
} from 'typeorm';
import { SoftDeleteQueryBuilder } from 'typeorm/query-builder/SoftDeleteQueryBuilder.js';

/** Missing from TypeORM's index. */
export { SoftDeleteQueryBuilder };
export { escapeParameters } from './typeorm-versions.js';
export type { AfterQueryEvent } from 'typeorm/subscriber/event/QueryEvent.js';

/** TypeORM does not export these types by name, except the second in 1.x. */
export type ColumnMetadata = EntityMetadata['columns'][number];
export type RelationMetadata = EntityMetadata['relations'][number];
export type QueryExpressionMap = SelectQueryBuilder<ObjectLiteral>['expressionMap'];

// ---- Write builders: capture reads the rows that a builder's own condition selects, and narrows what it writes ----

/** A write builder. Its own members are TypeORM's; reach them through the functions below. */
export interface WriteBuilder {
  readonly dataSource: DataSource;
  getParameters(): Record<string, unknown>;
}

interface BuilderMembers extends WriteBuilder {
  readonly expressionMap: QueryExpressionMap;
  queryRunner?: QueryRunner | undefined;
  getInsertedColumns?(): ColumnMetadata[];
  createCteExpression(): string;
  createWhereExpression(): string;
  /** Missing in builders of databases without ORDER BY or LIMIT in a DELETE. */
  createOrderByExpression?(): string;
  createLimitExpression?(): string;
  replacePropertyNamesForTheWholeQuery(statement: string): string;
}

export interface WriteBuilderPrototype {
  /** Public, but replaced here: every write in TypeORM, `save()` included, ends in it. */
  execute: (this: WriteBuilder) => Promise<unknown>;
}

/** The classes in whose `execute` all writes end. */
const WRITE_BUILDERS = [InsertQueryBuilder, UpdateQueryBuilder, DeleteQueryBuilder, SoftDeleteQueryBuilder];

export function writeBuilderPrototypes(): WriteBuilderPrototype[] {
  return WRITE_BUILDERS.map((builder) => builder.prototype as unknown as WriteBuilderPrototype);
}

/** What a builder was told so far. Public, but not documented. */
export function expressionMapOf(builder: { readonly dataSource: DataSource }): QueryExpressionMap {
  return (builder as BuilderMembers).expressionMap;
}

/** The runner that the application bound the builder to. */
export function runnerOf(builder: WriteBuilder): QueryRunner | undefined {
  return (builder as BuilderMembers).queryRunner;
}

/** `undefined` removes the runner: TypeORM then creates one itself. */
export function bindRunner(builder: WriteBuilder, runner: QueryRunner | undefined): void {
  const members = builder as BuilderMembers;
  if (runner) members.queryRunner = runner;
  else delete members.queryRunner;
}

/** The columns whose values an insert sends. PostgreSQL gets no value for a number that it generates itself. */
export function insertedColumns(builder: WriteBuilder): readonly ColumnMetadata[] {
  return (builder as BuilderMembers).getInsertedColumns?.() ?? [];
}

/**
 * A select of the rows that match the builder's own condition, order and limit.
 *
 * @param columns the SQL from `SELECT` to what comes before the condition
 * @param order used if the builder has no order
 */
export function selectAsBuilder(builder: WriteBuilder, columns: string, order: string): string {
  const members = builder as BuilderMembers;
  const own = members.createOrderByExpression?.() ?? '';
  return members.replacePropertyNamesForTheWholeQuery(
    members.createCteExpression() +
      columns +
      members.createWhereExpression() +
      (own === '' ? order : own) +
      (members.createLimitExpression?.() ?? ''),
  );
}

// ---- Query runners: savepoints and turns on SQLite's one connection ----

interface RunnerMembers {
  transactionDepth: number;
  isTransactionActive: boolean;
  broadcaster: Broadcaster;
  readonly databaseConnection?: DatabaseConnection;
  readonly driver: { readonly databaseConnection?: DatabaseConnection };
  /** Only in better-sqlite3. */
  stmtCache?: Map<string, unknown>;
}
type Broadcaster = Record<string, unknown> & { readonly queryRunner: QueryRunner };
type BroadcasterClass = new (runner: QueryRunner) => Broadcaster;
export type RunnerClass = new (driver: unknown) => QueryRunner;

/** The number of open, nested transactions and savepoints. Protected, and the only sign of savepoints. */
export function depthOf(runner: QueryRunner): number {
  return membersOf(runner).transactionDepth;
}

export function setDepth(runner: QueryRunner, depth: number): void {
  membersOf(runner).transactionDepth = depth;
}

/** Read-only in the types. TypeORM leaves it true after a failed BEGIN or ROLLBACK. */
export function setTransactionActive(runner: QueryRunner, isActive: boolean): void {
  membersOf(runner).isTransactionActive = isActive;
}

interface Accessor<T> {
  readonly get: () => T;
  readonly set: (value: T) => void;
}

/** Makes the runner keep these two values elsewhere. */
export function delegateTransactionState(
  runner: QueryRunner,
  state: { readonly depth: Accessor<number>; readonly isActive: Accessor<boolean> },
): void {
  Object.defineProperties(runner, { transactionDepth: state.depth, isTransactionActive: state.isActive });
}

export function statementsOf(runner: QueryRunner): Map<string, unknown> | undefined {
  return membersOf(runner).stmtCache;
}

/**
 * The connection that the runner has taken: PostgreSQL's client or MariaDB's connection, undefined before its first
 * query. For SQLite, the one that all runners share. If it can tell its transaction state, it does so through the
 * members below.
 */
export function connectionOf(runner: QueryRunner): DatabaseConnection | undefined {
  return membersOf(runner).databaseConnection ?? membersOf(runner).driver.databaseConnection;
}

export interface DatabaseConnection {
  /** In pg since 8.17: `I` = none, `T` = open, `E` = failed. */
  getTransactionStatus?(): string | null;
  /** In better-sqlite3. */
  readonly inTransaction?: boolean;
}

/** Shares prepared statements, which belong to the connection, but which TypeORM keeps per runner. */
export function shareStatements(runner: QueryRunner, statements: Map<string, unknown>): void {
  const members = membersOf(runner);
  if (members.stmtCache) members.stmtCache = statements;
}

/**
 * A subclass of a runner's class that calls listeners and subscribers through `around`, except those of queries. The
 * broadcaster calls them by the name of the event: `broadcastAfterInsertEvent`.
 */
export function withBroadcasts(
  stock: QueryRunner,
  around: (runner: QueryRunner, call: () => unknown) => unknown,
): RunnerClass {
  const Broadcasts = broadcastingAround(membersOf(stock).broadcaster.constructor as BroadcasterClass, around);
  return class extends (stock.constructor as RunnerClass) {
    constructor(driver: unknown) {
      super(driver);
      membersOf(this).broadcaster = new Broadcasts(this);
    }
  };
}

function broadcastingAround(
  Stock: BroadcasterClass,
  around: (runner: QueryRunner, call: () => unknown) => unknown,
): BroadcasterClass {
  const Broadcasts = class extends Stock {};
  const prototype = Stock.prototype as Record<string, unknown>;
  for (const name of namesIn(prototype)) {
    const broadcast = prototype[name] as (...args: unknown[]) => unknown;
    Object.assign(Broadcasts.prototype, {
      [name](this: Broadcaster, ...args: unknown[]): unknown {
        return around(this.queryRunner, () => broadcast.apply(this, args));
      },
    });
  }
  return Broadcasts;
}

/** The broadcaster's methods that call listeners and subscribers. */
export function broadcastsOf(runner: QueryRunner): string[] {
  const names = new Set<string>();
  for (let one: object | null = membersOf(runner).broadcaster; one; one = Object.getPrototypeOf(one) as object | null)
    for (const name of namesIn(one)) names.add(name);
  return [...names];
}

function namesIn(prototype: object): string[] {
  const members = Object.entries(Object.getOwnPropertyDescriptors(prototype));
  const names = members.flatMap(([name, { value }]) => (typeof value === 'function' ? [name] : []));
  return names.filter((name) => /^broadcast.+Event$/.test(name) && !name.includes('Query'));
}

function membersOf(runner: QueryRunner): RunnerMembers {
  return runner as unknown as RunnerMembers;
}

// ---- Drivers, data sources and managers ----

interface DriverMembers {
  queryRunner?: QueryRunner | undefined;
  databaseConnection?: object;
  createQueryRunner(mode: string): QueryRunner;
  uuidColumnTypeSuported?: boolean;
}

/** The connection of better-sqlite3 or sql.js, once the data source is initialized. */
export function sqliteConnection(driver: Driver): object | undefined {
  return (driver as unknown as DriverMembers).databaseConnection;
}

/** Replaces the creation of runners. A SQLite driver otherwise returns the runner that it made last to every caller. */
export function replaceRunners(driver: Driver, create: (stock: QueryRunner) => () => QueryRunner): void {
  const members = driver as unknown as DriverMembers;
  members.queryRunner = undefined;
  const stock = members.createQueryRunner('master');
  members.queryRunner = undefined;
  members.createQueryRunner = create(stock);
}

/** Whether MariaDB has a type for UUIDs, which TypeORM finds out when it connects. Undefined for other drivers. */
export function hasUuidType(driver: Driver): boolean | undefined {
  return (driver as unknown as DriverMembers).uuidColumnTypeSuported;
}

type Transaction = (...args: [unknown, unknown?]) => Promise<unknown>;
type Callback = (manager: EntityManager) => unknown;

/** Replaces `transaction()` of all managers of the data source, so that callbacks are called through `around`. */
export function aroundTransactions(
  dataSource: DataSource,
  around: (runner: QueryRunner, call: () => unknown) => unknown,
): void {
  const wrap = (manager: EntityManager): EntityManager => {
    const stock = manager.transaction.bind(manager) as Transaction;
    const wrapped: Transaction = (...args) => {
      const position = typeof args[0] === 'function' ? 0 : 1; // an isolation level may come first
      const work = args[position] as Callback | undefined;
      if (typeof work === 'function')
        args[position] = (inner: EntityManager) =>
          inner.queryRunner ? around(inner.queryRunner, () => work(inner)) : work(inner);
      return stock(...args);
    };
    return Object.assign(manager, { transaction: wrapped });
  };
  wrap(dataSource.manager);
  const createEntityManager = dataSource.createEntityManager.bind(dataSource);
  dataSource.createEntityManager = (runner) => wrap(createEntityManager(runner));
}

/** Runs the work once before the data source is destroyed. TypeORM has no event for that. */
export function beforeDestroy(dataSource: DataSource, work: () => Promise<void>): void {
  const destroy = dataSource.destroy.bind(dataSource);
  dataSource.destroy = async () => {
    dataSource.destroy = destroy;
    await work();
    await destroy();
  };
}

// ---- Lazy relations: reading one loads it, which must not happen by accident ----

/** The promise that a lazy relation is loading from, or was set to; `undefined` if there is none. */
export function lazyPromiseOf(holder: ObjectLiteral, propertyName: string): unknown {
  return holder[`__promise_${propertyName}__`];
}

/** The property in which an object holds the value of a lazy relation. TypeORM's merge() looks nowhere else. */
export function lazyValueName(propertyName: string): string {
  return `__${propertyName}__`;
}
