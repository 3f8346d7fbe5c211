// The databases every database suite runs on; each call of `open` gives a database of its own.

import { randomUUID } from 'node:crypto';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { afterAll, afterEach, beforeEach, describe } from 'vitest';
import { addressOf, describeWith } from './services.js';

export const DATABASES = ['better-sqlite3', 'postgres', 'mariadb'] as const;
export type DatabaseType = (typeof DATABASES)[number];

export type Entities = NonNullable<DataSourceOptions['entities']>;
/** What a test may say about its data source beside its entities. */
export type Extras = Pick<
  DataSourceOptions,
  'logging' | 'logger' | 'subscribers' | 'poolSize' | 'namingStrategy' | 'synchronize'
>;

export interface TestDatabase {
  readonly type: DatabaseType;
  /**
   * A connected data source over a new database with the tables of these entities. It is closed and its database
   * dropped after the test that opened it (after the suite, if a `beforeAll` did). Not for `it.concurrent`.
   */
  readonly open: (entities: Entities, extras?: Extras) => Promise<DataSource>;
  /**
   * The same for code that makes its own data source, such as `TypeOrmModule.forRoot`: a new database and the options
   * that lead to it, tables included. Whoever connects with them closes them; the database is dropped as above.
   */
  readonly options: (entities: Entities, extras?: Extras) => Promise<DataSourceOptions>;
}

/** Defines the suite once for each database; `define` gets the means to open one. */
export function describeEachDatabase(title: string, define: (database: TestDatabase) => void): void {
  for (const type of DATABASES) describeDatabase(type, title, define);
}

/** The same for databases that several processes can share. */
export function describeEachServer(title: string, define: (database: TestDatabase) => void): void {
  for (const type of ['postgres', 'mariadb'] as const) describeDatabase(type, title, define);
}

function describeDatabase(type: DatabaseType, title: string, define: (database: TestDatabase) => void): void {
  const suite = (): void => define(ownedBySuite(type));
  if (type === 'better-sqlite3') describe(`${title} on SQLite`, suite);
  else describeWith(type, `${title} on ${type === 'postgres' ? 'PostgreSQL' : 'MariaDB'}`, suite);
}

type Undo = () => Promise<void>;

/** A database factory whose undo is registered with the suite that is being defined. */
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

/** What one test's application runs on when it names no database of its own. */
let chosen: DatabaseType | 'sqljs' | undefined;

/** From here on, in this test file, every application without a database of its own runs on this one. */
export function runOn(type: DatabaseType | 'sqljs'): void {
  chosen = type;
}

/** A new database where `runOn` said, else where `DATABASE_URL` says, else in memory. Whoever asks drops it. */
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
  // FORCE: a test that failed half way may have left a connection, which must not keep its database alive.
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
