// Puts the rooms together.

import { ConfigurableModuleBuilder, Logger, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { errorAnswer, type ErrorAnswer, type ErrorTranslator } from '../../core/errors/error-answer.js';
import { ChangeListenerExplorer } from '../explorer/change-listener-explorer.js';
import { HookExplorer } from '../explorer/hook-explorer.js';
import { HookRegistry } from '../../hooks/registry.js';
import { RequestPipeline } from '../../hooks/request-pipeline.js';
import { ClusterConnections } from '../../cluster/messaging/cluster-connections.js';
import { Messages } from '../../cluster/messaging/messages.js';
import { Presence } from '../../presence/presence.js';
import { Broadcast } from '../../cluster/messaging/broadcast.js';
import { PubSub } from '../../cluster/messaging/pub-sub.js';
import { LifecycleEvents } from '../../core/lifecycle/lifecycle-events.js';
import { Authorization } from '../../live/sessions/authorization.js';
import { Hub } from '../../live/delivery/hub.js';
import { Observables } from '../../live/observers/observed-rows.js';
import { Connections } from '../../core/connections/connections.js';
import { createGateway, SOCKET_IO_OPTIONS } from '../../transport/socket-io/gateway.js';
import { JiraServer } from '../../transport/jira-server.js';
import { OutspokenServer } from '../../transport/socket-io/oversize.js';
import { Sinks } from '../../transport/sinks.js';
import { DataSources } from '../../typeorm/data-sources.js';
import { TypeOrmEdge } from '../../typeorm/typeorm-edge.js';
import { typeOrmErrorTranslator } from '../../typeorm/errors/typeorm-errors.js';
import { JiraBoot } from './boot.js';
import { CLUSTER } from './cluster.js';
import { DOORS } from './doors.js';
import {
  resolveOptions,
  RESOLVED_OPTIONS,
  type JiraExtras,
  type JiraOptions,
  type ResolvedJiraOptions,
} from './jira-options.js';
import { scopeServices } from './scope-services.js';
import { TRANSLATORS } from './tokens.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<JiraOptions>()
  .setClassMethodName('forRoot')
  .setExtras<JiraExtras>({ imports: [] }, (definition, { imports = [] }) => ({
    ...definition,
    imports: [...(definition.imports ?? []), ...imports],
    providers: [...(definition.providers ?? []), createGateway()],
  }))
  .build();

function createHub(
  { limits, changeLog }: ResolvedJiraOptions,
  sink: Sinks,
  translators: readonly ErrorTranslator[],
  lifecycle: LifecycleEvents,
): Hub {
  const logger = new Logger('Jira');
  return new Hub({
    log: changeLog,
    sink,
    limits,
    report: {
      failed: (error, { entity, source, id, type }, channel) => {
        const { namespace } = channel?.definition ?? {};
        lifecycle.emit('jira.announcement_failed', {
          entity,
          change: { source, type, id },
          ...(namespace && { namespace }),
          error,
        });
        logger.error(
          `Could not announce "${type}" of ${entity} ${JSON.stringify(id)}${channel ? ` on ${channel.definition.namespace}: it was reset` : ''}`,
          stackOf(error),
        );
      },
      gap: (error, entity) => {
        lifecycle.emit('jira.announcement_failed', { entity, error });
        logger.error(`Changes of ${entity} could not be delivered; its channels were reset`, stackOf(error));
      },
    },
    describe: describer(translators),
  });
}

/** What a client is told of an error that ends something; what nobody planned for is logged. */
function describer(translators: readonly ErrorTranslator[]) {
  const logger = new Logger('Jira');
  return (error: unknown, requestId: string): ErrorAnswer => {
    const answer = errorAnswer(error, requestId, translators);
    if (answer.isUnexpected) logger.error(`Request ${requestId} failed after it was answered`, stackOf(error));
    return answer;
  };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/**
 * @example
 * JiraModule.forRoot({ authentication: [BearerTokenAuthentication], imports: [AuthModule] })
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: RESOLVED_OPTIONS, useFactory: resolveOptions, inject: [MODULE_OPTIONS_TOKEN] },
    {
      provide: SOCKET_IO_OPTIONS,
      useFactory: ({ socketIo, limits }: ResolvedJiraOptions) => ({
        // Clients choose the names of routes: what is empty goes. And the plain door takes upgrades that are not Socket.IO's.
        cleanupEmptyChildNamespaces: true,
        destroyUpgrade: false,
        // A second for the refusal to arrive.
        connectTimeout: limits.handshakeTimeoutMs + 1_000,
        wsEngine: OutspokenServer,
        ...socketIo,
        maxHttpBufferSize: limits.frameBytes,
      }),
      inject: [RESOLVED_OPTIONS],
    },
    DataSources,
    TypeOrmEdge,
    { provide: Observables, useExisting: TypeOrmEdge },
    HookExplorer,
    ChangeListenerExplorer,
    HookRegistry,
    {
      provide: Connections,
      useFactory: ({ userKey }: ResolvedJiraOptions) => new Connections(userKey),
      inject: [RESOLVED_OPTIONS],
    },
    JiraServer,
    JiraBoot,
    {
      provide: TRANSLATORS,
      useFactory: (dataSources: DataSources) => [typeOrmErrorTranslator(dataSources)],
      inject: [DataSources],
    },
    { provide: Hub, useFactory: createHub, inject: [RESOLVED_OPTIONS, Sinks, TRANSLATORS, LifecycleEvents] },
    {
      provide: Authorization,
      useFactory: (
        { visibilityTtlMs, limits }: ResolvedJiraOptions,
        connections: Connections,
        hub: Hub,
        translators: readonly ErrorTranslator[],
      ) => {
        const { handshakeTimeoutMs } = limits;
        const describe = describer(translators);
        return new Authorization({ connections, hub, visibilityTtlMs, handshakeTimeoutMs, describe });
      },
      inject: [RESOLVED_OPTIONS, Connections, Hub, TRANSLATORS],
    },
    {
      provide: RequestPipeline,
      useFactory: (
        { limits }: ResolvedJiraOptions,
        registry: HookRegistry,
        sink: Sinks,
        translators: readonly ErrorTranslator[],
        lifecycle: LifecycleEvents,
      ) => new RequestPipeline(registry, scopeServices(sink, registry), limits, translators, lifecycle),
      inject: [RESOLVED_OPTIONS, HookRegistry, Sinks, TRANSLATORS, LifecycleEvents],
    },
    ...DOORS,
    ...CLUSTER,
  ],
  exports: [
    JiraServer,
    LifecycleEvents,
    Connections,
    Authorization,
    PubSub,
    Broadcast,
    ClusterConnections,
    Messages,
    Presence,
  ],
})
export class JiraModule extends ConfigurableModuleClass {}
