// Shares connections, rooms and messages between processes through one database.

import type { DataSource, DataSourceOptions } from 'typeorm';
import { ClusterDatabase } from './cluster-database.js';
import { TypeOrmConnectionStore, type TypeOrmConnectionStoreOptions } from './typeorm-connection-store.js';
import { TypeOrmMessageQueue, type TypeOrmMessageQueueOptions } from './typeorm-message-queue.js';

/** What `typeOrmCluster()` returns: options of `JiraModule.forRoot()`. */
export interface TypeOrmCluster {
  readonly connectionStore: TypeOrmConnectionStore;
  readonly messageQueue: TypeOrmMessageQueue;
}

/**
 * The options of `JiraModule.forRoot` that keep connections, rooms and messages in tables, for deployments with a
 * database and no Redis. Call it once per application.
 *
 * @param source a data source that has `CLUSTER_ENTITIES`, or options to open one
 * @example
 * JiraModule.forRootAsync({ inject: [DataSource], useFactory: (database: DataSource) => typeOrmCluster(database) })
 */
export function typeOrmCluster(
  source: DataSource | DataSourceOptions,
  options: TypeOrmConnectionStoreOptions & TypeOrmMessageQueueOptions = {},
): TypeOrmCluster {
  const database = new ClusterDatabase(source);
  return {
    connectionStore: new TypeOrmConnectionStore(database, options),
    messageQueue: new TypeOrmMessageQueue(database, options),
  };
}
