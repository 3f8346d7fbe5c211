// Boots the server from the options and the application's providers, in order, until it lets clients in.

import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { RequestTurns } from '../../core/limits/request-turns.js';
import { MemoryChangeLog } from '../../core/changes/memory-change-log.js';
import { Reception } from '../../transport/reception.js';
import { SocketIoSink } from '../../transport/socket-io/socket-io-sink.js';
import { TypeOrmEdge } from '../../typeorm/typeorm-edge.js';
import { ChangeListenerExplorer } from '../explorer/change-listener-explorer.js';
import { EventExplorer } from '../explorer/event-explorer.js';
import { HookExplorer } from '../explorer/hook-explorer.js';
import { Transports } from './transports.js';
import { GlobalParts } from './global-parts.js';
import { RESOLVED_OPTIONS, type ResolvedJiraOptions } from './jira-options.js';
import { LifecycleBridge } from './lifecycle-bridge.js';
import { RouteCollector } from './route-collector.js';

@Injectable()
export class JiraBoot implements OnApplicationBootstrap {
  private readonly logger = new Logger('Jira');

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedJiraOptions,
    private readonly parts: GlobalParts,
    private readonly edge: TypeOrmEdge,
    private readonly turns: RequestTurns,
    private readonly hooks: HookExplorer,
    private readonly events: EventExplorer,
    private readonly listeners: ChangeListenerExplorer,
    private readonly routes: RouteCollector,
    private readonly sink: SocketIoSink,
    private readonly transports: Transports,
    private readonly reception: Reception,
    private readonly bridge: LifecycleBridge,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { hooks, eventListeners, fastPaths, changeLog, otherProcessesMs } = this.options;
    this.sink.sharesFrames = fastPaths.frames;
    await this.edge.open({ ...this.options, turns: this.turns });
    const defaults = await this.parts.create();
    await this.hooks.register(hooks, defaults);
    await this.events.register(eventListeners, defaults);
    this.listeners.connect();
    this.edge.assertReady();
    for (const warning of this.edge.warnings()) this.logger.warn(warning);
    if (changeLog instanceof MemoryChangeLog && otherProcessesMs) this.edge.lookForNeighbours(otherProcessesMs);
    const entry = await this.parts.createEntry(defaults);
    this.routes.collect();
    await this.transports.open();
    this.reception.start(entry);
    this.bridge.connect();
  }
}
