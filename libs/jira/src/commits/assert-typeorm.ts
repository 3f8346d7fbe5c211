// Checks at boot that the installed TypeORM has every private member that typeorm-internals.ts uses.

import {
  DeleteQueryBuilder,
  InsertQueryBuilder,
  UpdateQueryBuilder,
  type DataSource,
  type ObjectLiteral,
  type QueryRunner,
  type SelectQueryBuilder,
} from 'typeorm';
import { assertMembers, hasMethod, type PrivateMember } from '../core/support/private-members.js';
import {
  broadcastsOf,
  depthOf,
  expressionMapOf,
  hasUuidType,
  SoftDeleteQueryBuilder,
  sqliteConnection,
  statementsOf,
  type QueryExpressionMap,
} from './typeorm-internals.js';
import { knownDialectOf } from './dialect/dialects.js';
import { SAVE_STEPS } from './typeorm-persistence.js';

/** The peer range. A later minor version may change private members, which is why boot checks them. */
const TYPEORM_VERSIONS = '^0.3.25 || ^1.1.1';

interface Probe {
  readonly dataSource: DataSource;
  readonly runner: QueryRunner;
}
type Member = PrivateMember<Probe>;

/** @throws ConfigurationError that names what the installed TypeORM lacks */
export function assertTypeOrm(dataSource: DataSource): void {
  let runner: QueryRunner | undefined;
  const probe: Probe = {
    dataSource,
    // Nothing is connected before its first query.
    get runner() {
      return (runner ??= dataSource.createQueryRunner());
    },
  };
  try {
    assertMembers('typeorm', TYPEORM_VERSIONS, membersFor(dataSource), probe);
  } finally {
    void runner?.release();
  }
}

function membersFor(dataSource: DataSource): readonly Member[] {
  const returning = dataSource.driver.isReturningSqlSupported('insert') ? [RETURNING] : [];
  return [...BUILDERS, ...SAVING, ...EXPRESSIONS, ...returning, ...SOURCES, ...RUNNERS, ...ownMembers(dataSource)];
}

function ownMembers(dataSource: DataSource): readonly Member[] {
  const dialect = knownDialectOf(dataSource);
  if (!dialect?.isCaptured) return [];
  if (dialect.hasOneConnection) return dialect.isSynchronous ? [...SQLITE, STATEMENTS] : SQLITE;
  return dialect.asksForUuids ? MYSQL : [];
}

const WRITERS = [InsertQueryBuilder, UpdateQueryBuilder, DeleteQueryBuilder, SoftDeleteQueryBuilder];
const SELECTING = [UpdateQueryBuilder, DeleteQueryBuilder, SoftDeleteQueryBuilder];
const ORDERED = [UpdateQueryBuilder, SoftDeleteQueryBuilder];

const BUILDERS: readonly Member[] = [
  ...methodsOf(WRITERS, 'execute', 'getParameters'),
  ...methodsOf([InsertQueryBuilder], 'getInsertedColumns'),
  ...methodsOf(SELECTING, 'createCteExpression', 'createWhereExpression', 'replacePropertyNamesForTheWholeQuery'),
  ...methodsOf(ORDERED, 'createOrderByExpression', 'createLimitExpression'),
];

const SAVING: readonly Member[] = SAVE_STEPS.flatMap(([step, method]) => methodsOf([step], method));

const TABLE = 'jira_probe';
type Query = SelectQueryBuilder<ObjectLiteral>;
type Builder = { readonly dataSource: DataSource };

/** How to set up each property of a builder. TypeORM copies the first four when it creates a builder. */
const TOLD: Readonly<Partial<Record<keyof QueryExpressionMap, (query: Query) => Builder>>> = {
  wheres: (query) => query.where('a = 1'),
  joinAttributes: (query) => query,
  havings: (query) => query.having('a = 1'),
  groupBys: (query) => query.groupBy('a'),
  queryType: (query) => query.update(TABLE),
  mainAlias: (query) => query.update(TABLE),
  valuesSet: (query) => query.update(TABLE).set({ a: 1 }),
  parameters: (query) => query.setParameter('a', 1),
  orderBys: (query) => query.update(TABLE).orderBy('a'),
  limit: (query) => query.update(TABLE).limit(1),
  whereEntities: (query) => query,
  onIgnore: (query) => query.insert().orIgnore(),
  onUpdate: (query) => query.insert().orUpdate(['a']),
  insertFromSelect: (query) => query.insert().valuesFromSelect((select) => select.from(TABLE, 'a')),
  locallyGenerated: (query) => query,
  take: (query) => query.take(1),
  skip: (query) => query.skip(1),
  offset: (query) => query.offset(1),
};
/** Only in 1.x. Without the method, no query can set it. */
const canInsertSelected = hasMethod(InsertQueryBuilder.prototype, 'valuesFromSelect');
const EXPRESSIONS = (Object.keys(TOLD) as (keyof QueryExpressionMap)[])
  .filter((name) => name !== 'insertFromSelect' || canInsertSelected)
  .map((name) => told(name, TOLD[name]));
const RETURNING = told('returning', (query) => query.insert().returning('a'));

const RUNNERS: readonly Member[] = [
  { name: 'QueryRunner.transactionDepth', isThere: ({ runner }) => typeof depthOf(runner) === 'number' },
  { name: 'QueryRunner.isTransactionActive', isThere: ({ runner }) => typeof runner.isTransactionActive === 'boolean' },
];

const SOURCES: readonly Member[] = [
  { name: 'Driver.createQueryRunner', isThere: ({ dataSource }) => hasMethod(dataSource.driver, 'createQueryRunner') },
  { name: 'DataSource.createEntityManager', isThere: ({ dataSource }) => hasMethod(dataSource, 'createEntityManager') },
  { name: 'DataSource.destroy', isThere: ({ dataSource }) => hasMethod(dataSource, 'destroy') },
  {
    name: 'Driver.escapeQueryWithParameters',
    isThere: ({ dataSource }) => hasMethod(dataSource.driver, 'escapeQueryWithParameters'),
  },
];

const SQLITE: readonly Member[] = [
  ...['broadcastBeforeTransactionCommitEvent', 'broadcastAfterInsertEvent'].map((name) => ({
    name: `Broadcaster.${name}`,
    isThere: ({ runner }: Probe) => broadcastsOf(runner).includes(name),
  })),
  { name: 'Driver.databaseConnection', isThere: ({ dataSource }) => sqliteConnection(dataSource.driver) !== undefined },
  { name: 'EntityManager.transaction', isThere: ({ dataSource }) => hasMethod(dataSource.manager, 'transaction') },
  { name: 'a QueryRunner.query() that waits for subscribers', isThere: ({ runner }) => waitsForSubscribers(runner) },
];
const STATEMENTS: Member = {
  name: 'QueryRunner.stmtCache',
  isThere: ({ runner }) => statementsOf(runner) instanceof Map,
};
const MYSQL: readonly Member[] = [
  {
    name: 'MysqlDriver.uuidColumnTypeSuported',
    isThere: ({ dataSource }) => typeof hasUuidType(dataSource.driver) === 'boolean',
  },
];

function methodsOf(
  builders: readonly { readonly name: string; readonly prototype: object }[],
  ...names: readonly string[]
): Member[] {
  return builders.flatMap(({ name: builder, prototype }) =>
    names.map((name) => ({ name: `${builder}.${name}`, isThere: () => hasMethod(prototype, name) })),
  );
}

function told(name: keyof QueryExpressionMap, tell: (query: Query) => Builder = (query) => query): Member {
  return {
    name: `QueryExpressionMap.${name}`,
    isThere: ({ dataSource }) => Boolean(expressionMapOf(tell(dataSource.createQueryBuilder()))[name]),
  };
}

/**
 * Whether a query notifies its subscribers by a call that can be awaited. On better-sqlite3, 1.0.0 and 1.1.0 do not:
 * there, the COMMIT would be sent before the rows are read. Nothing reaches the database or the log.
 */
function waitsForSubscribers(runner: QueryRunner): boolean {
  let waits = false;
  const stop = (): never => {
    throw new Error('This query is only asked for.');
  };
  const broadcast = (): never => {
    waits = true;
    return stop();
  };
  const source = { value: { logger: { logQuery: () => undefined } } };
  const probe = Object.create(runner, {
    broadcaster: { value: { broadcast, broadcastBeforeQueryEvent: stop } },
    driver: { value: Object.create((runner as unknown as { driver: object }).driver, { dataSource: source, connection: source }) as object },
  }) as QueryRunner; // prettier-ignore
  void probe.query('SELECT 1').catch(() => undefined);
  return waits;
}
