// The Socket.IO transport: takes handshakes, passes messages to the inbox, and sends answers.

import { Inject, Injectable } from '@nestjs/common';
import type { Namespace, Socket } from 'socket.io';
import type { AnswerFrame, Code, RefusalData } from 'nestjs-jira-protocol';
import { JiraException } from '../../core/errors/jira.exception.js';
import { disconnectAll } from './farewell.js';
import { LIMITS, type Limits } from '../../core/limits/limits.js';
import { Backlog } from './backlog.js';
import { Inbox } from '../inbox.js';
import { isForeign, type AllowedOrigins } from './origin.js';
import { engineOf, webSocketOf } from './engine-io-internals.js';
import { noteAcknowledged, removeIfEmpty, socketsBeside, type Acknowledge } from './socket-io-internals.js';
import { isTooLarge, onOversize } from './ws-internals.js';
import { isRecord } from '../../core/support/is-record.js';
import { Reception } from '../reception.js';
import { enterRoute, RouteTable, unknownPath } from '../routes/route-table.js';
import { openRouted } from './routed-namespaces.js';
import { endSilent } from './silence.js';
import { SocketIoConnection } from './socket-io-connection.js';
import { SocketIoSink } from './socket-io-sink.js';
import { acknowledge as answerPacket } from './text-acknowledgement.js';

@Injectable()
export class SocketIoTransport {
  private readonly connections = new WeakMap<Socket, SocketIoConnection>();
  private server?: Namespace;
  private routed?: Namespace;

  private readonly backlog: Backlog;
  private origins: AllowedOrigins = [];
  // One listener for all sockets, called with the socket as `this`: a listener per socket would cost a closure each.
  private readonly disconnected: (this: Socket, reason: string, description?: unknown) => void;
  private readonly received: (this: Socket, event: unknown, ...args: unknown[]) => void;

  constructor(
    private readonly reception: Reception,
    private readonly inbox: Inbox,
    private readonly sink: SocketIoSink,
    private readonly routes: RouteTable,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {
    this.backlog = new Backlog(limits.bufferedBytes);
    const close = this.close.bind(this);
    const receive = this.receive.bind(this);
    this.disconnected = function (reason, description) {
      close(this, reason, description);
    };
    this.received = function (event, ...args) {
      receive(this, String(event), args);
    };
  }

  open(server: Namespace): void {
    this.server = server;
    this.origins = originsOf(server);
    this.sink.open(server);
    endSilent(server.server, this.limits.silenceTimeoutMs);
    this.receiveAt(server);
  }

  /** Opens the namespaces of the routes. Called last, so that namespaces of other gateways take precedence. */
  openRoutes(): void {
    if (!this.server || this.routes.size === 0) return;
    const routed = openRouted(this.server.server, (path) => this.routes.find(path) !== undefined);
    this.routed = routed;
    this.sink.openRouted(routed);
    this.receiveAt(routed);
  }

  /** Ends every connection. */
  async end(): Promise<void> {
    if (this.server) await disconnectAll(this.server);
  }

  private receiveAt(server: Namespace): void {
    server.use((socket, next) => {
      this.greet(socket).then(() => next(), next); // oxlint-disable-line promise/no-callback-in-promise -- Socket.IO's own form
    });
    server.on('connection', (socket) => this.connect(socket));
  }

  /** Rejects with an error whose `data` tells the client why; Socket.IO sends it as `connect_error`. */
  private async greet(socket: Socket): Promise<void> {
    const connection = new SocketIoConnection(socket, this.sink);
    try {
      if (isForeign(socket.request, this.origins))
        throw new JiraException('PERMISSION_DENIED', 'This origin is not allowed. Add it to the cors option.');
      const found = socket.nsp === this.server ? undefined : this.routes.find(socket.nsp.name);
      if (socket.nsp !== this.server && (!found || found.route.raw)) throw unknownPath();
      await this.reception.admit(connection);
      if (found) await enterRoute(connection, found, socket.request);
      this.connections.set(socket, connection);
    } catch (error) {
      const { status, data } = this.reception.refusal(error, socket.id);
      // After Socket.IO has told the client.
      setImmediate(() => this.left(socket.nsp));
      const refusal: RefusalData = { code: data.code, status };
      throw Object.assign(new Error(data.message), { data: refusal });
    }
  }

  private connect(socket: Socket): void {
    const connection = this.connections.get(socket);
    if (!connection || this.reception.isClosing) return void socket.disconnect(true);
    this.backlog.watch(socket);
    this.watchFrames(socket);
    if (this.sink.encodesItself) noteAcknowledged(socket);
    socket.on('disconnect', this.disconnected);
    this.reception.opened(connection);
    socket.onAny(this.received);
  }

  /** Watches the WebSocket that the connection has, or is upgraded to. The sockets of several namespaces share it. */
  private watchFrames(socket: Socket): void {
    const tell = (): void => {
      for (const one of socketsBeside(socket)) {
        const connection = this.connections.get(one);
        if (connection) this.reception.tooLarge(connection);
      }
    };
    const { conn } = socket;
    const watch = (): void => onOversize(webSocketOf(engineOf(socket).transport), tell);
    if (conn.transport.name === 'websocket') watch();
    else conn.once('upgrade', watch);
  }

  /** Why the server cut this connection off: a long backlog, or a frame that is too large. `undefined` if it did not. */
  private codeOf(socket: Socket, description: unknown): Code | undefined {
    return this.backlog.isTooLong(socket) ? 'SLOW_CLIENT' : isTooLarge(description) ? 'FRAME_TOO_LARGE' : undefined;
  }

  private close(socket: Socket, reason: string, description: unknown): void {
    const connection = this.connections.get(socket);
    if (connection) this.reception.closed(connection, this.codeOf(socket, description) ?? reason);
    this.left(socket.nsp);
  }

  /** Removes the namespace if it is empty: clients may ask for any path, and each opens a namespace. */
  private left(namespace: Namespace): void {
    if (this.routed && namespace !== this.server) removeIfEmpty(this.routed, namespace);
  }

  private receive(socket: Socket, event: string, args: unknown[]): void {
    const { inbox } = this;
    const connection = this.connections.get(socket);
    if (!connection) return;
    const ownListeners = event === 'error' ? 1 : 0; // Socket.IO's, so that the name of an event ends no process
    if (socket.listenerCount(event) > ownListeners && !inbox.knows(connection, event)) return; // another gateway's event
    const last = args.at(-1);
    const acknowledge = typeof last === 'function' ? (last as Acknowledge) : undefined;
    const count = acknowledge ? args.length - 1 : args.length;
    const reply = (answer: AnswerFrame): void => {
      if (!acknowledge) return connection.send(event, answer);
      answerPacket(connection.target, answer, acknowledge);
      connection.onSent?.(connection, event, answer);
    };
    const payload = count > 0 ? args[0] : undefined;
    const headers = count > 1 && isRecord(args[1]) ? args[1] : undefined;
    inbox.receive(connection, { event, payload, headers, requestId: acknowledge && '' }, reply);
  }
}

/**
 * The origins that the `cors` option allows, for WebSockets as well: Socket.IO applies it to polling only. A function may
 * answer late, so it decides about polling only, and all origins may open WebSockets.
 */
function originsOf({ server }: Namespace): AllowedOrigins {
  const { cors } = server.engine.opts as { cors?: unknown };
  if (cors === undefined || cors === false) return [];
  const origin = typeof cors === 'object' && cors !== null ? (cors as { origin?: unknown }).origin : true;
  return origin === undefined || typeof origin === 'function' ? true : (origin as AllowedOrigins);
}
