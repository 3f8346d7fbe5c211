// Boot and shutdown, in order.

import { setTimeout as delay } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Server } from 'node:http';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import type { Authentication } from '../../policy/authentication/authentication.js';
import { HookExplorer } from '../explorer/hook-explorer.js';
import { created, createMiddleware, createPagination, createPermissions } from '../explorer/hook-parts.js';
import { ChangeListenerExplorer } from '../explorer/change-listener-explorer.js';
import { EventExplorer } from '../explorer/event-explorer.js';
import { EventRegistry } from '../../events/event-registry.js';
import { HookRegistry } from '../../hooks/registry.js';
import { RequestPipeline } from '../../hooks/request-pipeline.js';
import { Authorization } from '../../live/sessions/authorization.js';
import { Hub } from '../../live/delivery/hub.js';
import { LifecycleEvents } from '../../core/lifecycle/lifecycle-events.js';
import { PlainDoor } from '../../transport/plain/plain-door.js';
import { Reception } from '../../transport/reception.js';
import { SocketIoDoor } from '../../transport/socket-io/socket-io-door.js';
import { SocketIoSink } from '../../transport/socket-io/socket-io-sink.js';
import { TypeOrmEdge } from '../../typeorm/typeorm-edge.js';
import { Cluster } from './cluster.js';
import { LifecycleBridge } from './lifecycle-bridge.js';
import { RouteCollector } from './route-collector.js';
import { TRANSLATORS } from './tokens.js';
import type { ErrorTranslator } from '../../core/errors/error-answer.js';
import { RESOLVED_OPTIONS, type ResolvedJiraOptions } from './jira-options.js';

@Injectable()
export class JiraBoot implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Jira');

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedJiraOptions,
    private readonly moduleRef: ModuleRef,
    private readonly edge: TypeOrmEdge,
    private readonly hub: Hub,
    private readonly explorer: HookExplorer,
    private readonly listeners: ChangeListenerExplorer,
    private readonly authorization: Authorization,
    private readonly registry: HookRegistry,
    private readonly pipeline: RequestPipeline,
    private readonly door: SocketIoDoor,
    private readonly sink: SocketIoSink,
    private readonly reception: Reception,
    private readonly events: EventRegistry,
    private readonly eventExplorer: EventExplorer,
    private readonly routes: RouteCollector,
    private readonly plainDoor: PlainDoor,
    private readonly bridge: LifecycleBridge,
    private readonly lifecycle: LifecycleEvents,
    private readonly host: HttpAdapterHost,
    @Inject(TRANSLATORS) private readonly translators: readonly ErrorTranslator[],
    private readonly cluster: Cluster,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { limits, pageSize, lockTimeoutMs, fastPaths } = this.options;
    this.sink.sharesFrames = fastPaths.frames;
    await this.edge.open(this.hub, lockTimeoutMs);
    const permissions = await createPermissions(this.options.permissions, this.moduleRef);
    const middleware = await createMiddleware(this.options.middleware, this.moduleRef);
    const pagination = await createPagination(this.options.pagination, null, this.moduleRef);
    const { translators } = this;
    const defaults = { permissions, middleware, pagination, pageSize, limits, fastPaths, translators };
    for (const found of await this.explorer.find(this.options.hooks, this.moduleRef))
      await this.explorer.register(found, defaults, this.registry, this.hub);
    await this.eventExplorer.register(this.options.eventListeners, this.moduleRef, defaults, this.events, this.hub);
    this.listeners.connect(this.hub, this.edge);
    this.edge.assertReady();
    for (const warning of this.edge.warnings()) this.logger.warn(warning);
    const authentication = await Promise.all(
      this.options.authentication.map((one) =>
        created<Authentication>(one, 'authentication', ['authenticate'], this.moduleRef),
      ),
    );
    this.routes.collect();
    await this.openDoors();
    this.reception.start({ authentication, permissions });
    this.bridge.connect();
  }

  /** A process without an HTTP server (a job, a command) has no doors. */
  private async openDoors(): Promise<void> {
    const server = (this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined)?.getHttpServer() as Server;
    if (!server) return;
    this.door.openRoutes();
    await this.plainDoor.open(server);
    const start = (): void => this.lifecycle.emit('jira.start_server', { address: server.address() });
    if (server.listening) start();
    else server.once('listening', start);
  }

  /** No new requests; those in flight are answered, and what they changed is announced; then clients are told to come back later, spread in time. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.reception.close(
      () => this.drain(),
      () => Promise.all([this.door.end(), this.plainDoor.end()]),
    );
    this.authorization.stop();
    await this.cluster.leave();
  }

  private async drain(): Promise<void> {
    await this.pipeline.close();
    // A database that does not answer any more must not hold the process: clients fetch again when they come back.
    const patience = delay(this.options.limits.drainMs, undefined, { ref: false });
    await Promise.race([this.hub.idle(), patience]);
  }
}
