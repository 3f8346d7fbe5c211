// The load of each row: what one generator process does to one server.

import {
  PAGE_SIZE,
  rowFault,
  SEEDED_ROWS,
  seededCount,
  seededIssue,
  seededPage,
  SHARED_PROJECT,
  STATUSES,
  type IssueInput,
  type Status,
} from '../work/issues.js';
import { clockMs } from '../work/clock.js';
import type { Adapter, Request } from './adapter.js';
import { Announcements } from './announcements.js';
import { BareSocket } from './bare-socket.js';
import { assertFlawless, fault } from './faults.js';

/** One row's load. Call `open` once, and `round` any number of times; `round` returns the number of units done. */
export interface Workload {
  open(): Promise<void>;
  round(durationMs: number): Promise<number>;
  /** Cleans up after the measured part of a round. */
  tidy?(): Promise<void>;
}

export interface Target {
  readonly port: number;
  readonly adapter: Adapter;
}

/** Connections that each keep one request in flight: the next one is sent when the last is answered. */
export class Requests implements Workload {
  private sockets: BareSocket[] = [];
  private next = 0;

  constructor(
    private readonly target: Target,
    private readonly ask: (adapter: Adapter, socket: BareSocket, n: number) => Promise<void>,
    private readonly connections = 32,
  ) {}

  async open(): Promise<void> {
    this.sockets = await openMany(this.connections, () => connect(this.target));
  }

  async round(durationMs: number): Promise<number> {
    const from = this.next;
    const end = clockMs() + durationMs;
    await Promise.all(
      this.sockets.map(async (socket) => {
        while (clockMs() < end) await this.ask(this.target.adapter, socket, this.next++);
      }),
    );
    return this.next - from;
  }
}

export async function retrieve(adapter: Adapter, socket: BareSocket, n: number): Promise<void> {
  // 7 and the number of rows are coprime, so this reaches every row, in an order that no page follows.
  const id = ((n * 7) % SEEDED_ROWS) + 1;
  const wrong = rowFault(await send(socket, adapter.retrieve(id)), seededIssue(id), id);
  if (wrong !== undefined) fault(`the retrieved row ${wrong}`);
}

export async function list(adapter: Adapter, socket: BareSocket, n: number): Promise<void> {
  const { status, page, count, ids } = PAGES[n % PAGES.length];
  const answer = await send(socket, adapter.list(status, page));
  const results = Array.isArray(answer?.results) ? (answer.results as unknown[]) : [];
  if (answer?.count !== count || results.length !== ids.length)
    return fault(`a page of ${results.length} of ${String(answer?.count)} rows, not ${ids.length} of ${count}`);
  ids.forEach((id, index) => {
    const wrong = rowFault(results[index], seededIssue(id), id);
    if (wrong !== undefined) fault(`a listed row ${wrong}`);
  });
}

interface ExpectedPage {
  readonly status: Status;
  readonly page: number;
  readonly count: number;
  readonly ids: readonly number[];
}

const PAGES: readonly ExpectedPage[] = STATUSES.flatMap((status) => {
  const count = seededCount(status);
  return Array.from({ length: Math.floor(count / PAGE_SIZE) }, (_, index) => ({
    status,
    page: index + 1,
    count,
    ids: seededPage(status, index + 1),
  }));
});

/** One writer and many subscribers. The next write starts when all subscribers have the last row. */
export class FanOut implements Workload {
  readonly announcements: Announcements;
  protected writer: BareSocket | undefined;
  private written = 0;

  constructor(
    protected readonly target: Target,
    private readonly subscribers: number,
    private readonly unit: 'creates' | 'deliveries',
    private readonly audiences?: number,
  ) {
    this.announcements = new Announcements(target.adapter);
  }

  async open(): Promise<void> {
    this.announcements.sockets.push(
      ...(await openSubscribed(this.target, this.subscribers, this.audiences, this.announcements.receive)),
    );
    this.writer = await connect(this.target);
  }

  async round(durationMs: number): Promise<number> {
    let done = 0;
    const end = clockMs() + durationMs;
    while (clockMs() < end) {
      await this.write();
      done++;
      assertFlawless();
    }
    this.announcements.assertEven();
    return done * (this.unit === 'creates' ? 1 : this.subscribers);
  }

  /** Writes one row; resolves with the time at which the last subscriber got it. */
  protected async write(): Promise<number> {
    return this.announced(this.input(this.next()), this.target.adapter.create(this.input(this.written)));
  }

  /** Sends a write; resolves with the time at which the last subscriber got the expected row. */
  protected async announced(expected: IssueInput, request: Request<unknown>): Promise<number> {
    const { at } = await this.sendAnnounced(expected, request);
    return at;
  }

  protected async create(input: IssueInput): Promise<unknown> {
    const { row } = await this.sendAnnounced(input, this.target.adapter.create(input));
    return row;
  }

  private async sendAnnounced(
    expected: IssueInput,
    request: Request<unknown>,
  ): Promise<{ readonly row: unknown; readonly at: number }> {
    const { complete } = this.announcements.expect(expected);
    const overdue = setTimeout(() => {
      fault(`${this.announcements.missing} of ${this.subscribers} subscribers have waited ${PATIENCE_MS} ms for a row`);
    }, PATIENCE_MS);
    const [row, at] = await Promise.all([send(this.writer as BareSocket, request), complete]);
    clearTimeout(overdue);
    const wrong = row === true ? undefined : rowFault(row, expected);
    if (wrong !== undefined) fault(`the written row ${wrong}`);
    return { row, at };
  }

  protected next(): number {
    return ++this.written;
  }

  protected input(n: number): IssueInput {
    const projectId = this.audiences === undefined ? 1 : SHARED_PROJECT;
    return { ...seededIssue(n), title: `Written as number ${n}`, projectId };
  }
}

/** Like `FanOut`, with updates of seeded rows. */
export class Updates extends FanOut {
  private updated = 0;

  protected override async write(): Promise<number> {
    const n = ++this.updated;
    const id = ((n * 7) % SEEDED_ROWS) + 1;
    const title = `Updated as number ${n}`;
    return this.announced({ ...seededIssue(id), title }, this.target.adapter.update(id, { title }));
  }
}

/** Like `FanOut`, with rows that are created and then destroyed. */
export class Destroys extends FanOut {
  protected override async write(): Promise<number> {
    const input = this.input(this.next());
    const { id } = (await this.create(input)) as { id: number };
    return this.announced(input, this.target.adapter.destroy(id));
  }
}

const PATIENCE_MS = 15_000;

/** Writes at a fixed, modest rate, and records when the last subscriber got each row. */
export class Latency extends FanOut {
  private moments: number[] = [];

  override async round(durationMs: number): Promise<number> {
    this.moments = [];
    for (let at = clockMs(), end = at + durationMs; at < end; at += INTERVAL_MS) {
      await until(at);
      // One at a time: concurrent saves on one SQLite connection may share a commit, whose time would count twice.
      this.moments.push(await this.write());
    }
    this.announcements.assertEven();
    return this.moments.length;
  }

  /** Arrival times of the last round, in the order of the writes. */
  lastArrivals(): number[] {
    return this.moments;
  }
}

const INTERVAL_MS = 50;

/** Opens connections, 32 at a time, and closes them outside the measured time. */
export class Connects implements Workload {
  private sockets: BareSocket[] = [];

  constructor(
    private readonly target: Target,
    private readonly connections: number,
  ) {}

  open(): Promise<void> {
    return Promise.resolve();
  }

  async round(): Promise<number> {
    this.sockets = await openMany(this.connections, () => connect(this.target));
    return this.connections;
  }

  async tidy(): Promise<void> {
    await Promise.all(this.sockets.map((socket) => socket.close()));
    this.sockets = [];
  }
}

/** Subscribed connections that do nothing. `open` warms the server up with a few, so that one-time costs do not count. */
export class Idle implements Workload {
  constructor(
    private readonly target: Target,
    private readonly connections: number,
  ) {}

  async open(): Promise<void> {
    const first = await openSubscribed(this.target, 200, undefined);
    await Promise.all(first.map((socket) => socket.close()));
  }

  async round(): Promise<number> {
    await openSubscribed(this.target, this.connections, undefined);
    return this.connections;
  }
}

/** One subscriber to updates that the server itself makes. */
export class Listener implements Workload {
  private socket: BareSocket | undefined;

  constructor(private readonly target: Target) {}

  async open(): Promise<void> {
    [this.socket] = await openSubscribed(this.target, 1, undefined, () => undefined);
  }

  /** Waits until all events have arrived; returns how many there were since the last call. */
  async round(): Promise<number> {
    const socket = this.socket as BareSocket;
    // The answer arrives after everything that was sent before it.
    await send(socket, this.target.adapter.retrieve(1));
    const { events } = socket;
    socket.events = 0;
    return events;
  }
}

export async function send<Result>(socket: BareSocket, request: Request<Result>): Promise<Result | undefined> {
  const answer = await socket.call(request.args);
  const result = request.read(answer);
  if (result === undefined)
    fault(`${JSON.stringify(request.args)} was answered ${JSON.stringify(answer).slice(0, 300)}`);
  return result;
}

export function connect(target: Target, audience?: number, onEvent?: (text: string) => void): Promise<BareSocket> {
  return BareSocket.open(target.port, target.adapter.auth(audience), onEvent);
}

function openSubscribed(
  target: Target,
  count: number,
  audiences: number | undefined,
  onEvent?: (text: string) => void,
): Promise<BareSocket[]> {
  return openMany(count, async (n) => {
    const audience = audiences === undefined ? undefined : n % audiences;
    const socket = await connect(target, audience, onEvent);
    await send(socket, target.adapter.subscribe(audience));
    return socket;
  });
}

const CONNECTING_AT_ONCE = 32;

export async function openMany(count: number, open: (n: number) => Promise<BareSocket>): Promise<BareSocket[]> {
  const sockets: BareSocket[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) sockets.push(await open(next++));
  };
  await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, lane));
  assertFlawless();
  return sockets;
}

export function until(moment: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, moment - clockMs())));
}
