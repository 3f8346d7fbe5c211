// Speaks as djira-client 0.0.2 does, faults included: what a client that nobody will change sends and expects.

import { io, type Socket } from 'socket.io-client';

type Frame = Record<string, unknown>;

export interface DjiraAnswer {
  readonly status: number;
  readonly data: unknown;
}

const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'SUBSCRIPTION']);

export interface DjiraRequest {
  readonly method?: string;
  readonly data?: unknown;
  readonly query?: Frame;
}

/**
 * No acknowledgement and no protocol version; an answer is a success by its status alone; a frame of another method
 * than the six is an error; each request adds a listener that is never taken off, so that after k requests on an event
 * one change calls its callback k + 1 times; `unsubscribe` sends a new id.
 */
export class DjiraClient implements Disposable {
  readonly errors: Error[] = [];
  private ids = 0;
  private readonly pending = new Map<string, (answer: DjiraAnswer) => void>();
  private readonly callbacks = new Map<string, (data: unknown, frame: Frame) => void>();

  private constructor(readonly socket: Socket) {}

  static async connect(url: string, token: string): Promise<DjiraClient> {
    const socket = io(url, { auth: { token }, transports: ['websocket'], forceNew: true, reconnection: false });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
    return new DjiraClient(socket);
  }

  request(event: string, action: string, { method, ...rest }: DjiraRequest = {}): Promise<DjiraAnswer> {
    return this.send(event, { action, ...(method && { method }), ...rest }).answer;
  }

  /** Sends POST, action `subscribe`, unless told otherwise. The callback is called as often as the fault says. */
  async subscribe(
    event: string,
    callback: (data: unknown, frame: Frame) => void,
    { action = 'subscribe', method = 'POST', query = {} }: { action?: string; method?: string; query?: Frame } = {},
  ): Promise<{ readonly requestId: string; readonly unsubscribe: () => Promise<DjiraAnswer> }> {
    const { requestId, answer } = this.send(event, { action, method, query });
    this.callbacks.set(requestId, callback);
    await answer;
    return { requestId, unsubscribe: () => this.request(event, 'unsubscribe', { method: 'POST' }) };
  }

  [Symbol.dispose](): void {
    this.socket.disconnect();
  }

  private send(event: string, frame: Frame): { requestId: string; answer: Promise<DjiraAnswer> } {
    const requestId = `dj-${++this.ids}`;
    const answer = new Promise<DjiraAnswer>((resolve, reject) => {
      this.pending.set(requestId, ({ status, data }) => {
        if (status >= 100 && status < 300) resolve({ status, data });
        else reject(Object.assign(new Error(`refused with ${status}`), { status, data }));
      });
    });
    this.socket.on(event, (received: Frame) => this.receive(received));
    this.socket.emit(event, { event, requestId, ...frame });
    return { requestId, answer };
  }

  private receive(frame: Frame): void {
    if (!METHODS.has(frame['method'] as string)) {
      this.errors.push(new Error(`The client throws at ${JSON.stringify(frame)}`));
      return;
    }
    const requestId = frame['requestId'] as string;
    if (frame['type'] === undefined) {
      this.pending.get(requestId)?.(frame as unknown as DjiraAnswer);
      this.pending.delete(requestId);
      return;
    }
    if (this.pending.has(requestId)) this.errors.push(new Error('A change came before the answer.'));
    this.callbacks.get(requestId)?.(frame['data'], frame);
  }
}
