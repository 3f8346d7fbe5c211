// The data source that holds the cluster's tables: the application's, or one opened for them.

import { setTimeout as delay } from 'node:timers/promises';
import { DataSource, QueryFailedError, type DataSourceOptions, type EntityManager } from 'typeorm';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { faultOf } from '../errors/database-fault.js';
import { installSqliteLeases } from '../../commits/leases/sqlite-leases.js';
import { CLUSTER_ENTITIES } from './entities.js';

/** How often a statement is tried if it collides with another, and the unit of the pause between two tries. */
const MAX_TRIES = 10;
const RETRY_MS = 5;

export class ClusterDatabase {
  private readonly dataSource: DataSource;
  private readonly isOwn: boolean;
  private opening?: Promise<void>;
  private isLeased = false;

  /** @param source a data source, or options to open one, which is then closed with the application */
  constructor(source: DataSource | DataSourceOptions) {
    this.isOwn = !(source instanceof DataSource);
    const options = { ...source, entities: CLUSTER_ENTITIES } as DataSourceOptions;
    this.dataSource = source instanceof DataSource ? source : new DataSource(options);
  }

  /** @throws ConfigurationError if the data source lacks the tables' entities */
  open(): Promise<void> {
    return (this.opening ??= this.initialize());
  }

  /** For a single statement, outside any transaction unless the calling code is in one of SQLite's. */
  get manager(): EntityManager {
    if (!this.isLeased) installSqliteLeases(this.dataSource); // only now: the application may have its own options
    this.isLeased = true;
    return this.dataSource.manager;
  }

  /** The escaped database name of a property's column. */
  column(entity: (typeof CLUSTER_ENTITIES)[number], property: string): string {
    const column = this.dataSource.getMetadata(entity).findColumnWithPropertyName(property);
    return this.dataSource.driver.escape(column?.databaseName ?? property);
  }

  /** Runs a statement, and runs it again if the database let another transaction go first. */
  async patiently<T>(run: (manager: EntityManager) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++)
      try {
        return await run(this.manager);
      } catch (error) {
        if (violationOf(error) !== 'contention' || tries === MAX_TRIES) throw error;
        await delay(RETRY_MS * tries * Math.random());
      }
  }

  /** Inserts a row. False if there is such a row already. */
  async insertNew(entity: (typeof CLUSTER_ENTITIES)[number], row: object): Promise<boolean> {
    try {
      await this.patiently((manager) => manager.insert<object>(entity, row));
      return true;
    } catch (error) {
      if (violationOf(error) === 'unique') return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.isOwn && this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async initialize(): Promise<void> {
    if (this.isOwn) await this.dataSource.initialize();
    const missing = CLUSTER_ENTITIES.filter((entity) => !this.dataSource.hasMetadata(entity));
    if (missing.length > 0)
      throw new ConfigurationError(
        'typeOrmCluster()',
        `was given a data source without ${missing.map(({ name }) => name).join(', ')}.`,
        'Spread CLUSTER_ENTITIES into its entities.',
      );
  }
}

function violationOf(error: unknown): string | undefined {
  return error instanceof QueryFailedError ? faultOf(error as QueryFailedError)?.violation : undefined;
}
