// A connection of the installed packages, on which the internals files check that private members exist.

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
