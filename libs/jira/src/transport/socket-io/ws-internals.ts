// The members of ws that its documents do not promise, and why each is needed. The WebSockets defined here give a reason
// when they close for a frame that is too large; those of ws do not.

import { Socket as TcpSocket } from 'node:net';
import { WebSocket, WebSocketServer, type ServerOptions } from 'ws';
import type { Code } from 'nestjs-jira-protocol';
import { assertMembers, type PrivateMember } from '../../core/support/private-members.js';
import type { ProbedConnection } from './probed-connection.js';

const VERSIONS = '8.21.3';

/** ws closes with this code for a frame beyond `maxPayload`, through the same `close()` that applications call. */
const TOO_LARGE_CODE = 1009;
/** The end of its error message, the only sign of it that reaches Socket.IO. */
const TOO_LARGE_TEXT = 'Max payload size exceeded';
const REASON: Code = 'FRAME_TOO_LARGE';
/**
 * A client that does not answer the closing handshake within this time is cut off. With the default of ws, a client
 * that is gone would hold its socket for 30 s.
 */
const CLOSE_TIMEOUT_MS = 2_000;

class OutspokenWebSocket extends WebSocket {
  /** Called while the socket can still send. Not an event: a once-listener would cost each socket four objects. */
  oversized?: () => void;

  override close(code?: number, reason?: string | Buffer): void {
    const isOversize = code === TOO_LARGE_CODE && reason === undefined && this.readyState === WebSocket.OPEN;
    if (isOversize) this.oversized?.();
    super.close(code, isOversize ? REASON : reason);
  }
}

/** A server of such WebSockets, for both transports. */
export class OutspokenServer extends WebSocketServer {
  constructor(options: ServerOptions) {
    const quickly: ServerOptions & { readonly closeTimeout: number } = { closeTimeout: CLOSE_TIMEOUT_MS, ...options };
    super({ ...quickly, WebSocket: OutspokenWebSocket });
  }
}

/**
 * Calls the listener right before this socket closes for a frame that is too large. Does nothing for other kinds of
 * sockets.
 */
export function onOversize(socket: unknown, listener: () => void): void {
  if (socket instanceof OutspokenWebSocket) socket.oversized = listener;
}

/** Whether a transport's error means that ws has closed the connection for a frame that is too large. */
export function isTooLarge(description: unknown): boolean {
  return description instanceof Error && description.message.endsWith(TOO_LARGE_TEXT);
}

/**
 * The TCP connection of a WebSocket, if complete frames may be written to it: one without compression or TLS, of
 * Node's own class and with its own `write`, so that nothing counts or delays writes. Otherwise `undefined`.
 */
export function plainTcpOf(webSocket: WebSocket): TcpSocket | undefined {
  if (webSocket.extensions !== '') return undefined;
  const tcp = connectionOf(webSocket);
  return tcp && isStock(tcp) ? (tcp as TcpSocket) : undefined;
}

function connectionOf(webSocket: WebSocket): object | undefined {
  const { _socket: connection } = webSocket as unknown as { readonly _socket?: object | null };
  return connection ?? undefined;
}

function isStock(connection: object): boolean {
  const { prototype } = TcpSocket;
  // oxlint-disable-next-line typescript/unbound-method -- compared, not called
  return Object.getPrototypeOf(connection) === prototype && (connection as TcpSocket).write === prototype.write;
}

const MEMBERS: readonly PrivateMember<ProbedConnection>[] = [
  { name: 'WebSocket._socket', isThere: ({ webSocket, connection }) => connectionOf(webSocket) === connection },
  { name: `WebSocket.close(${TOO_LARGE_CODE})`, isThere: ({ oversize }) => oversize?.wasTold === true },
  { name: `"${TOO_LARGE_TEXT}"`, isThere: ({ oversize }) => isTooLarge(oversize?.description) },
];

/**
 * @param probe one that was sent a frame beyond its limit
 * @throws ConfigurationError that names what the installed ws lacks
 */
export function assertWs(probe: ProbedConnection): void {
  assertMembers('ws', VERSIONS, MEMBERS, probe);
}
