// The module, which wires everything together.

import { ConfigurableModuleBuilder, Module, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Broadcast } from '../../cluster/messaging/broadcast.js';
import { ClusterConnections } from '../../cluster/messaging/cluster-connections.js';
import { Messages } from '../../cluster/messaging/messages.js';
import { PubSub } from '../../cluster/messaging/pub-sub.js';
import { Connections } from '../../core/connections/connections.js';
import { TRANSLATORS, type ErrorTranslator } from '../../core/errors/error-answer.js';
import { ErrorDescriber } from '../../core/errors/error-describer.js';
import { RequestTurns } from '../../core/limits/request-turns.js';
import { LifecycleEvents } from '../../core/lifecycle/lifecycle-events.js';
import { SCOPE_SERVICES } from '../../core/scope/scope.js';
import { ApiDocument, type AsyncApiDocument, type DocumentOptions } from '../../document/api-document.js';
import { EventRegistry } from '../../events/event-registry.js';
import { HookRegistry } from '../../hooks/registry.js';
import { RequestPipeline } from '../../hooks/request-pipeline.js';
import { ReservedRequests } from '../../hooks/reserved-requests.js';
import { FEED_REPORT } from '../../live/delivery/feed.js';
import { FRAME_SINK } from '../../live/delivery/frame-sink.js';
import { Hub } from '../../live/delivery/hub.js';
import { Observables } from '../../live/observers/observed-rows.js';
import { Authorization } from '../../live/sessions/authorization.js';
import { Sessions } from '../../live/sessions/sessions.js';
import { Presence } from '../../presence/presence.js';
import { ClusterEmits } from '../../transport/cluster-emits.js';
import { Inbox } from '../../transport/inbox.js';
import { JiraServer } from '../../transport/jira-server.js';
import { Traffic } from '../../transport/limits/traffic.js';
import { PlainTransport } from '../../transport/plain/plain-transport.js';
import { PlainSink } from '../../transport/plain/plain-sink.js';
import { ProtocolRequests } from '../../transport/protocol-requests.js';
import { Reception } from '../../transport/reception.js';
import { RouteTable } from '../../transport/routes/route-table.js';
import { Sinks } from '../../transport/sinks.js';
import { createGateway } from '../../transport/socket-io/gateway.js';
import { SocketIoTransport } from '../../transport/socket-io/socket-io-transport.js';
import { SocketIoSink } from '../../transport/socket-io/socket-io-sink.js';
import { DataSources } from '../../typeorm/data-sources.js';
import { typeOrmErrorTranslator } from '../../typeorm/errors/typeorm-errors.js';
import { TypeOrmEdge } from '../../typeorm/typeorm-edge.js';
import { ChangeListenerExplorer } from '../explorer/change-listener-explorer.js';
import { EventExplorer } from '../explorer/event-explorer.js';
import { HookExplorer } from '../explorer/hook-explorer.js';
import { ExplorerPage } from '../page/explorer-page.js';
import { AnnouncementReport } from './announcement-report.js';
import { JiraBoot } from './boot.js';
import { BootReport } from './boot-report.js';
import { JiraHealth } from './health.js';
import { Cluster } from './cluster.js';
import { Transports } from './transports.js';
import { GlobalParts } from './global-parts.js';
import { resolveOptions, RESOLVED_OPTIONS, type JiraExtras, type JiraOptions } from './jira-options.js';
import { LifecycleBridge } from './lifecycle-bridge.js';
import { OPTION_PROVIDERS } from './option-providers.js';
import { RouteCollector } from './route-collector.js';
import { NestScopeServices } from './scope-services.js';
import { JiraShutdown } from './shutdown.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<JiraOptions>()
  .setClassMethodName('forRoot')
  .setExtras<JiraExtras>({ imports: [] }, (definition, { imports = [] }) => ({
    ...definition,
    global: true, // hooks of feature modules inject JiraServer, Authorization and the rest without an import
    imports: [...(definition.imports ?? []), ...imports],
    providers: [...(definition.providers ?? []), createGateway()],
  }))
  .build();

function translators(dataSources: DataSources): readonly ErrorTranslator[] {
  return [typeOrmErrorTranslator(dataSources)];
}

/**
 * The module of nestjs-jira. Import it once, in the root module: it is global. `forRootAsync()` takes the options from a factory.
 *
 * @example
 * JiraModule.forRoot({ authentication: [BearerTokenAuthentication], imports: [AuthModule] })
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: RESOLVED_OPTIONS, useFactory: resolveOptions, inject: [MODULE_OPTIONS_TOKEN] },
    ...OPTION_PROVIDERS,
    // core
    Connections,
    ErrorDescriber,
    LifecycleEvents,
    RequestTurns,
    { provide: SCOPE_SERVICES, useClass: NestScopeServices },
    // cluster
    Broadcast,
    ClusterConnections,
    Messages,
    Presence,
    // live
    Hub,
    Sessions,
    Authorization,
    { provide: FRAME_SINK, useExisting: Sinks },
    { provide: FEED_REPORT, useClass: AnnouncementReport },
    // hooks and events
    HookRegistry,
    EventRegistry,
    RequestPipeline,
    { provide: ReservedRequests, useClass: ProtocolRequests },
    // typeorm
    DataSources,
    TypeOrmEdge,
    { provide: Observables, useExisting: TypeOrmEdge },
    { provide: TRANSLATORS, useFactory: translators, inject: [DataSources] },
    // document
    ApiDocument,
    // transport
    Traffic,
    Reception,
    Inbox,
    RouteTable,
    SocketIoSink,
    SocketIoTransport,
    PlainSink,
    PlainTransport,
    Sinks,
    ClusterEmits,
    JiraServer,
    // nest
    HookExplorer,
    EventExplorer,
    ChangeListenerExplorer,
    RouteCollector,
    GlobalParts,
    Cluster,
    ExplorerPage,
    Transports,
    LifecycleBridge,
    BootReport,
    JiraBoot,
    JiraHealth,
    JiraShutdown,
  ],
  exports: [
    JiraServer,
    JiraHealth,
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
export class JiraModule extends ConfigurableModuleClass {
  /**
   * Returns the application's API as an AsyncAPI 3.1 document, as plain JSON. The same API gives the same document. See
   * docs/asyncapi.md.
   *
   * @param app an initialized application: after `app.init()` or `app.listen()`
   * @throws ConfigurationError if no hook or handler is registered yet
   */
  static document(app: { get<T>(token: Type<T>): T }, options: DocumentOptions = {}): AsyncApiDocument {
    return app.get(ApiDocument).build(options);
  }
}
