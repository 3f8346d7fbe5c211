// Looks at boot for every name of typeorm-internals in the TypeORM that is installed.

import { DeleteQueryBuilder, InsertQueryBuilder, UpdateQueryBuilder, type DataSource, type QueryRunner } from 'typeorm';
import { assertMembers, hasMember, hasMethod, type PrivateMember } from '../core/support/private-members.js';
import { expressionMapOf, SoftDeleteQueryBuilder, type QueryExpressionMap } from './typeorm-internals.js';

/** Versions whose private members were read and tested; each minor one may change them. */
const TYPEORM_VERSIONS = '~1.1.1';

interface Probe {
  readonly dataSource: DataSource;
  readonly runner: QueryRunner;
}
type Member = PrivateMember<Probe>;

/** @throws ConfigurationError that names what the installed TypeORM lacks */
export function assertTypeOrm(dataSource: DataSource): void {
  // Nothing is connected before its first query.
  const runner = dataSource.createQueryRunner();
  try {
    assertMembers('typeorm', TYPEORM_VERSIONS, membersFor(dataSource), { dataSource, runner });
  } finally {
    void runner.release();
  }
}

function membersFor({ driver, options }: DataSource): readonly Member[] {
  const sqlite = options.type === 'better-sqlite3' ? [...SQLITE, STATEMENTS] : options.type === 'sqljs' ? SQLITE : [];
  const returning = driver.isReturningSqlSupported('insert') ? [RETURNING] : [];
  return [...BUILDERS, ...TOLD, ...returning, ...RUNNERS, ...SOURCES, ...sqlite];
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

const TABLE = 'jira_probe';

const update = ({ dataSource }: Probe): QueryExpressionMap =>
  expressionMapOf(dataSource.createQueryBuilder().update(TABLE).set({ a: 1 }).where('a = :b', { b: 2 }).orderBy('a').limit(3)); // prettier-ignore
const insert = ({ dataSource }: Probe): QueryExpressionMap =>
  expressionMapOf(dataSource.createQueryBuilder().insert().into(TABLE).values({ a: 1 }).orIgnore().orUpdate(['a']));
const copy = ({ dataSource }: Probe): QueryExpressionMap =>
  expressionMapOf(dataSource.createQueryBuilder().insert().into(TABLE).valuesFromSelect((query) => query.from(TABLE, 'a'))); // prettier-ignore
const select = ({ dataSource }: Probe): QueryExpressionMap =>
  expressionMapOf(dataSource.createQueryBuilder().from(TABLE, 'a').limit(1).take(2).offset(3).skip(4));

/** What a builder was told has to be found where it is looked for. */
const TOLD: readonly Member[] = [
  told('queryType', (probe) => update(probe).queryType === 'update'),
  told('mainAlias', (probe) => update(probe).mainAlias?.hasMetadata === false),
  told('valuesSet', (probe) => Object.keys(update(probe).valuesSet ?? {})[0] === 'a'),
  told('wheres', (probe) => update(probe).wheres[0]?.condition === 'a = :b'),
  told('parameters', (probe) => update(probe).parameters['b'] === 2),
  told('orderBys', (probe) => 'a' in update(probe).orderBys),
  told('limit', (probe) => update(probe).limit === 3),
  told('whereEntities', (probe) => Array.isArray(update(probe).whereEntities)),
  told('onIgnore', (probe) => insert(probe).onIgnore),
  told('onUpdate', (probe) => insert(probe).onUpdate !== undefined),
  told('locallyGenerated', (probe) => hasMember(insert(probe), 'locallyGenerated')),
  told('insertFromSelect', (probe) => copy(probe).insertFromSelect !== undefined),
  told('joinAttributes', (probe) => Array.isArray(select(probe).joinAttributes)),
  told('havings', (probe) => Array.isArray(select(probe).havings)),
  told('groupBys', (probe) => Array.isArray(select(probe).groupBys)),
  told('take', (probe) => select(probe).take === 2),
  told('offset', (probe) => select(probe).offset === 3),
  told('skip', (probe) => select(probe).skip === 4),
];

const RETURNING = told(
  'returning',
  ({ dataSource }) => expressionMapOf(dataSource.createQueryBuilder().insert().into(TABLE).returning('a')).returning === 'a', // prettier-ignore
);

const RUNNERS: readonly Member[] = [
  { name: 'QueryRunner.transactionDepth', isThere: ({ runner }) => hasMember(runner, 'transactionDepth') },
  { name: 'QueryRunner.isTransactionActive', isThere: ({ runner }) => hasMember(runner, 'isTransactionActive') },
];

const SOURCES: readonly Member[] = [
  { name: 'DataSource.destroy', isThere: ({ dataSource }) => hasMethod(dataSource, 'destroy') },
  {
    name: 'Driver.escapeQueryWithParameters',
    isThere: ({ dataSource }) => hasMethod(dataSource.driver, 'escapeQueryWithParameters'),
  },
];

const SQLITE: readonly Member[] = [
  ...['BeforeTransactionCommit', 'AfterInsert'].map((event) => ({
    name: `Broadcaster.broadcast${event}Event`,
    isThere: ({ runner }: Probe) => hasMethod(runner.broadcaster, `broadcast${event}Event`),
  })),
  { name: 'Driver.createQueryRunner', isThere: ({ dataSource }) => hasMethod(dataSource.driver, 'createQueryRunner') },
  {
    name: 'Driver.databaseConnection',
    isThere: ({ dataSource }) => hasMember(dataSource.driver, 'databaseConnection'),
  },
  { name: 'EntityManager.transaction', isThere: ({ dataSource }) => hasMethod(dataSource.manager, 'transaction') },
  { name: 'DataSource.createEntityManager', isThere: ({ dataSource }) => hasMethod(dataSource, 'createEntityManager') },
];

const STATEMENTS: Member = {
  name: 'BetterSqlite3QueryRunner.stmtCache',
  isThere: ({ runner }) => hasMember(runner, 'stmtCache'),
};

function methodsOf(
  builders: readonly { readonly name: string; readonly prototype: object }[],
  ...names: readonly string[]
): Member[] {
  return builders.flatMap(({ name: builder, prototype }) =>
    names.map((name) => ({ name: `${builder}.${name}`, isThere: () => hasMethod(prototype, name) })),
  );
}

function told(name: string, isThere: (probe: Probe) => boolean): Member {
  return { name: `QueryExpressionMap.${name}`, isThere };
}
