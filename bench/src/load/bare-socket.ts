// A Socket.IO connection that uses bare frames, so that no client library affects the figures.

import { fault } from './faults.js';
import { FrameSocket } from './frame-socket.js';

export type Arguments = readonly unknown[];

const PATH = '/socket.io/?EIO=4&transport=websocket';

export class BareSocket {
  /** Number of events received on this connection. */
  events = 0;
  private readonly socket: FrameSocket;
  private readonly waiting = new Map<number, (args: Arguments) => void>();
  private nextId = 0;
  private closed: (() => void) | undefined;

  private constructor(
    port: number,
    private readonly auth: object | undefined,
    private readonly onEvent: (text: string) => void,
    private readonly opened: (refusal?: Error) => void,
  ) {
    this.socket = new FrameSocket(port, PATH, this);
  }

  /** Connects to a port of this machine and joins the root namespace. */
  static open(
    port: number,
    auth: object | undefined,
    onEvent: (text: string) => void = unexpected,
  ): Promise<BareSocket> {
    return new Promise((resolve, reject) => {
      const socket: BareSocket = new BareSocket(port, auth, onEvent, (refusal) =>
        refusal === undefined ? resolve(socket) : reject(refusal),
      );
    });
  }

  /** Sends an event and resolves with the arguments of its acknowledgement. */
  call(args: Arguments): Promise<Arguments> {
    const id = this.nextId++;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.socket.send(`42${id}${JSON.stringify(args)}`);
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.closed = resolve;
      this.socket.close();
    });
  }

  onText(text: string): void {
    if (text.startsWith('42')) {
      this.events++;
      this.onEvent(text);
    } else if (text.startsWith('43')) this.acknowledge(text);
    else if (text === '2') this.socket.send('3');
    else if (text.startsWith('0')) this.socket.send(this.auth === undefined ? '40' : `40${JSON.stringify(this.auth)}`);
    else if (text.startsWith('40')) this.opened();
    else this.opened(new Error(`The server refused the connection: ${text}`));
  }

  onClose(reason: string): void {
    if (this.closed !== undefined) return this.closed();
    fault(`a connection was closed: ${reason}`);
    this.opened(new Error(`The server closed the connection: ${reason}`));
  }

  private acknowledge(text: string): void {
    const body = text.indexOf('[');
    const id = Number(text.slice(2, body));
    const resolve = this.waiting.get(id);
    if (resolve === undefined) return fault(`a second answer to request ${id}`);
    this.waiting.delete(id);
    resolve(JSON.parse(text.slice(body)) as Arguments);
  }
}

function unexpected(text: string): void {
  fault(`an event on a connection that subscribed to nothing: ${text.slice(0, 200)}`);
}

/** The arguments of an event frame. */
export function eventArguments(text: string): Arguments {
  return JSON.parse(text.slice(text.indexOf('['))) as Arguments;
}
