// Puts everything that several processes share into one Redis.

import { RedisChangeLog, type RedisChangeLogOptions } from './redis-change-log.js';
import { RedisConnectionStore } from './redis-connection-store.js';
import { RedisLink } from './redis-link.js';
import { RedisMessageQueue } from './redis-message-queue.js';
import { RedisPubSub, type RedisPubSubOptions } from './redis-pub-sub.js';

/** What `redisCluster()` returns: options of `JiraModule.forRoot()`. */
export interface RedisCluster {
  readonly changeLog: RedisChangeLog;
  readonly pubSub: RedisPubSub;
  readonly connectionStore: RedisConnectionStore;
  readonly messageQueue: RedisMessageQueue;
}

/**
 * The options of `JiraModule.forRoot` that put everything shared into one Redis. Call it once per application.
 *
 * @example
 * JiraModule.forRoot({ authentication: [...], ...redisCluster({ url: process.env.REDIS_URL }), resume: { secret } })
 */
export function redisCluster(options: RedisChangeLogOptions & RedisPubSubOptions = {}): RedisCluster {
  const link = new RedisLink(options);
  return {
    changeLog: new RedisChangeLog(link, options),
    pubSub: new RedisPubSub(link, options),
    connectionStore: new RedisConnectionStore(link, options),
    messageQueue: new RedisMessageQueue(link),
  };
}
