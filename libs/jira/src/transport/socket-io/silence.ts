// Ends connections that open and never send anything: each holds a socket for an unknown client.

import type { Server } from 'socket.io';

/** What engine.io's own types leave out. */
interface EngineSocket {
  once(event: 'message' | 'close', listener: () => void): unknown;
  off(event: 'message' | 'close', listener: () => void): unknown;
  close(discard: boolean): void;
}

/** Ends each connection from which nothing comes in this time; what Socket.IO is asked for then takes its own time. */
export function endSilent({ engine }: Server, timeoutMs: number): void {
  engine.on('connection', (socket: EngineSocket) => {
    const stop = (): void => {
      clearTimeout(timer);
      socket.off('message', stop);
      socket.off('close', stop);
    };
    const timer = setTimeout(() => socket.close(true), timeoutMs).unref();
    socket.once('message', stop);
    socket.once('close', stop);
  });
}
