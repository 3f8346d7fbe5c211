// Chooses the database of a run, and creates a new one for each server.

import { randomUUID } from 'node:crypto';
import { DataSource, type DataSourceOptions } from 'typeorm';

export const DATABASES = ['sqlite', 'postgres', 'mariadb'] as const;
export type DatabaseName = (typeof DATABASES)[number];

/** Set by the runner for the processes it starts. */
const DATABASE = (process.env['BENCH_DATABASE'] ?? 'sqlite') as DatabaseName;
/** Prefix of the names of all databases of one run. */
const PREFIX = process.env['BENCH_PREFIX'] ?? `jira_bench_${process.pid}_`;

/** Chooses the database for the processes that are started from now on. */
export function choose(database: DatabaseName): void {
  process.env['BENCH_DATABASE'] = database;
  process.env['BENCH_PREFIX'] = PREFIX;
}

const SERVERS = {
  postgres: process.env['POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres',
  mariadb: process.env['MARIADB_URL'] ?? 'mysql://root@127.0.0.1:3306/mysql',
};

/** Creates a database for one server; returns TypeORM's options for it, with the driver's default pool size. */
export async function freshDatabase(database = DATABASE): Promise<DataSourceOptions> {
  if (database === 'sqlite') return { type: 'better-sqlite3', database: ':memory:' };
  const name = `${PREFIX}${randomUUID().slice(0, 8)}`;
  await administrate(database, (server) => server.query(`CREATE DATABASE ${name}`));
  const url = new URL(SERVERS[database]);
  url.pathname = `/${name}`;
  return { type: database, url: url.href };
}

/** Drops the databases of this run. */
export async function dropAll(database: DatabaseName): Promise<void> {
  if (database === 'sqlite') return;
  await administrate(database, async (server) => {
    const names = `SELECT ${database === 'postgres' ? 'datname AS name FROM pg_database' : 'schema_name AS name FROM information_schema.schemata'}`;
    for (const { name } of await server.query<{ name: string }[]>(names))
      if (name.startsWith(PREFIX))
        await server.query(`DROP DATABASE ${name}${database === 'postgres' ? ' WITH (FORCE)' : ''}`);
  });
}

async function administrate(
  type: 'postgres' | 'mariadb',
  work: (server: DataSource) => Promise<unknown>,
): Promise<void> {
  const server = await new DataSource({ type, url: SERVERS[type] }).initialize();
  try {
    await work(server);
  } finally {
    await server.destroy();
  }
}
