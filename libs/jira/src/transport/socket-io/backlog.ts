// What waits for a Socket.IO client that reads too slowly, in bytes. Costs a comparison while nothing waits.

import type { Socket } from 'socket.io';

/** What engine.io holds behind its types. */
interface EngineSocket {
  readonly writeBuffer: readonly Packet[];
  readonly transport: { readonly socket?: { terminate?(): void } };
  on(event: 'packetCreate', listener: (this: EngineSocket, packet: Packet) => void): unknown;
  listeners(event: 'packetCreate'): readonly unknown[];
  close(discard: boolean): void;
}
interface Packet {
  readonly data?: string | ArrayBufferView;
}

export class Backlog {
  /** Of those that something has waited for. */
  private readonly engines = new WeakMap<EngineSocket, { bytes: number; isTooLong: boolean }>();
  /** One for all sockets: each is called with itself. */
  private readonly added: (this: EngineSocket, packet: Packet) => void;

  /** @param most bytes that may wait for one client; it is ended beyond */
  constructor(most: number) {
    const { engines } = this;
    this.added = function (packet) {
      const { writeBuffer } = this;
      const waiting = writeBuffer.length;
      if (waiting === 0) return; // this one goes out at once, or begins a backlog
      const backlog = engines.get(this) ?? { bytes: 0, isTooLong: false };
      engines.set(this, backlog);
      if (waiting === 1) backlog.bytes = sizeOf(writeBuffer[0]);
      backlog.bytes += sizeOf(packet);
      if (backlog.bytes <= most || backlog.isTooLong) return;
      backlog.isTooLong = true;
      // Engine.IO is in the middle of sending this packet.
      queueMicrotask(() => terminate(this));
    };
  }

  watch(socket: Socket): void {
    const engine = engineOf(socket);
    // The sockets of several namespaces share one connection.
    if (!engine.listeners('packetCreate').includes(this.added)) engine.on('packetCreate', this.added);
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
