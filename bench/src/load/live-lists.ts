// Clients that each show the newest rows of one status, while a writer adds rows.

import { LIST_SIZE, LISTED_ROWS, rowFault, seededCount, seededIssue, type IssueInput } from '../work/issues.js';
import { clockMs } from '../work/clock.js';
import type { ChangeSeen, Page, StepsSeen } from './adapter.js';
import { Announcements } from './announcements.js';
import type { BareSocket } from './bare-socket.js';
import { assertFlawless, fault } from './faults.js';
import { connect, openMany, send, until, type Target, type Workload } from './workloads.js';

/** At most 20 writes a second. Each write waits until every client shows the previous one. */
const INTERVAL_MS = 50;
const STATUS = 'open';
const COUNT = seededCount(STATUS, LISTED_ROWS);

/** A server with live lists sends their steps. With other servers, each client fetches its page again. */
export class LiveLists implements Workload {
  private readonly announcements: Announcements;
  private writer: BareSocket | undefined;
  private written = 0;
  private last: IssueInput | undefined;

  constructor(
    private readonly target: Target,
    private readonly clients: number,
  ) {
    const { adapter } = target;
    this.announcements = new Announcements({
      readChange: (event) => (adapter.readSteps ? this.counted(adapter.readSteps(event)) : adapter.readChange(event)),
    });
  }

  async open(): Promise<void> {
    this.announcements.sockets.push(...(await openMany(this.clients, () => this.follow())));
    this.writer = await connect(this.target);
  }

  async round(durationMs: number): Promise<number> {
    const from = this.written;
    const end = clockMs() + durationMs;
    while (clockMs() < end) {
      const next = clockMs() + INTERVAL_MS;
      await this.write();
      assertFlawless();
      await until(next);
    }
    this.announcements.assertEven();
    return this.written - from;
  }

  private async follow(): Promise<BareSocket> {
    const { target } = this;
    const { adapter } = target;
    if (adapter.listen) {
      const listening = await connect(target, undefined, this.announcements.receive);
      this.check(await send(listening, adapter.listen(STATUS)));
      return listening;
    }
    const socket: BareSocket = await connect(target, undefined, (text) => void this.askAgain(socket, text));
    await send(socket, adapter.subscribe());
    this.check(await send(socket, adapter.newest(STATUS)));
    return socket;
  }

  /** A row was announced, so the page may have changed. */
  private async askAgain(socket: BareSocket, text: string): Promise<void> {
    this.check(await send(socket, this.target.adapter.newest(STATUS)));
    this.announcements.receive(text);
  }

  private async write(): Promise<void> {
    const n = ++this.written;
    const input = { ...seededIssue(n), title: `Written as number ${n}`, status: STATUS } as const;
    this.last = input;
    const { complete } = this.announcements.expect(input);
    await Promise.all([send(this.writer as BareSocket, this.target.adapter.create(input)), complete]);
  }

  private check(page: Page | undefined): void {
    const results = Array.isArray(page?.results) ? (page.results as unknown[]) : [];
    if (results.length !== LIST_SIZE || page?.count !== this.count)
      return fault(`a list of ${results.length} of ${String(page?.count)} rows, not of ${this.count}`);
    const wrong = this.last && rowFault(results[0], this.last);
    if (wrong !== undefined) fault(`the first row of a list ${wrong}`);
  }

  private counted(steps: StepsSeen | undefined): ChangeSeen | undefined {
    if (steps && steps.count !== this.count) fault(`a list of ${String(steps.count)} rows, not of ${this.count}`);
    return steps;
  }

  private get count(): number {
    return COUNT + this.written;
  }
}
