// Maps a data source to its dialect: the only place that reads its type.

import type { DataSource } from 'typeorm';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import type { SqlDialect } from './dialect.js';
import { MysqlDialect } from './mysql.js';
import { PostgresDialect } from './postgres.js';
import { SqliteDialect } from './sqlite.js';

type Driver = DataSource['driver'];
type DatabaseType = DataSource['options']['type'];

const DIALECTS: Readonly<Partial<Record<DatabaseType, (driver: Driver) => SqlDialect>>> = {
  'better-sqlite3': () => new SqliteDialect(true, true),
  sqljs: () => new SqliteDialect(true, false),
  expo: () => new SqliteDialect(false, false),
  capacitor: () => new SqliteDialect(false, false),
  cordova: () => new SqliteDialect(false, false),
  'react-native': () => new SqliteDialect(false, false),
  nativescript: () => new SqliteDialect(false, false),
  postgres: () => new PostgresDialect(true),
  'aurora-postgres': () => new PostgresDialect(false),
  mysql: (driver) => new MysqlDialect(driver, true),
  mariadb: (driver) => new MysqlDialect(driver, true),
  'aurora-mysql': (driver) => new MysqlDialect(driver, false),
};

const found = new WeakMap<Driver, SqlDialect>();

/**
 * The dialect of this data source's database.
 *
 * @throws TypeError if queries cannot be compiled for this database
 */
export function dialectOf(dataSource: Pick<DataSource, 'driver'>): SqlDialect {
  const dialect = knownDialectOf(dataSource);
  if (dialect) return dialect;
  const { type } = dataSource.driver.options;
  throw new TypeError(`Queries are compiled for SQLite, Postgres, MySQL and MariaDB, not for ${type}.`);
}

/** Undefined for an unknown database. */
export function knownDialectOf({ driver }: Pick<DataSource, 'driver'>): SqlDialect | undefined {
  let dialect = found.get(driver);
  if (!dialect) {
    dialect = DIALECTS[driver.options.type]?.(driver);
    if (dialect) found.set(driver, dialect);
  }
  return dialect;
}

/** @throws ConfigurationError if changes of this database cannot be captured @param name the data source's name */
export function assertCaptured(dataSource: DataSource, name: string): void {
  if (knownDialectOf(dataSource)?.isCaptured) return;
  throw new ConfigurationError(
    `Data source "${name}"`,
    `is of type "${dataSource.options.type}", whose changes cannot be captured.`,
    'Use better-sqlite3, sqljs, postgres, mariadb or mysql, or do not observe its entities.',
  );
}
