// `nestjs-jira/redis`: what processes share, in one Redis.
export { RedisChangeLog, type RedisChangeLogOptions } from './redis-change-log.js';
export { redisCluster, type RedisCluster } from './redis-cluster.js';
export { RedisConnectionStore, type RedisConnectionStoreOptions } from './redis-connection-store.js';
export { RedisLink, type RedisOptions } from './redis-link.js';
export { RedisMessageQueue } from './redis-message-queue.js';
export { RedisPubSub, type RedisPubSubOptions } from './redis-pub-sub.js';
