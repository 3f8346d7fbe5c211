// The transport for plain WebSockets, on the application's HTTP server or on separate ports.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { ProblemLog } from '../../core/errors/problem-log.js';
import type { RawData, WebSocket } from 'ws';
import { RefusedHandshake } from '../../hooks/handshake-refusal.js';
import { HookRegistry } from '../../hooks/registry.js';
import { getOrAdd } from '../../core/support/get-or-add.js';
import { isPromise } from '../../core/support/is-promise.js';
import { atMost } from '../../core/support/with-timeout.js';
import { LIMITS, type Limits } from '../../core/limits/limits.js';
import { Inbox } from '../inbox.js';
import { Reception } from '../reception.js';
import { enterRoute, RouteTable, unknownPath, type Route } from '../routes/route-table.js';
import { isForeign } from '../socket-io/origin.js';
import { onOversize, OutspokenServer } from '../socket-io/ws-internals.js';
import { SOCKET_IO_OPTIONS, urlsOf, type SocketIoOptions } from '../socket-io/server-options.js';
import { chooseProtocol, handshakeOf, refusalOf, refuse, urlOf } from './handshake.js';
import { Heartbeat } from './heartbeat.js';
import { jsonFrames } from './json-frames.js';
import type { IsHook, MessageFormat } from './message-format.js';
import { PlainConnection } from './plain-connection.js';
import {
  DEFAULT_WEB_SOCKET,
  PLAIN_WEB_SOCKETS,
  type ResolvedPlainOptions,
  type WebSocketOptions,
} from './plain-options.js';
import { Endpoints, type Endpoint } from './endpoints.js';
import { PlainSink } from './plain-sink.js';
import { receiveFrame } from './receive-frame.js';

/** Close code for an unknown URL. */
const NOT_FOUND_CODE = 4040;
const NOT_FOUND = { status: 404, headers: { 'Content-Type': 'text/plain' }, body: 'not found\n' };
/** Close code "service restart": clients reconnect. */
const RESTART_CODE = 1012;
/** Time for clients to receive what was sent and to complete the closing handshake. */
const GRACE_MS = 1_000;

/** Format of a raw handler's connections, for events that the application sends to them. */
const RAW: MessageFormat = { ...jsonFrames, name: 'raw', speaksProtocol: false };

@Injectable()
export class PlainTransport {
  private readonly problems = new ProblemLog();
  /** WebSocket servers by their `ws` options. */
  private readonly sockets = new Map<WebSocketOptions, OutspokenServer>();
  private readonly heartbeat = new Heartbeat();
  private readonly servers: Server[] = [];

  /** Whether a URL of the application's HTTP server belongs to Socket.IO; `undefined` if Socket.IO is elsewhere. */
  private readonly isSocketIo?: (url: string) => boolean;
  private readonly isHook: IsHook;

  constructor(
    @Inject(PLAIN_WEB_SOCKETS) private readonly endpoints: readonly ResolvedPlainOptions[],
    private readonly routes: RouteTable,
    private readonly reception: Reception,
    private readonly inbox: Inbox,
    private readonly sink: PlainSink,
    hooks: HookRegistry,
    @Inject(LIMITS) private readonly limits: Limits,
    @Inject(SOCKET_IO_OPTIONS) socketIo: SocketIoOptions,
  ) {
    this.isSocketIo = socketIo.port ? undefined : urlsOf(socketIo);
    this.isHook = (namespace) => hooks.has(namespace);
  }

  /** Listens on the application's HTTP server and on separate ports. Called once all routes are known. */
  async open(server: Server): Promise<void> {
    const { endpoints, routes, isSocketIo } = this;
    for (const port of new Set([undefined, ...endpoints.map((one) => one.port)])) {
      const own = endpoints.filter((one) => one.port === port);
      const served = new Endpoints(own, routes, port === undefined);
      // Socket.IO ignores upgrades of other paths, so this transport must end those that nothing accepts.
      if (served.isEmpty && (port !== undefined || !isSocketIo)) continue;
      if (port === undefined) this.listen(server, served, isSocketIo);
      else await this.openPort(port, own[0]?.host, served);
    }
  }

  /** Ends every connection; resolves when all are closed. */
  async end(): Promise<void> {
    const open = [...this.sockets.values()].flatMap(({ clients }) => [...clients]);
    const closed = Promise.all(open.map((socket) => once(socket, 'close')));
    for (const socket of open) socket.close(RESTART_CODE);
    await atMost(GRACE_MS, closed);
    for (const socket of open) socket.terminate();
    for (const server of this.servers) server.close();
  }

  private async openPort(port: number, host: string | undefined, served: Endpoints): Promise<void> {
    const server = createServer((_request, response) => response.writeHead(426).end());
    this.servers.push(server);
    this.listen(server, served);
    server.listen(port, host);
    await once(server, 'listening');
  }

  private listen(server: Server, served: Endpoints, isSocketIo?: (url: string) => boolean): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (isSocketIo?.(request.url ?? '')) return;
      socket.on('error', () => socket.destroy());
      const url = urlOf(request);
      const endpoint = url && served.find(url.pathname);
      if (endpoint) return void this.enter(endpoint, url, request, socket, head);
      const known = 1 + (isSocketIo ? 1 : 0);
      if (server.listenerCount('upgrade') > known) leaveToOthers(socket);
      else if (served.isEmpty) refuse(socket, NOT_FOUND);
      else this.refuseUnknown(served, request, socket, head);
    });
  }

  private refuseUnknown(served: Endpoints, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (served.rejectAtHandshake) return refuse(socket, NOT_FOUND);
    const close = (client: WebSocket): void => client.close(NOT_FOUND_CODE, 'not found');
    this.socketsOf(DEFAULT_WEB_SOCKET).handleUpgrade(request, socket, head, close);
  }

  private socketsOf(options: WebSocketOptions): OutspokenServer {
    return getOrAdd(this.sockets, options, () => {
      const { frameBytes: maxPayload } = this.limits;
      return new OutspokenServer({ ...options, noServer: true, maxPayload, handleProtocols: chooseProtocol });
    });
  }

  private async enter(
    { options, route, params, served }: Endpoint,
    url: URL,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void> {
    const { reception, sink } = this;
    if (isForeign(request, options.origins))
      return refuse(socket, { status: 403, body: 'This origin is not allowed.\n' });
    const format = route?.raw ? RAW : options.format;
    const { bufferedBytes } = this.limits;
    const handshake = handshakeOf(request, url);
    const connection = new PlainConnection({ handshake, request, format, rooms: sink, bufferedBytes });
    connection.params = params;
    try {
      await reception.admit(connection);
      if (route) await enterRoute(connection, { route, params }, request);
    } catch (error) {
      const answer = reception.refusal(error, connection.id);
      if (answer.data.code === unknownPath().code) return this.refuseUnknown(served, request, socket, head);
      const own = error instanceof RefusedHandshake && error.refusal.body !== undefined ? error.refusal : undefined;
      return refuse(socket, own ?? refusalOf(answer));
    }
    if (reception.isClosing) return refuse(socket, { status: 503 });
    const connect = (client: WebSocket): void => this.connect(client, connection, options, route);
    this.socketsOf(options.webSocket).handleUpgrade(request, socket, head, connect);
  }

  private connect(client: WebSocket, connection: PlainConnection, options: ResolvedPlainOptions, route?: Route): void {
    const { reception, sink } = this;
    connection.attach(client);
    if (!route?.raw) sink.connections.set(connection.id, connection);
    const stop = this.heartbeat.watch(client, options.pingIntervalMs);
    client.on('close', (code, reason) => {
      stop();
      reception.closed(connection, reason.length > 0 ? `${code} ${reason.toString()}` : String(code));
      for (const room of connection.rooms) connection.leave(room);
      sink.connections.delete(connection.id);
    });
    onOversize(client, () => reception.tooLarge(connection));
    // `ws` closes the connection by itself, with the code that fits: 1009 for a frame that is too large.
    client.on('error', (error) => reception.dropped(connection, error.message, undefined));
    if (!route?.raw) client.on('message', (data, isBinary) => this.receive(connection, data, isBinary));
    reception.opened(connection);
    if (route?.raw) this.giveAway(client, connection, route);
  }

  private receive(connection: PlainConnection, data: RawData, isBinary: boolean): void {
    const { inbox, reception, isHook } = this;
    const fault = receiveFrame(connection, data, isBinary, isHook, inbox);
    if (fault !== undefined) reception.dropped(connection, fault, data);
  }

  private giveAway(client: WebSocket, connection: PlainConnection, { raw, pattern }: Route): void {
    const fail = (error: unknown): void => {
      this.problems.error(`The handler of ${pattern} failed`, `The handler of ${pattern} failed`, error);
      client.close(1011);
    };
    try {
      const { path, params } = connection;
      const result = raw?.(client, { path, params, connection });
      if (isPromise(result)) result.then(undefined, fail);
    } catch (error) {
      fail(error);
    }
  }
}

/** Another listener of the same server may accept the socket. If none does, it is ended, as Socket.IO would do. */
function leaveToOthers(socket: Duplex & { bytesWritten?: number }): void {
  setTimeout(() => {
    if (socket.writable && !socket.bytesWritten) refuse(socket, NOT_FOUND);
  }, GRACE_MS).unref();
}
