// Writes encoded frames to one Socket.IO socket, bypassing engine.io and ws while they have nothing queued.

import type { Socket as TcpSocket } from 'node:net';
import type { Socket } from 'socket.io';
import type { WebSocket } from 'ws';
import {
  compresses,
  engineOf,
  holdBack,
  webSocketOf,
  type EngineSocket,
  type EngineTransport,
} from './engine-io-internals.js';
import { sharedFrame, type SharedFrames } from './shared-frame.js';
import { plainTcpOf } from './ws-internals.js';

const OPEN = 1;

/**
 * A socket to write frames to. To see whether anything is queued, a write reads as few objects as possible: with
 * thousands of sockets, each object is a CPU cache miss.
 */
export class FrameTarget {
  /** Name of its Socket.IO namespace. */
  readonly nsp: string;
  /** Number of shared events written to it. */
  sent = 0;
  private readonly engine: EngineSocket;
  /** The transport that was inspected last. */
  private transport?: EngineTransport;
  private webSocket?: WebSocket | undefined;
  /** The connection of that transport, if it is a WebSocket that compresses nothing. */
  private tcp?: TcpSocket | undefined;

  constructor(readonly socket: Socket) {
    this.nsp = socket.nsp.name;
    this.engine = engineOf(socket);
  }

  /** Writes to the connection directly if nothing is queued, otherwise through engine.io. The order is kept. */
  write({ texts, bytes }: SharedFrames): void {
    this.sent += texts.length;
    const tcp = this.idle();
    if (tcp) this.hand(tcp, bytes);
    else for (const text of texts) this.queue(text, hasOutgoingListeners(this.socket));
  }

  /** Like `write`, for one Socket.IO packet that is for this socket alone. */
  writeText(text: string): void {
    const tcp = this.idle();
    if (tcp) this.hand(tcp, sharedFrame(text));
    else this.queue(text);
  }

  /**
   * Writes to the connection. If the kernel does not take everything at once, further packets of all targets of this
   * connection wait in engine.io until it has.
   */
  private hand(tcp: TcpSocket, bytes: Buffer): void {
    tcp.write(bytes);
    if (tcp.writableLength === 0) return;
    const release = holdBack(this.transport as EngineTransport);
    tcp.write(NOTHING, () => {
      if (!tcp.destroyed) release();
    });
  }

  /** @param isEvent whether `onAnyOutgoing` listeners must see it */
  private queue(text: string, isEvent = false): void {
    const { engine } = this;
    if (engine.readyState !== 'open') return;
    if (isEvent) return void this.socket.emit(...(JSON.parse(text.slice(text.indexOf('['))) as [string]));
    // The engine may have moved to another transport.
    if (engine.transport !== this.transport) this.tcp = undefined;
    engine.write(text, {});
  }

  /** The connection, if no packet is on its way to it. */
  private idle(): TcpSocket | undefined {
    if (this.tcp === undefined && this.engine.transport !== this.transport) this.look();
    return this.tcp !== undefined && this.isIdle && !isWatched(this.socket, this.engine) ? this.tcp : undefined;
  }

  /**
   * Whether no packet is on its way to the connection. Engine.IO queues nothing while its transport is writable. The
   * WebSocket of a transport that it has left or is closing is no longer open.
   */
  private get isIdle(): boolean {
    return this.transport?.writable === true && this.webSocket?.readyState === OPEN;
  }

  private look(): void {
    const { transport, protocol } = this.engine;
    const isPlain = protocol === 4 && !compresses(transport);
    this.transport = transport;
    this.webSocket = webSocketOf(transport);
    this.tcp = isPlain && this.webSocket ? plainTcpOf(this.webSocket) : undefined;
  }
}

/** The one listener that `Backlog` adds. */
const OWN_LISTENERS = 1;

function hasOutgoingListeners(socket: Socket): boolean {
  return socket.listenersAnyOutgoing().length > 0;
}

/** Whether anything listens to what is sent (an admin UI, a log, a counter): direct writes would bypass it. */
function isWatched(socket: Socket, engine: EngineSocket): boolean {
  return engine.listenerCount('packetCreate') > OWN_LISTENERS || hasOutgoingListeners(socket);
}

const NOTHING = Buffer.alloc(0);
