import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { Action, ActionScope, Hook, ModelHook } from 'nestjs-jira';
import { createTestApp, type TestApp } from '../support/app.js';
import { Issue, IssueHook, IssueView, seedTracker, TRACKER } from '../support/tracker.js';

@Hook('batches')
class BatchHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;

  constructor(private readonly dataSource: DataSource) {
    super();
  }

  @Action({ methods: ['POST'] })
  async fail(scope: ActionScope) {
    await scope.manager.save(Issue, { title: 'rolled back', projectId: 1 });
    throw new Error('no');
  }

  /** An injected repository has a connection of its own, except on SQLite, whose one connection is in the transaction. */
  @Action({ methods: ['POST'] })
  async failBeside(scope: ActionScope) {
    await scope.manager.save(Issue, { title: 'rolled back', projectId: 1 });
    await this.dataSource.getRepository(Issue).save({ title: 'beside', projectId: 1 });
    throw new Error('no');
  }

  @Action({ methods: ['POST'] })
  async nested(scope: ActionScope) {
    await scope.manager.save(Issue, { title: 'outer', projectId: 1 });
    await scope.manager
      .transaction(async (inner) => {
        await inner.save(Issue, { title: 'inner', projectId: 1 });
        throw new Error('undo the inner');
      })
      .catch(() => undefined);
    await scope.manager.transaction((inner) => inner.save(Issue, { title: 'kept', projectId: 1 }));
  }

  @Action({ methods: ['POST'], timeoutMs: 60 })
  async slow(scope: ActionScope) {
    await scope.manager.save(Issue, { title: 'too late', projectId: 1 });
    await new Promise<void>((resolve) => scope.signal.addEventListener('abort', () => resolve()));
  }
}

const APP = { ...TRACKER, providers: [...TRACKER.providers, BatchHook] };
const titles = async ({ dataSource }: TestApp): Promise<string[]> =>
  (await dataSource.manager.find(Issue, { order: { id: 'ASC' } })).map(({ title }) => title);

describe('transactions', () => {
  it('announce nothing that rolls back', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    const ada = await app.connect(1);
    await ada.subscribe('issues');
    expect(await ada.call('batches', 'fail', 'POST')).toMatchObject({ status: 500 });
    await ada.call('issues', 'create', 'POST', { data: { title: 'stays', projectId: 1 } });
    expect(await titles(app)).toEqual(['stays']);
    await ada.settled('issues');
    expect(ada.changes('issues').map(({ data }) => (data as Issue).title)).toEqual(['stays']);
  });

  it('announce what an injected repository stores exactly when it is stored', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    const ada = await app.connect(1);
    await ada.subscribe('issues');
    expect(await ada.call('batches', 'failBeside', 'POST')).toMatchObject({ status: 500 });
    const isOneConnection = ['better-sqlite3', 'sqljs'].includes(app.dataSource.options.type);
    expect(await titles(app)).toEqual(isOneConnection ? [] : ['beside']);
    await ada.settled('issues');
    expect(ada.changes('issues').map(({ data }) => (data as Issue).title)).toEqual(await titles(app));
  });

  it('announce what stays of nested ones', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    const ada = await app.connect(1);
    await ada.subscribe('issues');
    const answer = await ada.call('batches', 'nested', 'POST');
    expect(answer).toMatchObject({ status: 204, position: expect.any(String) });
    const changes = await ada.nextChanges('issues', 2);
    expect(changes.map(({ data }) => (data as Issue).title)).toEqual(['outer', 'kept']);
    expect(new Set(changes.map(({ position }) => position))).toEqual(new Set([answer.position]));
    await ada.settled('issues');
    expect(ada.changes('issues')).toHaveLength(2);
    expect(await titles(app)).toEqual(['outer', 'kept']);
  });

  it('are undone when the action was answered with a timeout meanwhile', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    const ada = await app.connect(1);
    await ada.subscribe('issues');
    expect(await ada.call('batches', 'slow', 'POST')).toMatchObject({ status: 504, data: { code: 'TIMEOUT' } });
    await ada.call('issues', 'create', 'POST', { data: { title: 'after', projectId: 1 } });
    expect(await titles(app)).toEqual(['after']);
    expect((await ada.nextChanges('issues', 1)).map(({ data }) => (data as Issue).title)).toEqual(['after']);
  });

  it('of the application outside of any hook are announced as well', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    const ada = await app.connect(1);
    await ada.subscribe('issues');
    const repository = app.dataSource.getRepository(Issue);
    const issue = await repository.save({ title: 'by the app', projectId: 1 });
    await repository.save({ ...issue, title: 'changed' });
    await repository.remove(issue);
    expect((await ada.nextChanges('issues', 3)).map(({ type }) => type)).toEqual(['added', 'modified', 'removed']);
  });

  it('by 200 concurrent writers lose nothing and announce exactly what is stored', async () => {
    await using app = await createTestApp({ ...APP, options: { limits: { requestsInFlight: 500 } } });
    await seedTracker(app);
    const writers = await Promise.all([app.connect(1), app.connect(2)]);
    const watcher = await app.connect(2);
    await watcher.subscribe('issues');
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => {
        const writer = writers[i % 2];
        if (!writer) throw new Error('no writer');
        if (i % 5 === 4) return writer.call('batches', 'fail', 'POST');
        return writer.call('issues', 'create', 'POST', { data: { title: `issue ${i}`, projectId: 1 } });
      }),
    );
    const created = answers.filter(({ status }) => status === 201).map(({ data }) => data as Issue);
    expect(answers.filter(({ status }) => status === 500)).toHaveLength(40);
    expect(created).toHaveLength(160);
    const stored = await app.dataSource.manager.find(Issue);
    expect(new Set(stored.map(({ title }) => title))).toEqual(new Set(created.map(({ title }) => title)));
    const changes = await watcher.nextChanges('issues', 160);
    await watcher.settled('issues');
    expect(watcher.changes('issues')).toHaveLength(160);
    expect(new Set(changes.map(({ id }) => id))).toEqual(new Set(stored.map(({ id }) => id)));
  });

  it('make every position of an answer the position of the changes it caused', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    const ada = await app.connect(1);
    await ada.subscribe('issues');
    const one = await ada.call('issues', 'create', 'POST', { data: { title: 'one', projectId: 1 } });
    const two = await ada.call('issues', 'create', 'POST', { data: { title: 'two', projectId: 1 } });
    const changes = await ada.nextChanges('issues', 2);
    expect(changes.map(({ position }) => position)).toEqual([one.position, two.position]);
    expect(one.position).not.toBe(two.position);
    expect((await ada.call('issues', 'list', 'GET')).position).toBeUndefined();
    expect(app.get(IssueHook)).toBeInstanceOf(IssueHook);
  });
});
