// Ends the sockets of a namespace, even of clients that no longer respond.

import { once } from 'node:events';
import { atMost } from '../../core/support/with-timeout.js';
import type { Namespace } from 'socket.io';
import { engineOf, webSocketOf } from './engine-io-internals.js';

/** Time for clients to receive what was sent and to complete the closing handshake. */
const GRACE_MS = 1_000;

/**
 * Disconnects this process's sockets, after sending what waits for them. Resolves when all are closed. A client that
 * does not answer the closing handshake (asleep, stopped, out of reach) is cut off: it would hold its socket, and so
 * delay the end of the HTTP server, for half a minute.
 */
export async function disconnectAll(namespace: Namespace): Promise<void> {
  const open = [...namespace.sockets.values()].flatMap((socket) => {
    const webSocket = webSocketOf(engineOf(socket).transport);
    return webSocket && webSocket.readyState !== webSocket.CLOSED ? [webSocket] : [];
  });
  const allClosed = Promise.all(open.map((webSocket) => once(webSocket, 'close')));
  namespace.local.disconnectSockets(true); // local: with a cluster adapter the other nodes keep theirs
  await atMost(GRACE_MS, allClosed);
  for (const webSocket of open) webSocket.terminate();
}
