import type { ResumedData } from 'nestjs-jira-protocol';
import { describe, expect, it } from 'vitest';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { Issue, Member, seedTracker, TRACKER } from '../support/tracker.js';

/** Subscribes anew, as a client that was away does. */
async function subscribe(client: TestClient, headers: object, query: object = {}): Promise<ResumedData> {
  const answer = await client.call('issues', 'subscribe', 'SUBSCRIPTION', { headers, query });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer));
  return answer.data as ResumedData;
}

const bare = ({ changes }: ResumedData) => changes?.map(({ type, id, data }) => [type, id, data]);

async function start(options = {}): Promise<TestApp> {
  const app = await createTestApp({ ...TRACKER, options });
  await seedTracker(app);
  return app;
}

const shown = (id: number, title: string, projectId = 1) => ({ id, title, status: 'open', projectId });

describe('a subscription that is resumed', () => {
  it('is told the net changes it missed, one a row, and nothing else', async () => {
    await using app = await start();
    const issues = app.dataSource.getRepository(Issue);
    const [kept, gone, moved] = await issues.save(['kept', 'gone', 'moved'].map((title) => ({ title, projectId: 1 })));
    const ada = await app.connect(2);
    const first = await subscribe(ada, { resume: null });
    expect(first).toMatchObject({ recovered: false, resume: expect.any(String) as string });
    expect(first).not.toHaveProperty('changes');
    ada.close();
    await issues.update(kept.id, { title: 'a' });
    await issues.update(kept.id, { title: 'b' });
    await issues.delete(gone.id);
    await issues.update(moved.id, { projectId: 2 });
    const added = await issues.save({ title: 'added', projectId: 1 });
    const passing = await issues.save({ title: 'came and went', projectId: 1 });
    await issues.delete(passing.id);
    await issues.save({ title: 'hidden', projectId: 2 });

    const again = await app.connect(2);
    const { resume = '' } = first;
    const answer = await subscribe(again, { resume });
    expect(answer.recovered).toBe(true);
    expect(bare(answer)).toEqual([
      ['modified', kept.id, shown(kept.id, 'b')],
      ['removed', gone.id, shown(gone.id, 'gone')],
      ['removed', moved.id, { pk: moved.id }],
      ['added', added.id, shown(added.id, 'added')],
    ]);
    expect(again.changes('issues')).toEqual([]);

    await issues.update(kept.id, { title: 'c' });
    const [next] = await again.nextChanges('issues', 1);
    expect(next).toMatchObject({ type: 'modified', channel: answer.channel, id: kept.id });
    again.close();
    // From where the change left it: nothing was missed since.
    const third = await app.connect(2);
    expect(bare(await subscribe(third, { resume: answer.resume, position: next.position }))).toEqual([]);
    expect(bare(await subscribe(third, { resume: answer.resume }))).toEqual([
      ['modified', kept.id, shown(kept.id, 'c')],
    ]);
  });

  it('is told of a row that came and went only if it may have been fetched in between', async () => {
    await using app = await start();
    const issues = app.dataSource.getRepository(Issue);
    const { resume } = await subscribe(await app.connect(2), { resume: null });
    const passing = await issues.save({ title: 'came and went', projectId: 1 });
    await issues.delete(passing.id);
    const client = await app.connect(2);
    expect(bare(await subscribe(client, { resume }))).toEqual([]);
    expect(bare(await subscribe(client, { resume, silentMs: 60_000 }))).toEqual([]);
    expect(bare(await subscribe(client, { resume, silentMs: 0 }))).toEqual([
      ['removed', passing.id, { pk: passing.id }],
    ]);
  });

  it('begins with a snapshot, in the same answer, if it asks for one', async () => {
    await using app = await start();
    const issues = app.dataSource.getRepository(Issue);
    await issues.save(['a', 'b', 'c'].map((title) => ({ title, projectId: 1 })));
    const client = await app.connect(2);
    const first = await subscribe(client, { resume: null, snapshot: true });
    expect(first).toMatchObject({ recovered: false, snapshot: { count: 3, results: [shown(1, 'a'), shown(2, 'b'), shown(3, 'c')] } }); // prettier-ignore
    const page = await subscribe(client, { snapshot: { ordering: '-id', page_size: 1 } });
    expect(page).toMatchObject({ snapshot: { count: 3, results: [shown(3, 'c')] } });
    const again = await subscribe(client, { resume: first.resume, snapshot: true });
    expect(again).toMatchObject({ recovered: true, changes: [] });
    expect(again).not.toHaveProperty('snapshot');
    const other = await subscribe(client, { resume: first.resume, snapshot: true }, { title__icontains: 'c' });
    expect(other).toMatchObject({ recovered: false, snapshot: { count: 1 } });
  });

  it('says what is wrong with the headers', async () => {
    await using app = await start();
    const client = await app.connect(2);
    const headers = { resume: 7, position: {}, silentMs: -1, snapshot: 'yes' };
    const answer = await client.call('issues', 'subscribe', 'SUBSCRIPTION', { headers });
    expect(answer).toMatchObject({ status: 400, data: { code: 'VALIDATION_FAILED' } });
    expect(Object.keys((answer.data as { errors: object }).errors)).toEqual(['resume', 'position', 'silentMs', 'snapshot']); // prettier-ignore
    const wrong = await client.call('issues', 'subscribe', 'SUBSCRIPTION', { headers: { snapshot: { nonsense: 1 } } });
    expect(wrong).toMatchObject({ status: 400, data: { errors: { nonsense: expect.any(Array) as string[] } } });
  });

  it('is nothing that clients who do not ask for it see', async () => {
    await using app = await start();
    const client = await app.connect(2);
    const answer = await client.call('issues', 'subscribe', 'SUBSCRIPTION');
    expect(Object.keys(answer.data as object)).toEqual(['channel', 'position']);
  });
});

describe('a membership that changes while a subscriber is away', () => {
  const cases: [string, (app: TestApp) => Promise<unknown>][] = [
    ['removed', ({ dataSource }) => dataSource.manager.delete(Member, { userId: 2 })],
    ['added', ({ dataSource }) => dataSource.manager.save(Member, { userId: 2, projectId: 2 })],
    [
      'removed and added again',
      async ({ dataSource: { manager } }) => {
        await manager.delete(Member, { userId: 2, projectId: 1 });
        await manager.delete(Issue, { title: 'secret' });
        await manager.save(Member, { userId: 2, projectId: 1 });
      },
    ],
  ];

  it.each(cases)('%s, makes it refetch', async (_name, change) => {
    await using app = await start();
    await app.dataSource.manager.save(Issue, { title: 'secret', projectId: 1 });
    const { resume } = await subscribe(await app.connect(2), { resume: null });
    await change(app);
    const answer = await subscribe(await app.connect(2), { resume });
    expect(answer.recovered).toBe(false);
    expect(answer).not.toHaveProperty('changes');
  });

  it('of somebody else, changes nothing', async () => {
    await using app = await start();
    const { resume } = await subscribe(await app.connect(2), { resume: null });
    await app.dataSource.manager.save(Member, { userId: 77, projectId: 1 });
    await app.dataSource.manager.delete(Member, { userId: 1, projectId: 2 });
    const answer = await subscribe(await app.connect(2), { resume });
    expect(answer).toMatchObject({ recovered: true, changes: [] });
  });
});
