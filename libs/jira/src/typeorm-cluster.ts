// `nestjs-jira/typeorm-cluster`: what processes share, in tables of the application's database.
export { CLUSTER_ENTITIES } from './typeorm/cluster/entities.js';
export { typeOrmCluster, type TypeOrmCluster } from './typeorm/cluster/typeorm-cluster.js';
export {
  TypeOrmConnectionStore,
  type TypeOrmConnectionStoreOptions,
} from './typeorm/cluster/typeorm-connection-store.js';
export { TypeOrmMessageQueue, type TypeOrmMessageQueueOptions } from './typeorm/cluster/typeorm-message-queue.js';
