// What processes share: ready before clients are let in, closed when all clients are gone.

import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Broadcast } from '../../cluster/messaging/broadcast.js';
import { ClusterConnections } from '../../cluster/messaging/cluster-connections.js';
import { Messages } from '../../cluster/messaging/messages.js';
import { isShared } from '../../cluster/messaging/memory-pub-sub.js';
import { atMost } from '../../core/support/with-timeout.js';
import { Presence } from '../../presence/presence.js';
import { ClusterEmits } from '../../transport/cluster-emits.js';
import { RESOLVED_OPTIONS, type ResolvedJiraOptions } from './jira-options.js';

@Injectable()
export class Cluster implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedJiraOptions,
    private readonly connections: ClusterConnections,
    private readonly messages: Messages,
    private readonly broadcast: Broadcast,
    private readonly presence: Presence,
    private readonly emits: ClusterEmits,
  ) {}

  async onModuleInit(): Promise<void> {
    const { changeLog, connectionStore, messageQueue } = this.options;
    await Promise.all([changeLog.ready, connectionStore.open?.(), messageQueue.open?.()]);
    this.connections.start();
    this.messages.start();
    this.broadcast.start();
    // A single process has no others to tell.
    if (isShared(this.options.pubSub)) await this.emits.start();
  }

  /** Called when no client is connected any more, while the application's data sources still are. */
  async leave(): Promise<void> {
    this.messages.stop();
    this.presence.stop();
    this.emits.stop();
    // A store that does not answer must not keep the process alive: the lease ends by itself.
    await atMost(
      this.options.limits.drainMs,
      this.broadcast.stop().then(() => this.connections.stop()),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    const { changeLog, pubSub, connectionStore, messageQueue } = this.options;
    // The change log first: committed changes still have to leave, and the others may share its connection.
    await changeLog.close?.();
    await pubSub.close();
    await connectionStore.close();
    await messageQueue.close();
  }
}
