// The gateway class of one `forRoot`: Nest makes the Socket.IO server from its options, on the app's HTTP server.

import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { ExternalContextCreator, ModulesContainer } from '@nestjs/core';
import { WebSocketGateway, type GatewayMetadata, type OnGatewayInit } from '@nestjs/websockets';
import type { Namespace, Server } from 'socket.io';
import { applicationConfigOf } from '../../core/nest-internals.js';
import { assertWebSockets, listensAsNest, takeNoClients } from './nest-websockets-internals.js';
import { assertSocketStack } from './probe.js';
import { gatewayBefore } from './other-gateways.js';
import { claimOptions, SOCKET_IO_OPTIONS, type WantedServerOptions } from './server-options.js';
import { SocketIoDoor } from './socket-io-door.js';

/** One class per module, as Nest keeps gateway options on the class. */
export function createGateway(): Type<OnGatewayInit> {
  @Injectable()
  class JiraGateway implements OnGatewayInit, OnModuleInit {
    private namespace?: Namespace;

    constructor(
      @Inject(SOCKET_IO_OPTIONS) private readonly options: WantedServerOptions,
      private readonly door: SocketIoDoor,
      private readonly modules: ModulesContainer,
      private readonly creator: ExternalContextCreator,
    ) {
      const { port = 0, ...rest } = options;
      // Options may come from an async factory; Nest reads them only after all providers exist.
      WebSocketGateway(port, rest as GatewayMetadata)(JiraGateway);
    }

    afterInit(server: Server | Namespace): void {
      this.namespace = 'sockets' in server && 'server' in server ? server : server.of('/');
      this.door.open(this.namespace);
      if (listensAsNest(applicationConfigOf(this.creator)?.getIoAdapter())) takeNoClients(server);
    }

    /** Not in `afterInit`: what that throws ends the process, past whoever started the application. */
    async onModuleInit(): Promise<void> {
      assertWebSockets();
      await assertSocketStack();
      if (this.namespace) claimOptions(this.namespace, this.options, gatewayBefore(JiraGateway, this.modules));
    }
  }
  WebSocketGateway()(JiraGateway);
  return JiraGateway;
}
