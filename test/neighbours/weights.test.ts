// Queries are bounded by what they cost the database, whatever they count.

import { expect, it } from 'vitest';
import { Action, ActionScope, Hook, ModelHook } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { describeEachDatabase, type TestDatabase } from '../support/databases.js';
import { Issue, IssueView, Member, Project, seedTracker } from '../support/tracker.js';

@Hook('issues')
class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  filterFields = { title: ['exact', 'icontains'], project__name: ['icontains'], project__members__userId: ['exact'] };
  searchFields = ['title', 'status', 'project.name'];

  @Action({ cost: 30 }) report(_scope: ActionScope) {
    return 'all of it';
  }
}

@Hook('indexed')
class IndexedHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  filterFields = { title: ['icontains', 'exact'], project__name: ['icontains'] };
  searchFields = ['title'];
  queryWeights = { title__icontains: 1, 'project.name': 2 };
}

async function start({ options }: TestDatabase, limits: object = {}): Promise<TestApp> {
  const app = await createTestApp({
    entities: [Project, Member, Issue],
    providers: [IssueHook, IndexedHook],
    database: await options([Project, Member, Issue]),
    options: { limits },
  });
  await seedTracker(app);
  return app;
}

const list = (client: TestClient, query: object, namespace = 'issues') => client.call(namespace, 'list', 'GET', { query }); // prettier-ignore
const alternatives = (count: number, key: string) => ({ $or: Array.from({ length: count }, (_, n) => ({ [key]: `${n}` })) }); // prettier-ignore
const tooHeavy = (weight: number, limit = 200) => ({
  status: 400,
  data: {
    code: 'VALIDATION_FAILED',
    errors: { '': [expect.stringContaining(`The query weighs ${weight}; the limit is ${limit}.`) as string] },
  },
});

describeEachDatabase('a query', (database) => {
  it('is refused for what it costs, and is told how much that is', async () => {
    await using app = await start(database);
    const mallory = await app.connect(1);
    expect(await list(mallory, alternatives(50, 'project__name__icontains'))).toMatchObject(tooHeavy(600));
    expect(await list(mallory, { search: 'eight words are too many for three fields' })).toMatchObject({ status: 200 });
    expect(await list(mallory, { ...alternatives(11, 'project__members__userId'), title: 'x' })).toMatchObject({ status: 200 }); // prettier-ignore
    expect(await list(mallory, alternatives(12, 'project__members__userId'))).toMatchObject(tooHeavy(204));
    expect(await list(mallory, alternatives(50, 'title__icontains'))).toMatchObject({ status: 200 });
    expect(await mallory.call('issues', 'subscribe', 'SUBSCRIPTION', { query: alternatives(50, 'project__name__icontains') })).toMatchObject(tooHeavy(600)); // prettier-ignore
  });

  it('counts each word of a search in each field', async () => {
    await using app = await start(database, { queryWeight: 159 });
    const mallory = await app.connect(1);
    // Two own columns of 4, and one across a relation of 12.
    expect(await list(mallory, { search: 'a b c d e f g h' })).toMatchObject(tooHeavy(160, 159));
    expect(await list(mallory, { search: 'a b c d e f g' })).toMatchObject({ status: 200 });
  });

  it('weighs what the hook says', async () => {
    await using app = await start(database, { queryWeight: 10 });
    const ada = await app.connect(1);
    expect(await list(ada, alternatives(10, 'title__icontains'), 'indexed')).toMatchObject({ status: 200 });
    expect(await list(ada, { search: 'ten words are too many by two' }, 'indexed')).toMatchObject({ status: 200 });
    expect(await list(ada, alternatives(6, 'project__name__icontains'), 'indexed')).toMatchObject(tooHeavy(12, 10));
  });

  it('is taken from the budget of its user, with the costs of actions', async () => {
    await using app = await start(database, { userWeightPerSecond: 1, burstSeconds: 40 });
    const [mallory, tab, ada] = [await app.connect(1), await app.connect(1), await app.connect(2)];
    expect(await list(mallory, { title__icontains: 'x' })).toMatchObject({ status: 200 });
    expect(await mallory.call('issues', 'report', 'GET')).toMatchObject({ status: 200 });
    // 6 and what the seconds since have brought are left: this is a debt.
    expect(await mallory.call('issues', 'report', 'GET')).toMatchObject({ status: 200 });
    const message = 'The requests of this user weigh more than 1 a second. Try again in a second.';
    const refused = { status: 429, data: { code: 'TOO_MANY_REQUESTS', message } };
    expect(await list(tab, { title__icontains: 'x' })).toMatchObject(refused);
    expect(await tab.call('issues', 'report', 'GET')).toMatchObject(refused);
    expect(await list(tab, {})).toMatchObject({ status: 200 });
    expect(await list(ada, { title__icontains: 'x' })).toMatchObject({ status: 200 });
    // Whoever leaves and comes back has the same budget.
    mallory.close();
    tab.close();
    const again = await app.connect(1);
    expect(await list(again, { title__icontains: 'x' })).toMatchObject(refused);
  });
});
