import { describe, expect, it } from 'vitest';
import { createClient, type ClientOptions, type JiraClient } from 'nestjs-jira-client';
import type { ApiOf } from 'nestjs-jira';
import { inspect } from '../../libs/client/src/client.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { seedTracker, TRACKER, type IssueHook, type ProjectHook } from '../support/tracker.js';
import { failureOf } from './support.js';

type Api = ApiOf<{ issues: IssueHook; projects: ProjectHook }>;

/** The tracker with Ada (1), who is in both projects, and Grace (2), who is in the first alone. */
class Tracker implements AsyncDisposable {
  private readonly clients: { close(): void }[] = [];

  constructor(readonly app: TestApp) {}

  static async start(): Promise<Tracker> {
    const app = await createTestApp(TRACKER);
    await seedTracker(app);
    return new Tracker(app);
  }

  client(userId: number, options: ClientOptions = {}): JiraClient<Api> {
    const auth = { token: `user-${userId}` };
    const jira = createClient<Api>(this.app.url, { auth, reconnectMinMs: 10, reconnectMaxMs: 40, ...options });
    this.clients.push(jira);
    return jira;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const jira of this.clients) jira.close();
    await this.app.close();
  }
}

describe('the client and the server', () => {
  it('call each other by the verbs', async () => {
    await using tracker = await Tracker.start();
    const issues = tracker.client(1).hook('issues');
    const created = await issues.create({ title: 'Ship it', projectId: 1 });
    expect(created).toEqual({ id: 1, title: 'Ship it', status: 'open', projectId: 1 });
    expect(await issues.list({ status: 'open' })).toMatchObject({ count: 1, results: [created] });
    expect(await issues.get(1)).toEqual(created);
    expect(await issues.patch(1, { status: 'doing' })).toMatchObject({ status: 'doing', title: 'Ship it' });
    expect(await issues.action('close', { id: 1 })).toMatchObject({ status: 'done' });
    expect(await issues.destroy(1)).toBeNull();
    expect(await failureOf(issues.retrieve(1))).toMatchObject({ code: 'NOT_FOUND', status: 404 });
    const error = await failureOf(issues.create({ title: '', projectId: 1 }));
    expect(error).toMatchObject({ code: 'VALIDATION_FAILED', status: 400, errors: { title: [expect.any(String)] } });
  });

  it('are refused and accepted by their credentials', async () => {
    await using tracker = await Tracker.start();
    const jira = tracker.client(1, { auth: { token: 'nonsense' } });
    expect(await failureOf(jira.hook('issues').list())).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
    expect(jira.connection.state).toBe('refused');
    jira.connect({ token: 'user-1' });
    expect(await jira.hook('issues').list()).toMatchObject({ count: 0 });
  });

  it("keep one user's list current with another's writes, and show each what is his", async () => {
    await using tracker = await Tracker.start();
    const [ada, grace] = [tracker.client(1), tracker.client(2)];
    let seen: readonly string[] = [];
    const stop = grace.listen(grace.hook('issues').list({ status: 'open' }), (rows) => {
      seen = rows.map(({ title }) => title);
    });
    await stop.ready;
    const issues = ada.hook('issues');
    await issues.create({ title: 'a', projectId: 1 });
    await issues.create({ title: 'hidden', projectId: 2 });
    const b = await issues.create({ title: 'b', projectId: 1 });
    await expect.poll(() => seen).toEqual(['a', 'b']);
    await issues.patch(b.id, { title: 'B' });
    await expect.poll(() => seen).toEqual(['a', 'B']);
    await issues.action('close', { id: 1 });
    await expect.poll(() => seen).toEqual(['B']);
  });

  it('come together again after a lost connection', async () => {
    await using tracker = await Tracker.start();
    const [ada, grace] = [tracker.client(1), tracker.client(2)];
    const heard: string[] = [];
    const stop = grace
      .hook('issues')
      .subscribe({ projectId: 1 }, ({ type, id }) => void heard.push(`${type} ${JSON.stringify(id)}`), {
        onState: (state) => void heard.push(state),
      });
    await stop.ready;
    await ada.hook('issues').create({ title: 'a', projectId: 1 });
    await expect.poll(() => heard).toEqual(['subscribed', 'added 1']);
    grace.connect({ token: 'user-2' });
    await expect.poll(() => heard.slice(2)).toEqual(['subscribing', 'subscribed']);
    await ada.hook('issues').create({ title: 'b', projectId: 1 });
    await expect.poll(() => heard.slice(4)).toEqual(['added 2']);
    stop();
    await expect.poll(() => inspect(grace)).toMatchObject({ subscriptions: 0, channels: 0, unacknowledged: 0 });
  });

  it('give the answer to a write the position of the change it makes', async () => {
    await using tracker = await Tracker.start();
    const issues = tracker.client(1).hook('issues');
    const positions: string[] = [];
    await issues.subscribe(({ position }) => void positions.push(position)).ready;
    const { position } = await issues.create({ title: 'a', projectId: 1 }).answer();
    await expect.poll(() => positions).toEqual([position]);
  });

  it('refuse a subscription with a filter that is none', async () => {
    await using tracker = await Tracker.start();
    const stop = tracker
      .client(1)
      .hook('issues')
      .subscribe({ colour: 'red' } as object, () => undefined, {
        onState: () => undefined,
      });
    expect(await failureOf(stop.ready)).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: { colour: [expect.any(String)] },
    });
  });
});
