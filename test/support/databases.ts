// The databases that every database suite runs on. Each call of `open` creates a new one.

import { randomUUID } from 'node:crypto';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { afterAll, afterEach, beforeEach, describe } from 'vitest';
import { addressOf, describeWith } from './services.js';

export const DATABASES = ['better-sqlite3', 'postgres', 'mariadb'] as const;
export type DatabaseType = (typeof DATABASES)[number];

export type Entities = NonNullable<DataSourceOptions['entities']>;
/** What a test may set on its data source, apart from its entities. */
export type Extras = Pick<
  DataSourceOptions,
  'logging' | 'logger' | 'subscribers' | 'poolSize' | 'namingStrategy' | 'synchronize'
>;

export interface TestDatabase {
  readonly type: DatabaseType;
  /**
   * Opens a data source on a new database with the tables of these entities. After the test that opened it (after the
   * suite, if a `beforeAll` did), it is closed and its database dropped. Not for `it.concurrent`.
   */
  readonly open: (entities: Entities, extras?: Extras) => Promise<DataSource>;
  /**
   * Like `open`, for code that makes its own data source, such as `TypeOrmModule.forRoot`: creates a database and
   * returns the options to connect to it. Close what you connect; the database is dropped as above.
   */
  readonly options: (entities: Entities, extras?: Extras) => Promise<DataSourceOptions>;
}

/** Defines the suite once for each database. `define` gets the functions that open one. */
export function describeEachDatabase(title: string, define: (database: TestDatabase) => void): void {
  for (const type of DATABASES) describeDatabase(type, title, define);
}

/** Like `describeEachDatabase`, for the databases that several processes can share. */
export function describeEachServer(title: string, define: (database: TestDatabase) => void): void {
  for (const type of ['postgres', 'mariadb'] as const) describeDatabase(type, title, define);
}

function describeDatabase(type: DatabaseType, title: string, define: (database: TestDatabase) => void): void {
  const suite = (): void => define(ownedBySuite(type));
  if (type === 'better-sqlite3') describe(`${title} on SQLite`, suite);
  else describeWith(type, `${title} on ${type === 'postgres' ? 'PostgreSQL' : 'MariaDB'}`, suite);
}

type Undo = () => Promise<void>;

/** Creates databases, and registers their cleanup with the suite that is being defined. */
function ownedBySuite(type: DatabaseType): TestDatabase {
  const undos: Undo[] = [];
  let mark = 0;
  const undoDownTo = async (length: number): Promise<void> => {
    while (undos.length > length) await undos.pop()?.();
  };
  beforeEach(() => {
    mark = undos.length;
  });
  afterEach(() => undoDownTo(mark));
  afterAll(() => undoDownTo(0));

  const options = async (entities: Entities, extras: Extras = {}): Promise<DataSourceOptions> => {
    const { place, drop } = await createDatabase(type);
    undos.push(drop);
    return Object.assign(place, { synchronize: true, ...extras, entities });
  };
  const open = async (entities: Entities, extras?: Extras): Promise<DataSource> => {
    const dataSource = new DataSource(await options(entities, extras));
    await dataSource.initialize();
    undos.push(async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
    });
    return dataSource;
  };
  return { type, open, options };
}

/** What applications without a database of their own run on. */
let chosen: DatabaseType | 'sqljs' | undefined;

/** From now on, all applications of this test file without a database of their own run on this one. */
export function runOn(type: DatabaseType | 'sqljs'): void {
  chosen = type;
}

/** Creates a database: where `runOn` says, else where `DATABASE_URL` says, else in memory. The caller drops it. */
export function freshDatabase(): Promise<{ place: DataSourceOptions; drop: () => Promise<void> }> {
  if (chosen === 'sqljs') return Promise.resolve({ place: { type: 'sqljs' }, drop: () => Promise.resolve() });
  const url = process.env['DATABASE_URL'];
  if (chosen !== undefined || url === undefined) return createDatabase(chosen ?? 'better-sqlite3');
  return createDatabase(/^postgres(ql)?:/.test(url) ? 'postgres' : 'mariadb', url);
}

async function createDatabase(
  type: DatabaseType,
  server = type === 'better-sqlite3' ? '' : addressOf(type),
): Promise<{ place: DataSourceOptions; drop: Undo }> {
  if (type === 'better-sqlite3') return { place: { type, database: ':memory:' }, drop: () => Promise.resolve() };
  const name = `jira_test_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  await administrate(type, server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  // FORCE: a connection that a failed test has left open must not keep its database alive.
  const drop = type === 'postgres' ? `DROP DATABASE IF EXISTS ${name} WITH (FORCE)` : `DROP DATABASE IF EXISTS ${name}`;
  return { place: { type, url: url.href }, drop: () => administrate(type, server, drop) };
}

async function administrate(type: 'postgres' | 'mariadb', url: string, statement: string): Promise<void> {
  const server = await new DataSource({ type, url }).initialize();
  try {
    await server.query(statement);
  } finally {
    await server.destroy();
  }
}
