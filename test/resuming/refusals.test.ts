// What cannot be resumed is told to refetch, and nothing more.

import { Expose } from 'class-transformer';
import type { ResumedData } from 'nestjs-jira-protocol';
import { describe, expect, it, vi } from 'vitest';
import {
  Authorization,
  Hook,
  IsAuthenticated,
  ModelHook,
  observer,
  type HookScope,
  type JiraOptions,
} from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { Issue, IssueHook, IssueView, Member, seedTracker, TRACKER } from '../support/tracker.js';

type Hooks = NonNullable<Parameters<typeof createTestApp>[0]['providers']>;

async function start(options: JiraOptions = {}, providers: Hooks = TRACKER.providers): Promise<TestApp> {
  const app = await createTestApp({ ...TRACKER, providers, options });
  await seedTracker(app);
  return app;
}

async function subscribe(
  client: TestClient,
  headers: object,
  { namespace = 'issues', action = 'subscribe', query = {} } = {},
): Promise<ResumedData> {
  const answer = await client.call(namespace, action, 'SUBSCRIPTION', { headers, query });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer));
  return answer.data as ResumedData;
}

const tokenOf = async (app: TestApp, namespace = 'issues') =>
  (await subscribe(await app.connect(2), { resume: null }, { namespace })).resume;

describe('a token', () => {
  it.each([-1, 0, 1])('is of use as long as the history reaches back to it: %i commits beyond', async (beyond) => {
    await using app = await start({ resume: { history: { commits: 20 } } });
    const resume = await tokenOf(app);
    for (let i = 0; i < 20 + beyond; i++) await app.dataSource.manager.save(Issue, { title: `${i}`, projectId: 1 });
    const answer = await subscribe(await app.connect(2), { resume });
    expect([answer.recovered, answer.changes?.length]).toEqual(beyond > 0 ? [false, undefined] : [true, 20 + beyond]);
  });

  it('of another user, hook, filter or form of the token is none, and all are answered alike', async () => {
    await using app = await start();
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    const first = await subscribe(ada, { resume: null });
    const { resume = '' } = first;
    const filtered = await subscribe(ada, { resume: null }, { query: { status: 'open' } });
    const of = (answer: ResumedData) => Object.keys(answer).toSorted();
    const refused = [
      await subscribe(grace, { resume }),
      await subscribe(ada, { resume }, { namespace: 'projects' }),
      await subscribe(ada, { resume }, { query: { status: 'open' } }),
      await subscribe(ada, { resume: filtered.resume }),
      await subscribe(ada, { resume: `${resume.startsWith('A') ? 'B' : 'A'}${resume.slice(1)}` }),
      await subscribe(ada, { resume: `${resume.slice(0, -1)}${resume.endsWith('A') ? 'B' : 'A'}` }),
      await subscribe(ada, { resume: resume.slice(1) }),
      await subscribe(ada, { resume: '' }),
    ];
    for (const answer of refused) {
      expect(answer.recovered).toBe(false);
      expect(of(answer)).toEqual(of(first));
    }
    expect((await subscribe(ada, { resume })).recovered).toBe(true);
  });

  it('cannot be made to reach back further than its subscribe', async () => {
    await using app = await start();
    const ada = await app.connect(2);
    const { position } = await subscribe(ada, { resume: null });
    const { id } = await app.dataSource.manager.save(Issue, { title: 'before', projectId: 1 });
    const { resume } = await subscribe(ada, { resume: null });
    await app.dataSource.manager.delete(Issue, id);
    expect((await subscribe(ada, { resume, position })).changes).toMatchObject([{ type: 'removed', id }]);
    await app.dataSource.manager.save(Issue, { title: 'after', projectId: 1 });
    const late = await subscribe(ada, { resume: null });
    expect((await subscribe(ada, { resume: late.resume, position })).changes).toEqual([]);
    expect((await subscribe(ada, { resume: late.resume, position: 'nonsense' })).changes).toEqual([]);
  });

  it('is nothing to a process that was started anew without the others', async () => {
    const old = await start();
    const resume = await tokenOf(old);
    await old.close();
    await using fresh = await start();
    expect((await subscribe(await fresh.connect(2), { resume })).recovered).toBe(false);
  });

  it('is nothing to a deployment that shows other columns', async () => {
    class WiderView extends IssueView {
      @Expose() secret: string;
    }
    @Hook('issues')
    class WiderHook extends IssueHook {
      output = WiderView;
    }
    const shapes = new Set<string | undefined>();
    for (const hook of [IssueHook, WiderHook]) {
      await using app = await start({}, [hook]);
      shapes.add(app.get<IssueHook>(hook).changes.resuming?.shape);
    }
    expect(shapes.size).toBe(2);
  });
});

describe('a client that comes back refetches', () => {
  it('when it missed more rows than an answer may hold', async () => {
    await using app = await start({ resume: { maxRows: 5 } });
    const resume = await tokenOf(app);
    const issues = await app.dataSource.manager.save(Issue, Array.from({ length: 5 }, () => ({ title: 'a', projectId: 1 }))); // prettier-ignore
    await app.dataSource.manager.save(
      Issue,
      Array.from({ length: 9 }, () => ({ title: 'hidden', projectId: 2 })),
    );
    await app.dataSource.manager.update(Issue, issues[0].id, { title: 'b' });
    expect((await subscribe(await app.connect(2), { resume })).changes).toHaveLength(5);
    await app.dataSource.manager.save(Issue, { title: 'one too many', projectId: 1 });
    expect((await subscribe(await app.connect(2), { resume })).recovered).toBe(false);
  });

  it('when rows changed that nobody could name', async () => {
    await using app = await start();
    const resume = await tokenOf(app);
    app.changes.gap(Issue);
    expect((await subscribe(await app.connect(2), { resume })).recovered).toBe(false);
    const after = await tokenOf(app);
    expect((await subscribe(await app.connect(2), { resume: after })).recovered).toBe(true);
  });

  it('when a row that it missed cannot be shown', async () => {
    @Hook('issues')
    class FailingHook extends IssueHook {
      serialize(issue: Issue): unknown {
        if (issue.title === 'broken') throw new Error('planned');
        return { id: issue.id };
      }
    }
    await using app = await start({}, [FailingHook]);
    const resume = await tokenOf(app);
    const { id } = await app.dataSource.manager.save(Issue, { title: 'fine', projectId: 1 });
    expect((await subscribe(await app.connect(2), { resume })).changes).toMatchObject([{ id, data: { id } }]);
    await app.dataSource.manager.save(Issue, { title: 'broken', projectId: 1 });
    expect((await subscribe(await app.connect(2), { resume })).recovered).toBe(false);
    await app.dataSource.manager.delete(Issue, { title: 'broken' });
    expect((await subscribe(await app.connect(2), { resume })).recovered).toBe(true);
  });

  it('when its rights were looked at again meanwhile, and nobody else does', async () => {
    await using app = await start();
    const resume = await tokenOf(app);
    await app.get(Authorization).refresh(1);
    expect((await subscribe(await app.connect(2), { resume })).recovered).toBe(true);
    await app.get(Authorization).refresh(2);
    expect((await subscribe(await app.connect(2), { resume })).recovered).toBe(false);
  });

  it('when a row that decides went and came again under the same key', async () => {
    await using app = await start();
    const { manager } = app.dataSource;
    const resume = await tokenOf(app);
    const { id } = await manager.findOneByOrFail(Member, { userId: 1, projectId: 2 });
    await manager.delete(Member, id);
    expect((await subscribe(await app.connect(2), { resume })).recovered).toBe(true);
    await manager.insert(Member, { id, userId: 1, projectId: 2 });
    expect((await subscribe(await app.connect(2), { resume })).recovered).toBe(false);
  });

  it('when code decides who sees what, or sends changes by itself, and is given no token', async () => {
    @Hook('guarded')
    class GuardedHook extends IssueHook {
      override async checkObjectPermissions(): Promise<void> {}
    }
    @Hook('personal')
    class PersonalHook extends IssueHook {
      serialize({ id }: Issue, { user }: HookScope): unknown {
        return { id, user: (user as { id: number }).id };
      }
    }
    @Hook('named')
    class NamedHook extends PersonalHook {
      override audience({ user }: HookScope): string {
        return String((user as { id: number }).id);
      }
    }
    @Hook('handled')
    class HandledHook extends IssueHook {
      override changes = observer(Issue, { handler: () => undefined });
    }
    await using app = await start({}, [GuardedHook, PersonalHook, NamedHook, HandledHook]);
    for (const namespace of ['guarded', 'personal', 'handled']) {
      const answer = await subscribe(await app.connect(2), { resume: null }, { namespace });
      expect(answer).toEqual({ channel: expect.any(String) as string, position: expect.any(String) as string, recovered: false }); // prettier-ignore
    }
    const resume = await tokenOf(app, 'named');
    const { id } = await app.dataSource.manager.save(Issue, { title: 'a', projectId: 1 });
    const answer = await subscribe(await app.connect(2), { resume }, { namespace: 'named' });
    expect(answer.changes).toMatchObject([{ type: 'added', data: { id, user: 2 } }]);
  });
});

describe('what is held while a client is told what it missed', () => {
  it('comes after the answer, each change once', async () => {
    let release = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (release = resolve));
    let isSlow = false;
    let isAsked = false;
    class View extends IssueView {}
    @Hook('issues')
    class SlowHook extends ModelHook<Issue> {
      entity = Issue;
      output = View;
      permissions = [IsAuthenticated];

      async serialize({ id, title }: Issue): Promise<unknown> {
        isAsked = isSlow;
        if (isSlow) await waiting;
        return { id, title };
      }
    }
    await using app = await start({}, [SlowHook]);
    const { manager } = app.dataSource;
    const resume = await tokenOf(app);
    const { id } = await manager.save(Issue, { title: 'missed', projectId: 1 });
    isSlow = true;
    const client = await app.connect(2);
    const answered = subscribe(client, { resume });
    await vi.waitUntil(() => isAsked);
    await manager.update(Issue, id, { title: 'held' });
    release();
    const answer = await answered;
    expect(answer.changes).toMatchObject([{ type: 'added', id, data: { title: 'missed' } }]);
    expect(await client.nextChanges('issues', 1)).toMatchObject([{ type: 'modified', id, data: { title: 'held' } }]);
    await client.settled('issues');
    expect(client.changes('issues')).toHaveLength(1);
  });
});
