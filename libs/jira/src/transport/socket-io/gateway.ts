// The gateway class of one `forRoot`: Nest makes the Socket.IO server from its options, on the app's HTTP server.

import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { type ApplicationConfig, ExternalContextCreator, ModulesContainer } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WebSocketGateway, type GatewayMetadata, type OnGatewayInit } from '@nestjs/websockets';
import type { Namespace, Server } from 'socket.io';
import { gatewayBefore } from './other-gateways.js';
import { claimOptions, type WantedServerOptions } from './server-options.js';
import { SocketIoDoor } from './socket-io-door.js';

/** Token of the resolved Socket.IO options, `maxHttpBufferSize` included. */
export const SOCKET_IO_OPTIONS = Symbol('jira socket.io options');

/**
 * Called by Nest right before it listens for connections on behalf of this gateway. Nest would give each one four
 * observables to hear messages by, for handlers that this gateway does not have. Other gateways listen for themselves.
 */
function takeNoClients(server: Server | Namespace): void {
  const listening = server as { on(event: string, listener: unknown): unknown };
  const restore = (): void => void Reflect.deleteProperty(listening, 'on');
  listening.on = (event, listener) => {
    restore();
    return event === 'connection' ? server : listening.on(event, listener);
  };
  queueMicrotask(restore);
}

const LISTENS = ['bindClientConnect', 'bindClientDisconnect', 'bindMessageHandlers'] as const;

/** Whether the application listens to clients as Nest does: an adapter of its own may do more with each of them. */
function listensAsNest(creator: ExternalContextCreator): boolean {
  // Not public; without it nothing is known of the adapter.
  const { container } = creator as unknown as { container?: { applicationConfig?: ApplicationConfig } };
  const adapter = container?.applicationConfig?.getIoAdapter() as Partial<IoAdapter> | undefined;
  return LISTENS.every((name) => adapter?.[name] === IoAdapter.prototype[name]);
}

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
      if (listensAsNest(this.creator)) takeNoClients(server);
    }

    /** Not in `afterInit`: what that throws ends the process, past whoever started the application. */
    onModuleInit(): void {
      if (this.namespace) claimOptions(this.namespace, this.options, gatewayBefore(JiraGateway, this.modules));
    }
  }
  WebSocketGateway()(JiraGateway);
  return JiraGateway;
}
