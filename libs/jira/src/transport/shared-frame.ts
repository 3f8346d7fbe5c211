// One change frame for many sockets: encoded once, written as the same bytes to each socket that is idle.

import type { Socket as TcpSocket } from 'node:net';
import type { Socket } from 'socket.io';
import { jsonText } from './json-text.js';

/** A Socket.IO event as text (what Engine.IO sends) and as one whole WebSocket frame (what a TCP socket is written). */
export interface SharedFrame {
  /** The Socket.IO namespace it is for. */
  readonly nsp: string;
  readonly text: string;
  readonly bytes: Buffer;
}

/** Engine.IO's type of a message. */
const MESSAGE = '4';
/** Socket.IO's type of an event. */
const EVENT = '2';

/** @param nsp Socket.IO namespace, `/` for the root */
export function sharedFrame(nsp: string, event: string, payload: unknown): SharedFrame {
  const args = [event, payload];
  const text = `${EVENT}${nsp === '/' ? '' : `${nsp},`}${jsonText(args) ?? JSON.stringify(args)}`;
  return { nsp, text, bytes: webSocketFrame(MESSAGE + text) };
}

/** An unmasked, uncompressed text frame in one piece (RFC 6455, 5.2). */
function webSocketFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x81; // final, text
  if (header === 2) frame[1] = length;
  else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, header);
  return frame;
}

/** What engine.io and ws hold behind their types. */
interface EngineSocket {
  readonly readyState: string;
  readonly protocol: number;
  readonly upgrading: boolean;
  readonly writeBuffer: readonly unknown[];
  readonly transport: Transport;
  write(data: string, options?: object): unknown;
}
interface Transport {
  readonly name: string;
  readonly writable: boolean;
  readonly perMessageDeflate: unknown;
  readonly socket?: WebSocketInternals;
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
 * One socket that shared frames are written to, for `count` subscriptions. A write looks at what may have changed since
 * the last one, and at no more: with thousands of sockets each object looked at is a miss of the processor's cache.
 */
export class FrameTarget {
  count = 1;
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
  write({ text, bytes }: SharedFrame): void {
    if (this.engine.transport !== this.transport) this.look();
    if (this.tcp && this.isIdle(this.tcp)) this.tcp.write(bytes);
    else if (this.engine.readyState === 'open') this.engine.write(text, {});
  }

  /** Whether the connection is open and none of its packets is still on its way to it. */
  private isIdle(tcp: TcpSocket): boolean {
    const { engine, transport, webSocket } = this;
    const { _socket: current } = webSocket ?? {};
    return (
      engine.readyState === 'open' &&
      !engine.upgrading &&
      engine.writeBuffer.length === 0 &&
      transport?.writable === true &&
      webSocket?.readyState === OPEN &&
      current === tcp &&
      tcp.writableLength === 0
    );
  }

  private look(): void {
    const { transport, protocol } = this.engine;
    const { socket: webSocket } = transport;
    const isPlain =
      protocol === 4 && transport.name === 'websocket' && !transport.perMessageDeflate && webSocket?.extensions === '';
    this.transport = transport;
    this.webSocket = webSocket;
    const { _socket: tcp } = webSocket ?? {};
    this.tcp = isPlain && hasIdleSender(webSocket) ? (tcp ?? undefined) : undefined;
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
