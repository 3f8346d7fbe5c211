// A client as docs/protocol.md describes it: it keeps rows, a token and a position, loses its connection, and resumes.

import type { ChangeFrame, ResumedChange, ResumedData } from 'nestjs-jira-protocol';
import type { TestApp, TestClient } from '../../support/app.js';
import type { Filter, Shown } from './oracle.js';

export class Follower {
  rows = new Map<number, Shown>();
  /** Ids of all rows that it was told of since the last cut. */
  readonly told = new Set<number>();
  recovered = 0;
  refetched = 0;
  private client!: TestClient;
  private channel = '';
  private token: string | null = null;
  /** All changes up to this position have arrived. Of the newest position, more may be on their way. */
  private complete?: string;
  private newest?: string;
  private heardAt = Date.now();
  private count = 0;
  /** It was told to refetch, and does not have the rows yet. */
  private isStale = false;
  private fetching?: Promise<unknown>;

  constructor(
    readonly userId: number,
    readonly namespace: string,
    readonly filter: Filter,
  ) {}

  /**
   * Connects, and brings the rows up to date.
   *
   * @param isLate whether the client notices only now that its connection was lost
   */
  async connect(app: TestApp, isLate = false): Promise<void> {
    this.client = await app.connect(this.userId);
    this.count = 0;
    const { complete: position } = this;
    const token = this.isStale ? null : this.token;
    const silentMs = isLate ? 0 : Date.now() - this.heardAt;
    const headers = { resume: token, ...(token !== null && { position, silentMs }), snapshot: { ...this.filter, page_size: 100 } };
    const answer = await this.client.call(this.namespace, 'subscribe', 'SUBSCRIPTION', { query: this.filter, headers });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer));
    const { channel, resume = null, recovered, changes = [], snapshot, position: begin } = answer.data as ResumedData;
    [this.channel, this.token, this.complete, this.newest] = [channel, resume, begin, begin];
    if (recovered) this.recovered++;
    else this.replace(snapshot);
    for (const change of changes) this.apply(change);
    this.read();
  } // prettier-ignore

  /** Applies the changes that have arrived. */
  read(): void {
    const frames = this.client.changes(this.namespace).slice(this.count);
    this.count += frames.length;
    for (const frame of frames) {
      this.heardAt = Date.now();
      this.channel = frame.channel;
      if (frame.position !== this.newest) [this.complete, this.newest] = [this.newest, frame.position];
      if (frame.type === 'reset') this.fetching = this.fetch();
      else this.apply(frame as ChangeFrame & ResumedChange);
    }
  }

  /** Resolves when it holds everything that was committed before the call. */
  async settle(): Promise<void> {
    await this.client.settled(this.namespace);
    this.read();
    await this.fetching;
    this.read();
  }

  /** Loses the connection, and with it whatever is on its way. */
  cut(): void {
    this.read();
    this.told.clear();
    this.client.close();
  }

  close(): void {
    this.client.close();
  }

  private async fetch(): Promise<void> {
    this.isStale = true;
    const { client } = this;
    const query = { ...this.filter, page_size: 100 };
    const answer = await client.call(this.namespace, 'list', 'GET', { query }).catch(() => undefined);
    if (answer && client === this.client) this.replace(answer.data);
  }

  private replace(list: unknown): void {
    this.refetched++;
    this.isStale = false;
    const { results } = list as { results: Shown[] };
    this.rows = new Map(results.map((row) => [row.id, row]));
  }

  private apply({ type, id, data }: ResumedChange): void {
    this.told.add(id as number);
    if (type === 'removed') this.rows.delete(id as number);
    else this.rows.set(id as number, data as Shown);
  }
}
