// What differs between the databases, by family.

import type { DataSource } from 'typeorm';

export type DatabaseFamily = 'sqlite' | 'postgres' | 'mysql';

const FAMILIES: Readonly<Record<string, DatabaseFamily>> = {
  'better-sqlite3': 'sqlite',
  sqljs: 'sqlite',
  postgres: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
};

/** The family of a data source; undefined for a database that changes cannot be captured from. */
export function databaseFamily(dataSource: DataSource): DatabaseFamily | undefined {
  return FAMILIES[dataSource.options.type];
}
