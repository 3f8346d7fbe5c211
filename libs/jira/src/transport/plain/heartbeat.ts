// Pings connections, and drops those that do not answer. There is one timer per interval, and none without connections.

import type { WebSocket } from 'ws';

interface Beat {
  readonly timer: NodeJS.Timeout;
  /** Whether each socket has answered since the last ping. */
  readonly alive: Map<WebSocket, boolean>;
}

export class Heartbeat {
  private readonly beats = new Map<number, Beat>();

  /** Pings the socket at this interval. Returns a function that stops it. */
  watch(socket: WebSocket, intervalMs: number): () => void {
    const beat = this.beats.get(intervalMs) ?? this.begin(intervalMs);
    const { alive, timer } = beat;
    alive.set(socket, true);
    const heard = (): void => void alive.set(socket, true);
    socket.on('pong', heard).on('message', heard);
    return () => {
      socket.off('pong', heard).off('message', heard);
      alive.delete(socket);
      if (alive.size > 0 || this.beats.get(intervalMs) !== beat) return;
      clearInterval(timer);
      this.beats.delete(intervalMs);
    };
  }

  private begin(intervalMs: number): Beat {
    const alive = new Map<WebSocket, boolean>();
    const timer = setInterval(() => {
      for (const [socket, wasHeard] of alive) {
        if (!wasHeard) socket.terminate();
        else {
          alive.set(socket, false);
          if (socket.readyState === socket.OPEN) socket.ping();
        }
      }
    }, intervalMs).unref();
    const beat = { timer, alive };
    this.beats.set(intervalMs, beat);
    return beat;
  }
}
