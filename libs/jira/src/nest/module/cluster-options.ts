// What several processes share, and where it is stored.

import type { ConnectionStore } from '../../cluster/messaging/connection-store.js';
import { MemoryConnectionStore } from '../../cluster/messaging/memory-connection-store.js';
import type { ResumeOptions } from './resume-options.js';
import { MemoryMessageQueue } from '../../cluster/messaging/memory-message-queue.js';
import type { MessageQueue } from '../../cluster/messaging/message-queue.js';
import { MemoryPubSub } from '../../cluster/messaging/memory-pub-sub.js';
import type { PubSub } from '../../cluster/messaging/pub-sub.js';
import type { ChangeLog } from '../../core/changes/change-log.js';
import { MemoryChangeLog } from '../../core/changes/memory-change-log.js';

/**
 * What processes share. Each part is local to this process unless you set it. `redisCluster()` and `typeOrmCluster()` help.
 *
 * @example
 * JiraModule.forRoot({ ...redisCluster({ url: 'redis://127.0.0.1:6379' }), resume: { secret } })
 */
export interface ClusterOptions {
  /** Carries committed changes to every process. @default within this process only */
  readonly changeLog?: ChangeLog;
  /** Carries what applications publish to every process. @default within this process only */
  readonly pubSub?: PubSub;
  /** Stores the connections of every process. @default those of this process only */
  readonly connectionStore?: ConnectionStore;
  /** Stores messages until they are acknowledged. @default in memory, until this process ends */
  readonly messageQueue?: MessageQueue;
}

export function resolveClusterOptions({
  resume,
  changeLog = new MemoryChangeLog({ history: resume?.history }),
  pubSub = new MemoryPubSub(),
  connectionStore = new MemoryConnectionStore(),
  messageQueue = new MemoryMessageQueue(),
}: ClusterOptions & { readonly resume?: ResumeOptions }): Required<ClusterOptions> {
  return { changeLog, pubSub, connectionStore, messageQueue };
}
