// The gateway class of one `forRoot()`. Nest creates the Socket.IO server from its options, by default on the
// application's HTTP server.

import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { ExternalContextCreator, ModulesContainer } from '@nestjs/core';
import { WebSocketGateway, type GatewayMetadata, type OnGatewayInit } from '@nestjs/websockets';
import type { Namespace, Server } from 'socket.io';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { applicationConfigOf } from '../../core/nest-internals.js';
import { assertWebSockets, listensAsNest, takeNoClients } from './nest-websockets-internals.js';
import { assertSocketStack } from './probe.js';
import { gatewayBefore } from './other-gateways.js';
import { claimOptions, SOCKET_IO_CHOSEN, SOCKET_IO_OPTIONS, type WantedServerOptions } from './server-options.js';
import { SocketIoTransport } from './socket-io-transport.js';

/** Creates one class per module, because Nest keeps gateway options on the class. */
export function createGateway(): Type<OnGatewayInit> {
  @Injectable()
  class JiraGateway implements OnGatewayInit, OnModuleInit {
    private namespace?: Namespace;
    private wrongServer?: object;

    constructor(
      @Inject(SOCKET_IO_OPTIONS) private readonly options: WantedServerOptions,
      @Inject(SOCKET_IO_CHOSEN) private readonly chosen: readonly string[],
      private readonly transport: SocketIoTransport,
      private readonly modules: ModulesContainer,
      private readonly creator: ExternalContextCreator,
    ) {
      const { port = 0, ...rest } = options;
      // Options may come from an async factory; Nest reads them only after all providers exist.
      WebSocketGateway(port, rest as GatewayMetadata)(JiraGateway);
    }

    afterInit(server: Server | Namespace): void {
      if (!isSocketIo(server)) return void (this.wrongServer = server);
      this.namespace = 'sockets' in server && 'server' in server ? server : server.of('/');
      this.transport.open(this.namespace);
      if (listensAsNest(applicationConfigOf(this.creator)?.getIoAdapter())) takeNoClients(server);
    }

    /** Not in `afterInit`: an error there ends the process, and the code that starts the application cannot catch it. */
    async onModuleInit(): Promise<void> {
      assertWebSockets();
      if (this.wrongServer) throw wrongAdapter(applicationConfigOf(this.creator)?.getIoAdapter());
      await assertSocketStack();
      const { namespace, options, chosen } = this;
      if (namespace) claimOptions(namespace, options, chosen, gatewayBefore(JiraGateway, this.modules));
    }
  }
  WebSocketGateway()(JiraGateway);
  return JiraGateway;
}

function isSocketIo(server: Server | Namespace): boolean {
  return typeof (server as Partial<Namespace> | undefined)?.emit === 'function' && typeof server.use === 'function';
}

function wrongAdapter(adapter: object | undefined): ConfigurationError {
  const name = adapter?.constructor.name ?? 'another adapter';
  return new ConfigurationError(
    'JiraModule',
    `needs Socket.IO, but the application uses ${name}.`,
    `Remove app.useWebSocketAdapter(new ${name}(…)); plain WebSockets are served by forRoot({ plainWebSockets: [{ path: "/ws" }] }).`,
  );
}
