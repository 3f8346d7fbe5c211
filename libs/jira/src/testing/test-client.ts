// A raw Socket.IO client: it keeps every frame, and a test can wait for one.

import { io, type Socket } from 'socket.io-client';
import {
  CANCEL_ACTION,
  type AnswerFrame,
  type ApiDescription,
  type ChangeFrame,
  type Method,
} from 'nestjs-jira-protocol';
import type { ActionOf, AnswerOf, FilterOf, InputOf, NamespaceOf, QueryOf } from './described.js';

/** What a request carries besides its action. */
export interface TestCall<Input = unknown, Params = object> {
  /** Id of the request. @default a new one */
  readonly requestId?: string;
  readonly data?: Input;
  readonly query?: Params;
  readonly headers?: object;
}

/** An open subscription. */
export interface TestSubscription {
  /** The request that opened it. */
  readonly requestId: string;
  readonly channel: string;
  readonly position: string;
}

/** How long to wait for something that should come at once, in ms: the machine may be busy. */
const PATIENCE_MS = 30_000;

// The client waits in real time, even if a test uses a fake clock.
const { setTimeout: later, clearTimeout: forget } = globalThis;

let requests = 0;

/**
 * A Socket.IO client for tests. It keeps every frame, and a test can wait for frames.
 *
 * @typeParam Api as for `createClient`; without it, calls may name any namespace and action, and take anything
 */
export class TestClient<Api = ApiDescription> {
  readonly socket: Socket;
  /** Frames that arrived as events, oldest first. */
  readonly frames: { event: string; frame: Record<string, unknown> }[] = [];
  private readonly waiting = new Set<() => void>();

  /** @param auth the handshake's credentials. Add `jira: 2`, or the connection has djira's dialect. */
  constructor(url: string, auth: Record<string, unknown>) {
    this.socket = io(url, {
      auth,
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      useNativeTimers: true,
    });
    this.socket.onAny((event: string, frame: Record<string, unknown>) => {
      this.frames.push({ event, frame });
      for (const check of this.waiting) check();
    });
  }

  /** Resolves when the client is connected. Rejects with the error if the handshake is refused. */
  connected(): Promise<void> {
    if (this.socket.connected) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.socket.once('connect', resolve);
      this.socket.once('connect_error', reject);
    });
  }

  /** Sends a request and resolves with its answer, whatever its status. */
  async call<N extends NamespaceOf<Api>, A extends ActionOf<Api, N>>(
    namespace: N,
    action: A,
    method: Method,
    call: TestCall<InputOf<Api[N][A]>, QueryOf<Api[N][A]>> = {},
  ): Promise<AnswerOf<Api[N][A]>> {
    return (await this.send(namespace, action, method, call)) as AnswerOf<Api[N][A]>;
  }

  /** Subscribes to a hook's rows. Rejects unless the answer is 200. */
  subscribe<N extends NamespaceOf<Api>>(namespace: N, query?: FilterOf<Api[N]>): Promise<TestSubscription>;
  /** Subscribes through another action of the hook. */
  subscribe<N extends NamespaceOf<Api>, A extends ActionOf<Api, N>>(
    namespace: N,
    action: A,
    query?: QueryOf<Api[N][A]>,
  ): Promise<TestSubscription>;
  async subscribe(
    namespace: NamespaceOf<Api>,
    first: string | object = {},
    second: object = {},
  ): Promise<TestSubscription> {
    const [action, query] = typeof first === 'string' ? [first, second] : ['subscribe', first];
    const requestId = `s${++requests}`;
    const answer = await this.send(namespace, action, 'SUBSCRIPTION', { requestId, query });
    if (answer.status !== 200) throw new Error(`${action} was answered ${JSON.stringify(answer)}`);
    return { requestId, ...(answer.data as { channel: string; position: string }) };
  }

  /** Ends a subscription, whichever action opened it. */
  async unsubscribe(namespace: NamespaceOf<Api>, { requestId }: Pick<TestSubscription, 'requestId'>): Promise<void> {
    const answer = await this.send(namespace, CANCEL_ACTION, 'SUBSCRIPTION', { data: { target: requestId } });
    if (answer.status !== 200) throw new Error(`${CANCEL_ACTION} was answered ${JSON.stringify(answer)}`);
  }

  /** Changes received so far on a namespace, or on one channel of it, oldest first. */
  changes(namespace: NamespaceOf<Api>, channel?: string): ChangeFrame[] {
    return this.frames.flatMap(({ event, frame }) => {
      const isMeant = channel === undefined || frame['channel'] === channel;
      return event === namespace && typeof frame['type'] === 'string' && isMeant
        ? [frame as unknown as ChangeFrame]
        : [];
    });
  }

  /** Resolves with the first `count` changes of a namespace, or of one channel of it. */
  async nextChanges(namespace: NamespaceOf<Api>, count: number, channel?: string): Promise<ChangeFrame[]> {
    await this.until(() => this.changes(namespace, channel).length >= count);
    return this.changes(namespace, channel).slice(0, count);
  }

  /** Resolves when the condition holds. Checks it at every frame. Rejects with all frames if it does not hold in time. */
  until(condition: () => boolean, timeoutMs = PATIENCE_MS / 2): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = later(() => {
        this.waiting.delete(check);
        reject(new Error(`No matching frame within ${timeoutMs} ms. Frames: ${JSON.stringify(this.frames)}`));
      }, timeoutMs);
      const check = (): void => {
        if (!condition()) return;
        forget(timer);
        this.waiting.delete(check);
        resolve();
      };
      this.waiting.add(check);
    });
  }

  /**
   * Resolves when this client has all changes that were committed before the call. Await it to prove that nothing came. It opens
   * a subscription, which begins after those changes.
   */
  async settled(namespace: NamespaceOf<Api>): Promise<void> {
    const { requestId } = await this.subscribe(namespace);
    await this.send(namespace, 'unsubscribe', 'SUBSCRIPTION', { data: { target: requestId } });
  }

  close(): void {
    this.socket.disconnect();
  }

  private async send(namespace: string, action: string, method: Method, call: TestCall): Promise<AnswerFrame> {
    const { requestId = `r${++requests}`, ...rest } = call;
    const frame = { requestId, method, action, ...rest };
    return (await this.socket.timeout(PATIENCE_MS).emitWithAck(namespace, frame)) as AnswerFrame;
  }
}
