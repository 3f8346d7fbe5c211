// The tracker of the tests with clients of it, all closed when the test's block ends.

import { createClient, type ClientOptions, type JiraClient } from 'nestjs-jira-client';
import type { ApiOf } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestAppOptions } from '../support/app.js';
import { seedTracker, TRACKER, type IssueHook, type ProjectHook } from '../support/tracker.js';

export type TrackerApi = ApiOf<{ issues: IssueHook; projects: ProjectHook }>;

/** Ada (1) is in both projects, Grace (2) in the first alone. */
export class TrackerClients implements AsyncDisposable {
  private readonly clients: { close(): void }[] = [];

  constructor(readonly app: TestApp) {}

  static async start(more: Partial<TestAppOptions> = {}): Promise<TrackerClients> {
    const app = await createTestApp({ ...TRACKER, ...more });
    await seedTracker(app);
    return new TrackerClients(app);
  }

  client(userId: number, options: ClientOptions = {}): JiraClient<TrackerApi> {
    const auth = { token: `user-${userId}` };
    const quick = { reconnectMinMs: 10, reconnectMaxMs: 40, resetJitterMs: 0 };
    const jira = createClient<TrackerApi>(this.app.url, { auth, ...quick, ...options });
    this.clients.push(jira);
    return jira;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const jira of this.clients) jira.close();
    await this.app.close();
  }
}
