// A Socket.IO socket as a connection.

import type { Socket } from 'socket.io';
import { PROTOCOL_VERSION } from 'nestjs-jira-protocol';
import { engineOf, waitingOf } from './engine-io-internals.js';
import { FrameTarget } from './frame-target.js';
import { Connection, type Dialect, type Handshake } from '../../core/connections/connection.js';

/** Streams pause at this many waiting packets: enough to keep the network busy, few enough to hold for every client. */
const MAX_WAITING_PACKETS = 16;

export class SocketIoConnection extends Connection {
  readonly dialect: Dialect;
  private frameTarget?: FrameTarget;

  /** @param shared holds frames for many clients, which must be sent before a frame for this client alone */
  constructor(
    readonly socket: Socket,
    private readonly shared: { flush(): void },
  ) {
    super();
    this.dialect =
      (socket.handshake.auth as { jira?: unknown } | undefined)?.jira === PROTOCOL_VERSION ? 'jira' : 'djira';
  }

  get id(): string {
    return this.socket.id;
  }

  /** Takes frames that are already encoded. */
  get target(): FrameTarget {
    return (this.frameTarget ??= new FrameTarget(this.socket));
  }

  get client(): Socket {
    return this.socket;
  }

  get handshake(): Handshake {
    const { auth, headers, query, address, url, secure, issued } = this.socket.handshake;
    return { auth: auth ?? {}, headers, query, address, url, isSecure: secure, time: new Date(issued) };
  }

  override get path(): string {
    return this.route === undefined ? super.path : this.socket.nsp.name;
  }

  get rooms(): ReadonlySet<string> {
    const own = [...this.socket.rooms].filter((room) => room !== this.id);
    return new Set(own);
  }

  send(event: string, payload: unknown): void {
    this.shared.flush();
    this.socket.emit(event, payload);
    this.onSent?.(this, event, payload);
  }

  full(): Promise<void> | undefined {
    const { conn } = this.socket;
    if (this.isClosed || waitingOf(engineOf(this.socket)).length < MAX_WAITING_PACKETS) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        conn.off('drain', done);
        conn.off('close', done);
        resolve();
      };
      conn.on('drain', done);
      conn.on('close', done);
    });
  }

  close(): void {
    this.shared.flush();
    this.socket.disconnect(true);
  }

  join(room: string): void {
    if (this.socket.rooms.has(room)) return;
    this.checkRooms();
    void this.socket.join(room);
  }

  leave(room: string): void {
    void this.socket.leave(room);
  }
}
