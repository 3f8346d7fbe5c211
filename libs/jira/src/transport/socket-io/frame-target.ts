// Where frames that were encoded here go: one socket of Socket.IO, past engine.io and ws where nothing of theirs waits.

import { Socket as TcpSocket } from 'node:net';
import type { Socket } from 'socket.io';
import { sharedFrame, type SharedFrames } from './shared-frame.js';

/** What engine.io and ws hold behind their types. */
interface EngineSocket {
  readonly readyState: string;
  readonly protocol: number;
  readonly transport: Transport;
  write(data: string, options?: object): unknown;
}
interface Transport {
  readonly name: string;
  writable: boolean;
  readonly perMessageDeflate: unknown;
  readonly socket?: WebSocketInternals;
  emit(event: 'ready'): unknown;
}
interface WebSocketInternals {
  readonly readyState: number;
  readonly extensions: string;
  readonly _socket?: TcpSocket | null;
  readonly _sender?: { readonly _state?: number; readonly _queue?: readonly unknown[] };
}

const OPEN = 1;
const IDLE = 0;

/**
 * One socket that frames are written to. A write looks at as few objects as tell whether anything waits before it: with
 * thousands of sockets each of them is a miss of the processor's cache.
 */
export class FrameTarget {
  /** Name of its Socket.IO namespace. */
  readonly nsp: string;
  private readonly engine: EngineSocket;
  /** What was looked at last. */
  private transport?: Transport;
  private webSocket?: WebSocketInternals;
  /** The connection of that transport, if it is a WebSocket that compresses nothing. */
  private tcp?: TcpSocket;

  constructor(readonly socket: Socket) {
    this.nsp = socket.nsp.name;
    this.engine = socket.conn as unknown as EngineSocket;
  }

  /** Straight to the connection when nothing waits before it, else the way of all packets: the order stays. */
  write({ texts, bytes }: SharedFrames): void {
    const tcp = this.idle();
    if (tcp) this.hand(tcp, bytes);
    else for (const text of texts) this.queue(text);
  }

  /** The same for one packet of Socket.IO's that is for this socket alone. */
  writeText(text: string): void {
    const tcp = this.idle();
    if (tcp) this.hand(tcp, sharedFrame(text));
    else this.queue(text);
  }

  private hand(tcp: TcpSocket, bytes: Buffer): void {
    if (!writeNow(tcp, bytes)) holdBack(this.transport as Transport, tcp);
  }

  private queue(text: string): void {
    const { engine } = this;
    if (engine.readyState !== 'open') return;
    // Perhaps it has left this WebSocket for something better.
    if (engine.transport !== this.transport) this.tcp = undefined;
    engine.write(text, {});
  }

  /** The connection, if no packet is on its way to it. */
  private idle(): TcpSocket | undefined {
    if (this.tcp === undefined && this.engine.transport !== this.transport) this.look();
    return this.tcp !== undefined && this.isIdle ? this.tcp : undefined;
  }

  /**
   * Whether no packet is on its way to the connection. Engine.IO leaves none waiting where its transport is writable, and a
   * transport that it has left or closes has a WebSocket that is closing.
   */
  private get isIdle(): boolean {
    return this.transport?.writable === true && this.webSocket?.readyState === OPEN;
  }

  private look(): void {
    const { transport, protocol } = this.engine;
    const { socket: webSocket } = transport;
    const isPlain =
      protocol === 4 && transport.name === 'websocket' && !transport.perMessageDeflate && webSocket?.extensions === '';
    this.transport = transport;
    this.webSocket = webSocket;
    const { _socket: tcp } = webSocket ?? {};
    this.tcp = isPlain && hasIdleSender(webSocket) && tcp && isStock(tcp) ? tcp : undefined;
  }
}

/**
 * Whether ws has nothing on its way to be compressed or read, which stays so without extensions. Where its own names are
 * missing it is another engine.
 */
function hasIdleSender({ _sender: sender }: WebSocketInternals): boolean {
  const { _state: state, _queue: queue } = sender ?? {};
  return state === IDLE && queue?.length === 0;
}

/** A connection of Node's own, whose writes nobody counts or delays. TLS has an end of its own to wait for. */
function isStock(tcp: TcpSocket): boolean {
  const { prototype } = TcpSocket;
  // oxlint-disable-next-line no-underscore-dangle, typescript/unbound-method -- compared, not called
  return Object.getPrototypeOf(tcp) === prototype && tcp.write === prototype.write && tcp._write === prototype._write;
}

let isWritten = false;
let failure: Error | null | undefined;

/** Called within `_write` when the kernel took all of it, else later, when nobody asks any more. */
const written = (error?: Error | null): void => {
  isWritten = true;
  failure = error;
};

/**
 * Hands whole frames to the connection, past the queue of its stream, which costs as much again as Node's part of the
 * write. Node keeps what the kernel does not take, in order with what the stream hands over later.
 *
 * @returns false when it is kept
 */
function writeNow(tcp: TcpSocket, bytes: Buffer): boolean {
  isWritten = false;
  tcp._write(bytes, 'buffer' as BufferEncoding, written); // oxlint-disable-line no-underscore-dangle -- Node's name
  if (isWritten && failure) tcp.destroy(failure);
  return isWritten;
}

const NOTHING = Buffer.alloc(0);

/**
 * What follows a frame that is kept waits with engine.io, for all targets of this connection, where it is counted and
 * bounded: its transport is not writable until the connection took everything, as after a packet of its own.
 */
function holdBack(transport: Transport, tcp: TcpSocket): void {
  transport.writable = false;
  tcp.write(NOTHING, () => {
    if (tcp.destroyed) return;
    transport.writable = true;
    transport.emit('ready');
  });
}
