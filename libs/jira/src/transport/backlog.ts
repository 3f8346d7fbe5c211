// What waits for a Socket.IO client that reads too slowly, in bytes. Costs a comparison while nothing waits.

import type { Socket } from 'socket.io';

/** What engine.io holds behind its types. */
interface EngineSocket {
  readonly writeBuffer: readonly Packet[];
  readonly transport: { readonly socket?: { terminate?(): void } };
  on(event: 'packetCreate', listener: (packet: Packet) => void): unknown;
  close(discard: boolean): void;
}
interface Packet {
  readonly data?: string | ArrayBufferView;
}

export class Backlog {
  /** Watched already: the sockets of several namespaces share one connection. Whether it was ended. */
  private readonly engines = new WeakMap<EngineSocket, { bytes: number; isTooLong: boolean }>();

  /** @param most bytes that may wait for one client; it is ended beyond */
  constructor(private readonly most: number) {}

  watch(socket: Socket): void {
    const engine = engineOf(socket);
    if (this.engines.has(engine)) return;
    const backlog = { bytes: 0, isTooLong: false };
    this.engines.set(engine, backlog);
    engine.on('packetCreate', (packet) => {
      const waiting = engine.writeBuffer.length;
      if (waiting === 0) return; // this one goes out at once, or begins a backlog
      if (waiting === 1) backlog.bytes = sizeOf(engine.writeBuffer[0]);
      backlog.bytes += sizeOf(packet);
      if (backlog.bytes <= this.most || backlog.isTooLong) return;
      backlog.isTooLong = true;
      // Engine.IO is in the middle of sending this packet.
      queueMicrotask(() => terminate(engine));
    });
  }

  /** Whether this client was ended for what it did not read. */
  isTooLong(socket: Socket): boolean {
    return this.engines.get(engineOf(socket))?.isTooLong === true;
  }
}

function engineOf({ conn }: Socket): EngineSocket {
  return conn as unknown as EngineSocket;
}

/** Without waiting for what the client has not read. */
function terminate(engine: EngineSocket): void {
  const { socket } = engine.transport;
  if (socket?.terminate) socket.terminate();
  else engine.close(true);
}

/** Text counts by its characters: no encoding for a bound that is round anyway. */
function sizeOf(packet: Packet | undefined): number {
  const data = packet?.data;
  return typeof data === 'string' ? data.length : (data?.byteLength ?? 0);
}
