// The shared parts as providers: ready before clients are let in, closed when all clients are gone.

import { setTimeout as delay } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { describeThrown } from '../../core/errors/thrown.js';
import { LifecycleEvents } from '../../core/lifecycle/lifecycle-events.js';
import { Broadcast } from '../../cluster/messaging/broadcast.js';
import { ClusterConnections } from '../../cluster/messaging/cluster-connections.js';
import { Messages } from '../../cluster/messaging/messages.js';
import { MemoryPubSub } from '../../cluster/messaging/memory-pub-sub.js';
import { Presence } from '../../presence/presence.js';
import { PubSub } from '../../cluster/messaging/pub-sub.js';
import { Connections } from '../../core/connections/connections.js';
import { ClusterEmits } from '../../transport/cluster-emits.js';
import { Sinks } from '../../transport/sinks.js';
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
    // One process has nobody to tell.
    if (!(this.options.pubSub instanceof MemoryPubSub)) await this.emits.start();
  }

  /** Called when no client is connected any more, and the application's data sources still are. */
  async leave(): Promise<void> {
    this.messages.stop();
    this.presence.stop();
    this.emits.stop();
    // A store that does not answer must not hold the process: its lease ends by itself.
    const patience = delay(this.options.limits.drainMs, undefined, { ref: false });
    await Promise.race([this.broadcast.stop().then(() => this.connections.stop()), patience]);
  }

  async onApplicationShutdown(): Promise<void> {
    const { changeLog, pubSub, connectionStore, messageQueue } = this.options;
    // First: what was committed still has to leave, and the connection may be shared.
    await changeLog.close?.();
    await pubSub.close();
    await connectionStore.close();
    await messageQueue.close();
  }
}

export const CLUSTER: readonly Provider[] = [
  Cluster,
  {
    provide: ClusterEmits,
    useFactory: ({ pubSub }: ResolvedJiraOptions, sinks: Sinks) => {
      const logger = new Logger('Jira');
      const report = (error: unknown): void =>
        logger.error('An event did not reach every process', describeThrown(error));
      return new ClusterEmits(pubSub, sinks, report);
    },
    inject: [RESOLVED_OPTIONS, Sinks],
  },
  {
    provide: Broadcast,
    useFactory: (
      { pubSub, connectionStore: store }: ResolvedJiraOptions,
      connections: Connections,
      cluster: ClusterConnections,
      lifecycle: LifecycleEvents,
    ) => {
      const logger = new Logger('Jira');
      const report = (error: unknown): void => logger.error('A broadcast room failed', describeThrown(error));
      return new Broadcast({ pubSub, store, cluster, connections, lifecycle, report });
    },
    inject: [RESOLVED_OPTIONS, Connections, ClusterConnections, LifecycleEvents],
  },
  {
    provide: ClusterConnections,
    useFactory: (
      { connectionStore: store, pubSub }: ResolvedJiraOptions,
      connections: Connections,
      lifecycle: LifecycleEvents,
    ) => {
      const logger = new Logger('Jira');
      const report = (error: unknown): void => logger.error('The connection store failed', describeThrown(error));
      return new ClusterConnections({ store, connections, lifecycle, pubSub, report });
    },
    inject: [RESOLVED_OPTIONS, Connections, LifecycleEvents],
  },
  {
    provide: Presence,
    useFactory: ({ pubSub }: ResolvedJiraOptions, cluster: ClusterConnections) => {
      const logger = new Logger('Jira');
      const report = (error: unknown): void => logger.error('Presence could not be read', describeThrown(error));
      return new Presence({ pubSub, cluster, report });
    },
    inject: [RESOLVED_OPTIONS, ClusterConnections],
  },
  {
    provide: Messages,
    useFactory: (
      { messageQueue: queue, connectionStore: store, limits }: ResolvedJiraOptions,
      connections: Connections,
      lifecycle: LifecycleEvents,
    ) => {
      const logger = new Logger('Jira');
      return new Messages({
        queue,
        store,
        connections,
        lifecycle,
        limits,
        report: (error) => logger.error('The message queue failed', describeThrown(error)),
        expired: ({ id, recipient, event, data }) => {
          logger.warn(`Message ${id} ("${event}") did not reach ${recipient}`);
          lifecycle.emit('jira.message_expired', { id, recipient, event, data });
        },
      });
    },
    inject: [RESOLVED_OPTIONS, Connections, LifecycleEvents],
  },
  { provide: PubSub, useFactory: ({ pubSub }: ResolvedJiraOptions) => pubSub, inject: [RESOLVED_OPTIONS] },
];
