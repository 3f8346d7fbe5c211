// A plain WebSocket as a connection, in the format of its endpoint.

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { Code } from 'nestjs-jira-protocol';
import { JiraException } from '../../core/errors/jira.exception.js';
import { Connection, type Dialect, type Handshake } from '../../core/connections/connection.js';
import type { MessageFormat } from './message-format.js';

/** Beyond this many unsent bytes, streams pause. */
const FULL_BYTES = 65_536;
/** WebSocket close codes for applications begin here; the code's status is added. */
const CLOSE_CODES = 4_000;
/** A close frame holds 125 bytes, two of them the code. */
const MAX_REASON_BYTES = 120;
const SLOW: Code = 'SLOW_CLIENT';

/** Finds connections by room. */
export interface PlainRooms {
  enter(room: string, connection: PlainConnection): void;
  exit(room: string, connection: PlainConnection): void;
}

export interface PlainConnectionOptions {
  readonly handshake: Handshake;
  readonly request: IncomingMessage;
  readonly format: MessageFormat;
  readonly rooms: PlainRooms;
  readonly bufferedBytes: number;
}

export class PlainConnection extends Connection {
  /** Number of change frames sent to it. */
  sent = 0;
  readonly id: string;
  readonly dialect: Dialect;
  readonly rooms = new Set<string>();
  private socket?: WebSocket;

  constructor(private readonly options: PlainConnectionOptions) {
    super();
    this.dialect = options.format.speaksProtocol ? 'jira' : 'foreign';
    this.id = options.format.createId?.() ?? randomUUID();
  }

  get handshake(): Handshake {
    return this.options.handshake;
  }

  get format(): MessageFormat {
    return this.options.format;
  }

  /** The WebSocket, or during the handshake its HTTP request. */
  get client(): WebSocket | IncomingMessage {
    return this.socket ?? this.options.request;
  }

  /** Called when the handshake has succeeded. */
  attach(socket: WebSocket): void {
    this.socket = socket;
  }

  /** @throws the error of the format's converter if it cannot write the payload */
  send(event: string, payload: unknown): void {
    const text = encode(this.format, event, payload);
    if (text === undefined) return;
    this.write(text);
    this.onSent?.(this, event, payload);
  }

  /** Sends an encoded frame. A client that does not read is disconnected, and refetches when it reconnects. */
  write(text: string | Buffer): void {
    const { socket } = this;
    if (!socket || socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > this.options.bufferedBytes) {
      // Without a close frame, which would wait behind what the client does not read.
      this.endReason ??= SLOW;
      return socket.terminate();
    }
    socket.send(text, TEXT);
  }

  override complain(reason: string): void {
    if (this.dialect === 'jira') this.send('$error', { code: 'MALFORMED_FRAME', message: reason });
  }

  full(): Promise<void> | undefined {
    const { socket } = this;
    if (!socket || socket.readyState !== socket.OPEN || socket.bufferedAmount < FULL_BYTES) return undefined;
    // An unsolicited pong is allowed. It is written after everything that waits, or fails with the connection.
    return new Promise((resolve) => socket.pong(undefined, undefined, () => resolve()));
  }

  close(reason?: Error): void {
    const code = reason instanceof JiraException ? CLOSE_CODES + reason.getStatus() : 1000;
    this.closeWith(code, reason instanceof JiraException ? reason.code : undefined);
  }

  closeWith(code: number, reason = ''): void {
    this.socket?.close(code, reason.slice(0, MAX_REASON_BYTES));
  }

  join(room: string): void {
    if (this.isClosed || this.rooms.has(room)) return;
    this.checkRooms();
    this.rooms.add(room);
    this.options.rooms.enter(room, this);
  }

  leave(room: string): void {
    if (this.rooms.delete(room)) this.options.rooms.exit(room, this);
  }
}

export function encode(format: MessageFormat, event: string, payload: unknown): string | undefined {
  const value = format.compose(event, payload);
  return value === undefined ? undefined : format.converter.write(value);
}

const TEXT = { binary: false };
