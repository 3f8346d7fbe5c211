// A server that speaks protocol version 2 by the letter and does only what a test says.

import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { CODES, PING_ACTION, parseRequest, type ChangeFrame, type Code, type RequestFrame } from 'nestjs-jira-protocol';

/** What a handler gets beside the frame. */
export interface Asked {
  readonly namespace: string;
  readonly frame: RequestFrame;
  readonly socket: Socket;
  /** Sends the one answer. */
  readonly answer: (data: unknown, extra?: { status?: number; position?: string }) => void;
  readonly refuse: (code: Code, message?: string, errors?: Record<string, string[]>) => void;
  /** Answers with whatever this is. */
  readonly raw: (value: unknown) => void;
  /** Sends one item of a stream. */
  readonly item: (data: unknown) => void;
}

export type Handler = (asked: Asked) => unknown;

export class StubServer implements AsyncDisposable {
  /** Every request received, cancels and subscribes included. */
  readonly asked: Asked[] = [];
  /** What handshakes brought. */
  readonly auths: Record<string, unknown>[] = [];
  /** Refuses the next handshakes while set. */
  refusal: ((auth: Record<string, unknown>) => { code: string; status: number; message?: string }) | undefined;
  private readonly handlers = new Map<string, Handler>();
  private readonly waiters = new Set<() => void>();
  private position = 0;
  private io: Server | undefined;
  port = 0;

  static async start(): Promise<StubServer> {
    const server = new StubServer();
    await server.listen();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get sockets(): Socket[] {
    return [...(this.io?.sockets.sockets.values() ?? [])];
  }

  /** Starts, or starts again on the same port. */
  async listen(): Promise<void> {
    const http = createServer();
    const io = new Server(http);
    io.use((socket, next) => {
      this.auths.push(socket.handshake.auth);
      if (!this.refusal) return next();
      const { code, status, message } = this.refusal(socket.handshake.auth);
      next(Object.assign(new Error(message ?? code), { data: { code, status } }));
    });
    io.on('connection', (socket) => {
      socket.onAny((namespace: string, value: unknown, ack?: (frame: unknown) => void) =>
        this.received(socket, namespace, value, ack),
      );
      this.changed();
    });
    this.io = io;
    http.listen(this.port, '127.0.0.1');
    await once(http, 'listening');
    this.port = (http.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const io = this.io;
    this.io = undefined;
    await io?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** `name` is `namespace.action`. An action without a handler is never answered, but for `listen`: it keeps no lists. */
  on(name: string, handler: Handler): this {
    this.handlers.set(name, handler);
    return this;
  }

  /** Answers subscribes on the namespace with this channel, unsubscribes with nothing. */
  channel(namespace: string, channelOf: (frame: RequestFrame) => string): this {
    this.on(`${namespace}.subscribe`, ({ frame, socket, answer }) => {
      const channel = channelOf(frame);
      void socket.join(channel);
      answer({ channel, position: this.at() });
    });
    return this.on(`${namespace}.unsubscribe`, ({ answer }) => answer(null, { status: 204 }));
  }

  /** Announces a change to the channel's sockets. */
  announce(
    namespace: string,
    channel: string,
    change: Pick<ChangeFrame, 'type'> & Partial<ChangeFrame> & { requestId?: string },
  ): string {
    const position = change.position ?? this.next();
    this.io
      ?.to(channel)
      .emit(namespace, { method: 'SUBSCRIPTION', status: 200, channel, data: null, ...change, position });
    return position;
  }

  /** The position now, and after one more commit. */
  at(): string {
    return `e1:${this.position}`;
  }
  next(): string {
    this.position++;
    return this.at();
  }

  /** Cuts every connection without a goodbye. */
  cut(): void {
    for (const socket of this.sockets) socket.conn.close();
  }

  requests(action: string): Asked[] {
    return this.asked.filter(({ frame }) => frame.action === action);
  }

  /** Resolves when so many requests of this action have arrived. */
  async arrival(action: string, count = 1): Promise<Asked> {
    await this.until(() => this.requests(action).length >= count);
    return this.requests(action).at(count - 1) as Asked;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiters.add(resolve));
  }

  private received(socket: Socket, namespace: string, value: unknown, ack?: (frame: unknown) => void): void {
    const parsed = parseRequest(value);
    if (!parsed.ok) throw new Error(`The client sent a malformed frame: ${parsed.reason}`);
    if (!ack) throw new Error('The client asked without an acknowledgement.');
    const { frame } = parsed;
    const { requestId, method, action } = frame;
    const answer: Asked['answer'] = (data, { status = 200, position } = {}) =>
      ack({ requestId, method, action, status, data, ...(position ? { position } : {}) });
    if (action === PING_ACTION && !this.handlers.has(`${namespace}.${action}`)) return answer(null);
    const asked: Asked = {
      namespace,
      frame,
      socket,
      answer,
      raw: ack,
      refuse: (code, message = code, errors) => answer({ code, message, errors }, { status: CODES[code].status }),
      item: (data) => socket.emit(namespace, { requestId, method, action, status: 206, data }),
    };
    this.asked.push(asked);
    const handler = this.handlers.get(`${namespace}.${action}`);
    if (handler) void handler(asked);
    else if (action === 'listen') asked.refuse('UNKNOWN_ACTION');
    this.changed();
  }

  private changed(): void {
    for (const wake of this.waiters) wake();
    this.waiters.clear();
  }
}
