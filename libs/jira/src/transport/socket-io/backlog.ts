// Counts the bytes that wait for slow Socket.IO clients. Costs one comparison while nothing waits.

import type { Socket } from 'socket.io';
import { engineOf, waitingOf, webSocketOf, type EnginePacket, type EngineSocket } from './engine-io-internals.js';

export class Backlog {
  /** The backlog of each connection that ever had one. */
  private readonly engines = new WeakMap<EngineSocket, { bytes: number; isTooLong: boolean }>();
  /** One function for all sockets: each calls it with itself as `this`. */
  private readonly added: (this: EngineSocket, packet: EnginePacket) => void;

  /** @param maxBytes how many bytes may wait for one client; beyond that, it is disconnected */
  constructor(maxBytes: number) {
    const { engines } = this;
    this.added = function (packet) {
      const before = waitingOf(this);
      const waiting = before.length;
      if (waiting === 0) return; // this packet is sent at once, or starts a backlog
      const backlog = engines.get(this) ?? { bytes: 0, isTooLong: false };
      engines.set(this, backlog);
      if (waiting === 1) backlog.bytes = sizeOf(before[0]);
      backlog.bytes += sizeOf(packet);
      if (backlog.bytes <= maxBytes || backlog.isTooLong) return;
      backlog.isTooLong = true;
      // Deferred, because Engine.IO is just sending this packet.
      queueMicrotask(() => terminate(this));
    };
  }

  watch(socket: Socket): void {
    const engine = engineOf(socket);
    // The sockets of several namespaces share one connection.
    if (!engine.listeners('packetCreate').includes(this.added)) engine.on('packetCreate', this.added);
  }

  /** Whether this client was disconnected because it did not read. */
  isTooLong(socket: Socket): boolean {
    return this.engines.get(engineOf(socket))?.isTooLong === true;
  }
}

/** Closes the connection without waiting for what the client has not read. */
function terminate(engine: EngineSocket): void {
  const webSocket = webSocketOf(engine.transport);
  if (webSocket) webSocket.terminate();
  else engine.close(true);
}

/** Counts text by its characters: the limit is approximate, so encoding it is not worth the cost. */
function sizeOf(packet: EnginePacket | undefined): number {
  const data = packet?.data;
  return typeof data === 'string' ? data.length : (data?.byteLength ?? 0);
}
