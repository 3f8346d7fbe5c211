// Ends connections that never send anything after they open: each would hold a socket for an unknown client.

import type { Server } from 'socket.io';

/** Members that engine.io's own types omit. */
interface EngineSocket {
  once(event: 'message' | 'close', listener: () => void): unknown;
  off(event: 'message' | 'close', listener: () => void): unknown;
  close(discard: boolean): void;
}

/** Ends each connection that sends nothing within this time. Later steps of Socket.IO have their own time limits. */
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
