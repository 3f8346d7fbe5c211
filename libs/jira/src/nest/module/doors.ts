// Everything a message passes on its way in, and frames on their way out.

import type { Provider } from '@nestjs/common';
import type { ErrorTranslator } from '../../core/errors/error-answer.js';
import { EventRegistry } from '../../events/event-registry.js';
import { EventExplorer } from '../explorer/event-explorer.js';
import { HookRegistry } from '../../hooks/registry.js';
import { RequestPipeline } from '../../hooks/request-pipeline.js';
import { LifecycleEvents } from '../../core/lifecycle/lifecycle-events.js';
import { Authorization } from '../../live/sessions/authorization.js';
import { Hub } from '../../live/delivery/hub.js';
import { MemoryPubSub } from '../../cluster/messaging/memory-pub-sub.js';
import { Messages } from '../../cluster/messaging/messages.js';
import { Connections } from '../../core/connections/connections.js';
import { Inbox } from '../../transport/inbox.js';
import { PlainDoor } from '../../transport/plain/plain-door.js';
import { PlainSink } from '../../transport/plain/plain-sink.js';
import { Reception } from '../../transport/reception.js';
import { RouteTable } from '../../transport/routes/route-table.js';
import { Sinks } from '../../transport/sinks.js';
import { SocketIoDoor } from '../../transport/socket-io/socket-io-door.js';
import { SocketIoSink } from '../../transport/socket-io/socket-io-sink.js';
import { RESOLVED_OPTIONS, type ResolvedJiraOptions } from './jira-options.js';
import { LifecycleBridge } from './lifecycle-bridge.js';
import { RouteCollector } from './route-collector.js';
import { TRANSLATORS } from './tokens.js';

export const DOORS: readonly Provider[] = [
  LifecycleEvents,
  EventRegistry,
  EventExplorer,
  RouteTable,
  RouteCollector,
  LifecycleBridge,
  SocketIoSink,
  PlainSink,
  Sinks,
  {
    provide: Reception,
    useFactory: (
      { limits, clientAddress, pubSub }: ResolvedJiraOptions,
      connections: Connections,
      hub: Hub,
      authorization: Authorization,
      pipeline: RequestPipeline,
      events: EventRegistry,
      lifecycle: LifecycleEvents,
      translators: readonly ErrorTranslator[],
    ) =>
      new Reception({
        limits,
        clientAddress,
        pubSub: pubSub instanceof MemoryPubSub ? undefined : pubSub,
        connections,
        hub,
        authorization,
        pipeline,
        events,
        lifecycle,
        translators,
      }),
    inject: [
      RESOLVED_OPTIONS,
      Connections,
      Hub,
      Authorization,
      RequestPipeline,
      EventRegistry,
      LifecycleEvents,
      TRANSLATORS,
    ],
  },
  {
    provide: Inbox,
    useFactory: (
      { limits }: ResolvedJiraOptions,
      registry: HookRegistry,
      events: EventRegistry,
      pipeline: RequestPipeline,
      reception: Reception,
      authorization: Authorization,
      messages: Messages,
    ) => new Inbox({ limits, registry, events, pipeline, reception, authorization, messages }),
    inject: [RESOLVED_OPTIONS, HookRegistry, EventRegistry, RequestPipeline, Reception, Authorization, Messages],
  },
  {
    provide: SocketIoDoor,
    useFactory: (
      { limits }: ResolvedJiraOptions,
      reception: Reception,
      inbox: Inbox,
      sink: SocketIoSink,
      routes: RouteTable,
    ) => new SocketIoDoor({ reception, inbox, sink, routes, limits }),
    inject: [RESOLVED_OPTIONS, Reception, Inbox, SocketIoSink, RouteTable],
  },
  {
    provide: PlainDoor,
    useFactory: (
      { limits, plainWebSockets, socketIo }: ResolvedJiraOptions,
      registry: HookRegistry,
      reception: Reception,
      inbox: Inbox,
      sink: PlainSink,
      routes: RouteTable,
    ) =>
      new PlainDoor({
        endpoints: plainWebSockets,
        routes,
        reception,
        inbox,
        sink,
        limits,
        isHook: (namespace) => registry.has(namespace),
        socketIoPath: socketIo.port === undefined ? (socketIo.path ?? '/socket.io') : undefined,
      }),
    inject: [RESOLVED_OPTIONS, HookRegistry, Reception, Inbox, PlainSink, RouteTable],
  },
];
