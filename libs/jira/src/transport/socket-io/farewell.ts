// Ends the sockets of a namespace, also those of clients that no longer react.

import { once } from 'node:events';
import { atMost } from '../../core/support/with-timeout.js';
import type { Namespace, Socket } from 'socket.io';

/** What engine.io's WebSocket transport keeps of the `ws` package, without saying so in its types. */
interface RawWebSocket extends NodeJS.EventEmitter {
  readonly readyState: number;
  terminate(): void;
}

const WEB_SOCKET_CLOSED = 3;
/** What was sent arrives and the closing handshake is done in this time, or not at all. */
const GRACE_MS = 1_000;

/**
 * Disconnects this process's sockets; what was sent to them goes out before. Resolves when all are closed. A client that
 * does not answer the closing handshake (asleep, stopped, out of reach) would hold its socket, and with it the HTTP
 * server's end, for half a minute: it is cut off.
 */
export async function disconnectAll(namespace: Namespace): Promise<void> {
  const raw = [...namespace.sockets.values()].map(rawOf).filter((socket) => socket?.readyState !== WEB_SOCKET_CLOSED);
  const open = raw.filter((socket) => socket !== undefined);
  const allClosed = Promise.all(open.map((socket) => once(socket, 'close')));
  namespace.local.disconnectSockets(true); // local: with a cluster adapter the other nodes keep theirs
  await atMost(GRACE_MS, allClosed);
  for (const socket of open) socket.terminate();
}

function rawOf({ conn }: Socket): RawWebSocket | undefined {
  return (conn.transport as { socket?: RawWebSocket }).socket;
}
