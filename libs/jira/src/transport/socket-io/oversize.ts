// WebSockets that say why before they close for a frame that is too large: `ws` would close without a word.

import { WebSocket, WebSocketServer, type ServerOptions } from 'ws';
import type { Code } from 'nestjs-jira-protocol';

/** What `ws` closes with for a frame beyond `maxPayload`. */
const TOO_LARGE_CODE = 1009;
const REASON: Code = 'FRAME_TOO_LARGE';
/** A client answers the closing handshake in this time, or is cut off: one that is gone would hold its socket for 30 s. */
const CLOSE_TIMEOUT_MS = 2_000;

class OutspokenWebSocket extends WebSocket {
  /** Called while something can still be sent. Not an event: listeners that are called once cost each socket four objects. */
  oversized?: () => void;

  override close(code?: number, reason?: string | Buffer): void {
    const isOversize = code === TOO_LARGE_CODE && reason === undefined && this.readyState === WebSocket.OPEN;
    if (isOversize) this.oversized?.();
    super.close(code, isOversize ? REASON : reason);
  }
}

/** A server of such WebSockets, for both doors. */
export class OutspokenServer extends WebSocketServer {
  constructor(options: ServerOptions) {
    const quickly: ServerOptions & { readonly closeTimeout: number } = { closeTimeout: CLOSE_TIMEOUT_MS, ...options };
    super({ ...quickly, WebSocket: OutspokenWebSocket });
  }
}

/** Calls the listener right before this socket closes for a frame that is too large. Never for other kinds of sockets. */
export function onOversize(socket: unknown, listener: () => void): void {
  if (socket instanceof OutspokenWebSocket) socket.oversized = listener;
}
