// The two transports, on the application's HTTP server.

import type { Server } from 'node:http';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { LifecycleEvents } from '../../core/lifecycle/lifecycle-events.js';
import { PlainTransport } from '../../transport/plain/plain-transport.js';
import { SocketIoTransport } from '../../transport/socket-io/socket-io-transport.js';

@Injectable()
export class Transports {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly socketIo: SocketIoTransport,
    private readonly plain: PlainTransport,
    private readonly lifecycle: LifecycleEvents,
  ) {}

  /** Called once all routes are known. A process without an HTTP server (a job, a command) has no transports. */
  async open(): Promise<void> {
    const server = (this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined)?.getHttpServer() as Server;
    if (!server) return;
    this.socketIo.openRoutes();
    await this.plain.open(server);
    const start = (): void => this.lifecycle.emit('jira.start_server', { address: server.address() });
    if (server.listening) start();
    else server.once('listening', start);
  }

  /** Ends every connection. */
  async end(): Promise<void> {
    await Promise.all([this.socketIo.end(), this.plain.end()]);
  }
}
