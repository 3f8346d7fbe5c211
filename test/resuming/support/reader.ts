// A client of the client library that keeps the rows it is told of, and records changes that it is told twice.

import { createClient, type Change, type ClientOptions, type Crud } from 'nestjs-jira-client';
import type { Row } from './world.js';

type Api = { followed: Crud<Row> };

export class Reader {
  readonly rows = new Map<number, Row>();
  /** How often it has resumed. */
  recovered = 0;
  resets = 0;
  /** Changes that it was told a second time. */
  readonly twice: string[] = [];
  readonly ready: Promise<void>;
  private readonly jira: ReturnType<typeof createClient<Api>>;
  /** Position of the last change of each row, by id. */
  private readonly newest = new Map<number, string | undefined>();

  constructor(
    url: string,
    readonly userId: number,
    readonly isOpenOnly: boolean,
    options: ClientOptions = {},
  ) {
    const auth = { token: `user-${userId}` };
    this.jira = createClient<Api>(url, { auth, transports: ['websocket'], ...options });
    const query = isOpenOnly ? { status: 'open' } : {};
    const subscription = this.jira.hook('followed').subscribe(query, (change) => this.take(change), {
      onState: (_state, _reason, recovered) => {
        if (recovered) this.recovered++;
      },
    });
    this.ready = subscription.ready;
  }

  get isConnected(): boolean {
    return this.jira.connection.state === 'connected';
  }

  close(): void {
    this.jira.close();
  }

  /** Creates an issue. Rejects as soon as the server is gone. */
  create(title: string): Promise<Row> {
    return this.jira.hook('followed').create({ title, projectId: 1 });
  }

  private async refetch(): Promise<void> {
    const query = this.isOpenOnly ? { status: 'open' } : {};
    const { results } = await this.jira.hook('followed').list({ ...query, page_size: 100 });
    this.rows.clear();
    for (const row of results) this.rows.set(row.id, row);
  }

  private take(change: Change<Row>): void {
    if (change.type === 'reset') {
      this.resets++;
      void this.refetch().catch(() => undefined);
      return;
    }
    const { type, data, position } = change;
    const id = change.id as number;
    if (position !== undefined && this.newest.get(id) === position) this.twice.push(`${type} ${id}`);
    this.newest.set(id, position);
    if (type === 'removed') this.rows.delete(id);
    else this.rows.set(id, data);
  }
}
