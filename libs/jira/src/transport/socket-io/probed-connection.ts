// A connection of the installed packages, which the internals files are checked against.

import type { Duplex } from 'node:stream';
import type { Server, Socket } from 'socket.io';
import type { WebSocket } from 'ws';

export interface ProbedConnection {
  readonly server: Server;
  readonly socket: Socket;
  readonly webSocket: WebSocket;
  /** The stream that the WebSocket writes to. */
  readonly connection: Duplex;
  /** What happened after a frame that was too large. */
  readonly oversize?: { readonly wasTold: boolean; readonly description: unknown };
}
