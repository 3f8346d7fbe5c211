// Connects one client to a separate server within this process, without a network, to check at boot that the installed
// socket.io, engine.io and ws have the private members that the library uses.

import { once } from 'node:events';
import { createServer, IncomingMessage } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import { Duplex } from 'node:stream';
import { Server, type Socket } from 'socket.io';
import type { WebSocket } from 'ws';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { withTimeout } from '../../core/support/with-timeout.js';
import { assertEngineIo } from './engine-io-internals.js';
import type { ProbedConnection } from './probed-connection.js';
import { assertSocketIo } from './socket-io-internals.js';
import { assertWs, onOversize, OutspokenServer } from './ws-internals.js';

const MAX_FRAME_BYTES = 100;
/** Generous, because everything happens within this process. */
const TIMEOUT_MS = 10_000;
/** Engine.IO's message with Socket.IO's CONNECT, as a client's frame with a mask of zero. */
const CONNECT = Buffer.concat([Buffer.from([0x81, 0x82, 0, 0, 0, 0]), Buffer.from('40')]);
/** The head of a client's frame of 127 bytes. */
const OVERSIZE = Buffer.from([0x81, 0xfe, 0, 127, 0, 0, 0, 0]);

/** @throws ConfigurationError that names what the installed packages lack */
export async function assertSocketStack(): Promise<void> {
  const probe = new Probe();
  try {
    const connection = await probe.connect();
    assertSocketIo(connection);
    assertEngineIo(connection);
    assertWs({ ...connection, oversize: await probe.sendOversize() });
  } finally {
    await probe.close();
  }
}

export class Probe {
  private readonly http = createServer();
  private readonly connection = new Duplex({ read() {}, write: (_bytes, _encoding, done) => done() });
  private readonly server: Server;
  private socket!: Socket;
  private webSocket!: WebSocket;

  constructor() {
    const keep = (webSocket: WebSocket): void => void (this.webSocket = webSocket);
    class KeptServer extends OutspokenServer {
      override handleUpgrade(...[request, tcp, head, callback]: Parameters<OutspokenServer['handleUpgrade']>): void {
        super.handleUpgrade(request, tcp, head, (webSocket, upgraded) => {
          keep(webSocket);
          callback(webSocket, upgraded);
        });
      }
    }
    this.server = new Server(this.http, {
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: MAX_FRAME_BYTES,
      wsEngine: KeptServer,
    });
  }

  async connect(): Promise<ProbedConnection> {
    const { http, server, connection } = this;
    const connected = once(server, 'connection');
    server.engine.on('connection', () => connection.push(CONNECT));
    http.emit('upgrade', upgradeRequest(connection), connection, Buffer.alloc(0));
    const [socket] = (await this.within(connected)) as [Socket];
    this.socket = socket;
    return { server, socket, webSocket: this.webSocket, connection };
  }

  /** Sends a frame that is too large, and returns what happened. It closes the connection. */
  async sendOversize(): Promise<ProbedConnection['oversize']> {
    let wasTold = false;
    onOversize(this.webSocket, () => (wasTold = true));
    const disconnected = once(this.socket, 'disconnect');
    this.connection.push(OVERSIZE);
    const [, description] = (await this.within(disconnected)) as [string, unknown];
    return { wasTold, description };
  }

  async close(): Promise<void> {
    await this.server.close();
    this.connection.destroy();
  }

  private within<T>(event: Promise<T>): Promise<T> {
    return withTimeout(event, TIMEOUT_MS, () => {
      throw new ConfigurationError(
        'The installed socket.io',
        'does not serve a connection.',
        'Install the version that nestjs-jira asks for.',
      );
    });
  }
}

function upgradeRequest(connection: Duplex): IncomingMessage {
  const request = new IncomingMessage(connection as unknown as TcpSocket);
  request.method = 'GET';
  request.url = '/socket.io/?EIO=4&transport=websocket';
  request.headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    'sec-websocket-version': '13',
  };
  return request;
}
