// `nestjs-jira load`: connects, subscribes, writes at a rate, and measures how long answers and change frames take.

import { setTimeout as delay } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import { Deliveries } from './deliveries.js';
import { Latencies, type Percentiles } from './latencies.js';
import type { LoadOptions } from './load-options.js';

export interface LoadResult {
  readonly connections: number;
  readonly subscriptions: number;
  /** Number of refusals and losses, by reason. */
  readonly errors: Readonly<Record<string, number>>;
  readonly writes: number;
  readonly deliveries: number;
  readonly resets: number;
  /** Time to connect. */
  readonly connectMs: Percentiles;
  /** Time from a write to its answer. */
  readonly writeMs: Percentiles;
  /** Time from a write to each of its change frames. */
  readonly deliveryMs: Percentiles;
}

interface Answer {
  readonly status: number;
  readonly data?: unknown;
  readonly position?: string;
}

/** A request without an answer within this time counts as lost. */
const ANSWER_MS = 30_000;
const TICK_MS = 10;
/** With this many writes in flight, the server is slower than the rate: further writes wait. */
const MAX_IN_FLIGHT = 1_000;
/** How long to wait after the last write for frames that are still on their way. */
const SETTLE_MS = 500;

export class Load {
  private readonly sockets: Socket[] = [];
  private readonly deliveries = new Deliveries();
  private readonly connects = new Latencies();
  private readonly answers = new Latencies();
  private readonly errors = new Map<string, number>();
  private subscriptions = 0;
  private requests = 0;
  private writes = 0;
  private inFlight = 0;
  private isEnding = false;

  constructor(private readonly options: LoadOptions) {}

  /** Connects, subscribes, writes, and closes. */
  async run(): Promise<LoadResult> {
    await this.connectAll();
    await this.writeAtRate();
    while (this.inFlight > 0) await delay(TICK_MS);
    await delay(SETTLE_MS);
    this.isEnding = true;
    for (const socket of this.sockets) socket.close();
    return this.result();
  }

  /** Ends the writing early; `run` then resolves with the measurements so far. */
  end(): void {
    this.isEnding = true;
  }

  result(): LoadResult {
    return {
      connections: this.sockets.length,
      subscriptions: this.subscriptions,
      errors: Object.fromEntries(this.errors),
      writes: this.writes,
      deliveries: this.deliveries.count,
      resets: this.deliveries.resets,
      connectMs: this.connects.percentiles(),
      writeMs: this.answers.percentiles(),
      deliveryMs: this.deliveries.latencies.percentiles(),
    };
  }

  private async connectAll(): Promise<void> {
    const { connections, ramp } = this.options;
    const opening: Promise<void>[] = [];
    for (let i = 0; i < connections && !this.isEnding; i++) {
      opening.push(this.connect(i));
      await delay(1_000 / ramp);
    }
    await Promise.all(opening);
    if (this.sockets.length === 0)
      throw new Error(`No connection was admitted: ${[...this.errors.keys()].join(', ') || 'interrupted'}`);
  }

  private async connect(i: number): Promise<void> {
    const { url, tokens, hook } = this.options;
    const token = tokens[i % tokens.length];
    const startedAt = performance.now();
    const auth = { jira: 2, ...(token !== undefined && { token }) };
    const socket = io(url, { auth, transports: ['websocket'], reconnection: false, forceNew: true });
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('connect_error', ({ message }) => {
        this.fail(message);
        resolve(false);
      });
    });
    if (!isOpen) return void socket.close();
    this.connects.add(performance.now() - startedAt);
    socket.on(hook, (frame: { readonly type?: unknown; readonly position?: unknown }) => {
      if (typeof frame.type === 'string' && typeof frame.position === 'string') this.deliveries.frame(frame.type, frame.position); // prettier-ignore
    });
    socket.once('disconnect', (reason) => {
      if (!this.isEnding) this.fail(`disconnected: ${reason}`);
    });
    await this.subscribe(socket);
    this.sockets.push(socket);
  }

  private async subscribe(socket: Socket): Promise<void> {
    const { subscriptions, filter } = this.options;
    for (let i = 0; i < subscriptions; i++) {
      const answer = await this.ask(socket, { method: 'SUBSCRIPTION', action: 'subscribe', query: filter });
      if (answer?.status === 200) this.subscriptions++;
    }
  }

  private async writeAtRate(): Promise<void> {
    const { writes, durationMs } = this.options;
    const startedAt = performance.now();
    let due = 0;
    for (let now = startedAt; now - startedAt < durationMs && !this.isEnding; now = performance.now()) {
      const wanted = Math.floor((writes * (now - startedAt)) / 1_000);
      while (due < wanted && this.inFlight < MAX_IN_FLIGHT) void this.write(due++);
      await delay(TICK_MS);
    }
  }

  private async write(n: number): Promise<void> {
    const { action, data } = this.options;
    const socket = this.sockets[n % this.sockets.length];
    const startedAt = performance.now();
    this.inFlight++;
    const answer = await this.ask(socket, { method: 'POST', action, data: JSON.parse(data.replaceAll('{n}', `${n}`)) as unknown }); // prettier-ignore
    this.inFlight--;
    if (!answer || answer.status >= 400) return;
    this.writes++;
    this.answers.add(performance.now() - startedAt);
    if (answer.position !== undefined) this.deliveries.written(answer.position, startedAt);
  }

  /** Resolves with `undefined` if no answer came. */
  private async ask(socket: Socket, request: object): Promise<Answer | undefined> {
    const frame = { requestId: `load-${this.requests++}`, ...request };
    try {
      const answer = (await socket.timeout(ANSWER_MS).emitWithAck(this.options.hook, frame)) as Answer;
      if (answer.status >= 400) this.fail(`${answer.status} ${(answer.data as { readonly code?: string }).code ?? ''}`);
      return answer;
    } catch {
      this.fail('no answer');
      return undefined;
    }
  }

  private fail(why: string): void {
    this.errors.set(why, (this.errors.get(why) ?? 0) + 1);
  }
}
