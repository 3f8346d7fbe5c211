import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  Action,
  ActionScope,
  BaseHook,
  Connections,
  DEFAULT_LIMITS,
  Hook,
  HookScope,
  JiraServer,
  ModelHook,
  observer,
  type Visibility,
} from 'nestjs-jira';
import { RESOLVED_OPTIONS, resolveOptions } from '../../libs/jira/src/nest/module/jira-options.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { Issue, IssueHook, IssueView, Member, Project, seedTracker, TRACKER } from '../support/tracker.js';

@Injectable()
class PlainHook extends BaseHook {
  constructor(private readonly jira: JiraServer) {
    super();
  }

  @Action()
  greet(scope: ActionScope) {
    this.jira.emit('greeted', scope.user.id);
    return `hello ${scope.user.id}`;
  }
}

/** Only one's own tasks, by a hand-made query. */
@Hook('narrow')
class NarrowHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  override getQuery(scope: HookScope) {
    return super.getQuery(scope).where('row.projectId = :project', { project: scope.user.id });
  }
}

/** The ready-made subscription, told otherwise. */
@Hook('terse')
class TerseHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  override changes = observer(Issue, { serialize: ({ title }) => title });
  override visibility(scope: HookScope): Visibility<Issue> {
    return { project: { members: { userId: scope.user.id } } };
  }
}

describe('hooks', () => {
  it('are registered by namespace in the options, as providers or not', async () => {
    await using one = await createTestApp({ ...TRACKER, options: { hooks: { plain: PlainHook } } });
    await using two = await createTestApp({
      ...TRACKER,
      providers: [...TRACKER.providers, PlainHook],
      options: { hooks: { plain: PlainHook } },
    });
    for (const app of [one, two]) {
      const ada = await app.connect(1);
      expect(await ada.call('plain', 'greet', 'GET')).toMatchObject({ status: 200, data: 'hello 1' });
      await ada.until(() => ada.frames.some(({ event }) => event === 'greeted'));
    }
  });

  it('are refused under two namespaces', async () => {
    const starting = createTestApp({ ...TRACKER, options: { hooks: { tickets: IssueHook } } });
    await expect(starting).rejects.toThrow('IssueHook has the namespace "issues" but is configured as "tickets".');
  });

  it('that narrow their query cannot be subscribed to, as nobody could ask it of rows that are gone', async () => {
    await using app = await createTestApp({ entities: [Project, Member, Issue], providers: [NarrowHook] });
    const ada = await app.connect(1);
    expect(await ada.call('narrow', 'list', 'GET')).toMatchObject({ status: 200 });
    expect(await ada.call('narrow', 'subscribe', 'SUBSCRIPTION')).toMatchObject({ status: 500 });
  });

  it('may say how their ready-made subscription is served', async () => {
    await using app: TestApp = await createTestApp({ entities: [Project, Member, Issue], providers: [TerseHook] });
    await seedTracker(app);
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    await ada.subscribe('terse');
    await grace.subscribe('terse');
    await app.dataSource.manager.save(Issue, [{ title: 'private', projectId: 2 }, { title: 'shared', projectId: 1 }]); // prettier-ignore
    await ada.nextChanges('terse', 2);
    await grace.settled('terse');
    expect(ada.changes('terse').map(({ data }) => data)).toEqual(['private', 'shared']);
    expect(grace.changes('terse').map(({ data }) => data)).toEqual(['shared']);
  });
});

describe('the options', () => {
  it('have a default each', () => {
    const { userKey, pagination, ...options } = resolveOptions({});
    expect(options).toMatchObject({
      authentication: [], permissions: [], middleware: [], pageSize: 16, hooks: {}, socketIo: {},
      lockTimeoutMs: 10_000, visibilityTtlMs: 60_000, limits: DEFAULT_LIMITS,
    }); // prettier-ignore
    expect(pagination?.name).toBe('PageNumberPagination');
    expect([userKey({ id: 1 }), userKey({ pk: 2 }), userKey({ sub: '3' }), userKey({})]).toEqual([
      1,
      2,
      '3',
      undefined,
    ]);
    expect(resolveOptions({ pagination: null }).pagination).toBeNull();
  });

  it('are refused when they make no sense', () => {
    for (const options of [{ pageSize: 0 }, { visibilityTtlMs: -1 }, { lockTimeoutMs: 0.5 }, { limits: { jsonDepth: 0 } }])
      expect(() => resolveOptions(options)).toThrow(/^JiraModule has .* = .* Use a positive integer\.$/);
  }); // prettier-ignore

  it('reach the parts they are for', async () => {
    const options = { userKey: (user: object) => (user as { id: number }).id % 2, pageSize: 3 };
    await using app = await createTestApp({ ...TRACKER, options });
    await app.connect(1);
    await app.connect(3);
    expect(app.get(Connections).byUser({ id: 5 })).toHaveLength(2);
    expect(app.get<object>(RESOLVED_OPTIONS as never)).toMatchObject({ pageSize: 3 });
  });
});
