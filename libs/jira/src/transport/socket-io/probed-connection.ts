// What the internals files are checked against: a connection of the installed packages.

import type { Duplex } from 'node:stream';
import type { Server, Socket } from 'socket.io';
import type { WebSocket } from 'ws';

export interface ProbedConnection {
  readonly server: Server;
  readonly socket: Socket;
  readonly webSocket: WebSocket;
  /** What the WebSocket was given to write to. */
  readonly connection: Duplex;
  /** What came of a frame that was too large. */
  readonly oversize?: { readonly wasTold: boolean; readonly description: unknown };
}
