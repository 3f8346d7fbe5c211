// What happens while a client is told what it missed.

import type { ResumedData } from 'nestjs-jira-protocol';
import { describe, expect, it, vi } from 'vitest';
import { Hook, IsAuthenticated, ModelHook, type HookScope, type JiraOptions, type Visibility } from 'nestjs-jira';
import { Hub } from '../../libs/jira/src/live/delivery/hub.js';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { Issue, IssueView, seedTracker, TRACKER } from '../support/tracker.js';

class View extends IssueView {}

const MISSED = 'missed';

/** Shows the rows of the gap as slowly as the test says, and all rows to admins. */
@Hook('issues')
class SlowHook extends ModelHook<Issue> {
  entity = Issue;
  output = View;
  permissions = [IsAuthenticated];
  isAsked = false;
  private waiting?: Promise<void>;
  private go = (): void => undefined;

  override visibility({ user }: HookScope): Visibility<Issue> {
    return (user as { role?: string }).role === 'admin' ? true : { projectId: 1 };
  }

  override async serialize({ id, title }: Issue): Promise<unknown> {
    if (title === MISSED) {
      this.isAsked = true;
      await this.waiting;
    }
    return { id, title };
  }

  stop(): void {
    this.isAsked = false;
    this.waiting = new Promise((resolve) => (this.go = resolve));
  }

  release(): void {
    this.waiting = undefined;
    this.go();
  }
}

class World implements AsyncDisposable {
  private constructor(
    readonly app: TestApp,
    readonly hook: SlowHook,
  ) {}

  static async open(options: JiraOptions = {}): Promise<World> {
    const app = await createTestApp({ ...TRACKER, providers: [SlowHook], options });
    await seedTracker(app);
    return new World(app, app.get(SlowHook));
  }

  async subscribe(client: TestClient, resume: string | null = null): Promise<ResumedData> {
    const headers = { resume, ...(resume !== null && { snapshot: true }) };
    const answer = await client.call('issues', 'subscribe', 'SUBSCRIPTION', { headers });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer));
    return answer.data as ResumedData;
  }

  save(...titles: readonly string[]): Promise<Issue[]> {
    return this.app.dataSource.manager.save(Issue, titles.map((title) => ({ title, projectId: 1 }))); // prettier-ignore
  }

  /** Does this while what the client missed is being found out. */
  async during(client: TestClient, resume: string | undefined, work: () => Promise<unknown>): Promise<ResumedData> {
    this.hook.stop();
    const answered = this.subscribe(client, resume);
    await vi.waitUntil(() => this.hook.isAsked);
    await work();
    await this.app.get(Hub).idle();
    this.hook.release();
    return answered;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hook.release();
    await this.app.close();
  }
}

const titles = (numbers: number): string[] => Array.from({ length: numbers }, (_, n) => `${n}`);

describe('while a client is told what it missed', () => {
  it.each([-1, 0, 1])('as many commits as are held for it wait, and more make it refetch: %i more', async (more) => {
    await using world = await World.open({ limits: { heldFrames: 20 } });
    const { resume } = await world.subscribe(await world.app.connect(2));
    await world.save(MISSED);
    const client = await world.app.connect(2);
    const held = titles(20 + more);
    const answer = await world.during(client, resume, async () => {
      for (const title of held) await world.save(title);
    });
    expect(answer.changes).toMatchObject([{ type: 'added', data: { title: MISSED } }]);
    await client.settled('issues');
    const frames = client.changes('issues');
    const told = frames.some(({ type }) => type === 'reset') || frames.map(({ data }) => (data as Issue).title);
    expect(told).toEqual(more > 0 || held);
  });

  it('1,000 rows may change: each is told once, the ones of the gap before the others', async () => {
    await using world = await World.open();
    const { resume } = await world.subscribe(await world.app.connect(2));
    await world.save(MISSED);
    const client = await world.app.connect(2);
    const answer = await world.during(client, resume, async () => {
      for (let i = 0; i < 1_000; i += 50) await world.save(...titles(1_000).slice(i, i + 50));
    });
    expect(answer.changes).toMatchObject([{ data: { title: MISSED } }]);
    await client.settled('issues');
    expect(client.changes('issues').map(({ data }) => (data as Issue).title)).toEqual(titles(1_000));
  });

  it('rights that it loses by $authenticate count no more', async () => {
    await using world = await World.open();
    const { manager } = world.app.dataSource;
    const connect = () => world.app.connect(undefined, { token: 'user-2-admin' });
    const { resume } = await world.subscribe(await connect());
    await manager.save(Issue, { title: MISSED, projectId: 2 });
    const client = await connect();
    const answer = await world.during(client, resume, async () => {
      const renewed = await client.call('$connection', '$authenticate', 'POST', { data: { token: 'user-2' } });
      expect(renewed.status).toBe(200);
    });
    expect(answer).toMatchObject({ recovered: false, snapshot: { results: [] } });
    await manager.save(Issue, { title: 'another', projectId: 2 });
    await client.settled('issues');
    expect(JSON.stringify(client.frames)).not.toMatch(/missed|another/);
    // Nor does the old token open anything to who has those rights no more.
    const late = await world.subscribe(await world.app.connect(2), resume);
    expect(late).toMatchObject({ recovered: false, snapshot: { results: [] } });
  });

  it('the client may go: what it missed is told to the next one that comes back', async () => {
    await using world = await World.open();
    const { resume = '' } = await world.subscribe(await world.app.connect(2));
    await world.save(MISSED);
    const client = await world.app.connect(2);
    world.hook.stop();
    const gone = world.subscribe(client, resume).catch(() => undefined);
    await vi.waitUntil(() => world.hook.isAsked);
    client.close();
    const again = await world.app.connect(2);
    const answered = world.subscribe(again, resume);
    world.hook.release();
    expect((await answered).changes).toMatchObject([{ data: { title: MISSED } }]);
    await gone;
  });
});
