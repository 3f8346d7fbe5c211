// One change frame for many sockets: encoded once, written as the same bytes to each socket that is idle.

import type { Socket as TcpSocket } from 'node:net';
import type { Socket } from 'socket.io';

/** A Socket.IO event as text (what Engine.IO sends) and as one whole WebSocket frame (what a TCP socket is written). */
export interface SharedFrame {
  readonly text: string;
  readonly bytes: Buffer;
}

/** Engine.IO's type of a message. */
const MESSAGE = '4';
/** Socket.IO's type of an event. */
const EVENT = '2';

/** @param nsp Socket.IO namespace, `/` for the root */
export function sharedFrame(nsp: string, event: string, payload: unknown): SharedFrame {
  const text = `${EVENT}${nsp === '/' ? '' : `${nsp},`}${JSON.stringify([event, payload])}`;
  return { text, bytes: webSocketFrame(MESSAGE + text) };
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
  readonly _socket?: TcpSocket | null;
  readonly _sender?: { readonly _state?: number; readonly _queue?: readonly unknown[] };
}

const OPEN = 1;
const IDLE = 0;

/** Whether ws has nothing on its way to be compressed or read. Where its own names are missing it is another engine. */
function isIdle(sender: WebSocketInternals['_sender']): boolean {
  const { _state: state, _queue: queue } = sender ?? {};
  return state === IDLE && queue?.length === 0;
}

/** One socket that shared frames are written to. */
export class FrameTarget {
  private readonly engine: EngineSocket;

  constructor(readonly socket: Socket) {
    this.engine = socket.conn as unknown as EngineSocket;
  }

  /** Straight to the connection when nothing waits before it, else the way of all packets: the order stays. */
  write({ text, bytes }: SharedFrame): void {
    const tcp = this.idleConnection();
    if (tcp) tcp.write(bytes);
    else if (this.engine.readyState === 'open') this.engine.write(text, {});
  }

  /** The TCP socket of an open, uncompressed WebSocket none of whose packets is still on its way to it. */
  private idleConnection(): TcpSocket | undefined {
    const { engine } = this;
    const { transport } = engine;
    if (engine.readyState !== 'open' || engine.protocol !== 4 || engine.upgrading || engine.writeBuffer.length > 0)
      return undefined;
    if (transport.name !== 'websocket' || !transport.writable || transport.perMessageDeflate) return undefined;
    const webSocket = transport.socket;
    if (webSocket?.readyState !== OPEN) return undefined;
    const { _sender: sender, _socket: tcp } = webSocket;
    if (!isIdle(sender)) return undefined;
    return tcp && !tcp.destroyed && tcp.writableLength === 0 ? tcp : undefined;
  }
}
