import { describe, expect, it } from 'vitest';
import { Expose } from 'class-transformer';
import type { SelectQueryBuilder } from 'typeorm';
import {
  Action,
  ActionScope,
  CreateMixin,
  GenericModelHook,
  Hook,
  HookScope,
  ListMixin,
  ModelHook,
  NotAction,
  ReadOnlyModelHook,
  RetrieveMixin,
  type Filter,
} from 'nestjs-jira';
import { createTestApp, type TestClient } from '../support/app.js';
import { CreateIssue, Issue, IssueView, seedTracker, TRACKER } from '../support/tracker.js';

class TitleView {
  @Expose() title: string;
}

const Listing = ListMixin(GenericModelHook);

/** Two of the five mixins: what is not mixed in cannot be called. */
@Hook('inbox')
class InboxHook extends CreateMixin(Listing)<Issue> {
  entity = Issue;
  createInput = CreateIssue;
  output = IssueView;
}

@Hook('archive')
class ArchiveHook extends ReadOnlyModelHook<Issue> {
  entity = Issue;
  output = IssueView;
}

/** Every override point of djira's table, each with something to show. */
@Hook('custom')
class CustomHook extends ModelHook<Issue> {
  entity = Issue;
  createInput = CreateIssue;
  filterFields = { status: ['exact'] };
  ordering = ['-title'];

  override getOutput() {
    return TitleView;
  }

  override getQuery(scope: HookScope): SelectQueryBuilder<Issue> {
    return super.getQuery(scope).andWhere('row.title <> :hidden', { hidden: 'hidden' });
  }

  override async performCreate(fields: CreateIssue, scope: HookScope) {
    return super.performCreate({ ...fields, title: `${fields.title}!` }, scope);
  }

  override async performUpdate(object: Issue, fields: Partial<CreateIssue>, scope: HookScope) {
    return super.performUpdate(object, { ...fields, title: `${object.title}?` }, scope);
  }

  override async performDestroy(object: Issue, scope: HookScope): Promise<void> {
    object.status = 'gone';
    await this.save(object, scope);
  }

  override filterQuery(_scope: HookScope, filter: Filter): Filter {
    const isGone: Filter = { kind: 'term', path: ['status'], lookup: 'exact', value: 'gone' };
    return { kind: 'and', filters: [filter, { kind: 'not', filter: isGone }] };
  }

  @Action({ methods: ['GET', 'POST', 'DELETE'], name: 'renamed' })
  originally(scope: ActionScope) {
    return `${scope.action} by ${scope.method}`;
  }

  @Action()
  byDefault() {
    return 'GET';
  }
}

/** An override stays an action, `@NotAction()` hides it. */
@Hook('derived')
class DerivedHook extends CustomHook {
  override async create(scope: ActionScope) {
    const created = await super.create(scope);
    return { ...created, isDerived: true } as never;
  }

  @NotAction()
  override byDefault() {
    return 'hidden';
  }
}

/** Rows are looked up by title, under the key `name`. */
@Hook('titles')
class TitleHook extends RetrieveMixin(Listing)<Issue> {
  entity = Issue;
  output = IssueView;
  lookupField = 'title';
  lookupQueryKey = 'name';
  filterFields = { status: ['exact'] };
}

const APP = {
  ...TRACKER,
  providers: [...TRACKER.providers, InboxHook, ArchiveHook, CustomHook, DerivedHook, TitleHook],
};

const status = async (client: TestClient, ...[namespace, action, method, rest]: Parameters<TestClient['call']>) =>
  (await client.call(namespace, action, method, rest)).status;

describe('hooks made of mixins (A1, A2)', () => {
  it('have the actions that were mixed in, and no others', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    const client = await app.connect(1);
    const data = { title: 'a', projectId: 1 };
    expect(await client.call('inbox', 'create', 'POST', { data })).toMatchObject({ status: 201, data: { title: 'a' } });
    expect(await client.call('inbox', 'list', 'GET')).toMatchObject({ status: 200, data: { count: 1 } });
    for (const [action, method] of [
      ['retrieve', 'GET'],
      ['update', 'PATCH'],
      ['destroy', 'DELETE'],
      ['subscribe', 'SUBSCRIPTION'],
    ] as const)
      // prettier-ignore
      expect(await status(client, 'inbox', action, method, { query: { pk: 1 }, data })).toBe(404);
  });

  it('that are read-only can be read and watched', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    await app.dataSource.manager.save(Issue, { title: 'a', projectId: 1 });
    const client = await app.connect(1);
    expect(await status(client, 'archive', 'list', 'GET')).toBe(200);
    expect(await status(client, 'archive', 'retrieve', 'GET', { query: { pk: 1 } })).toBe(200);
    expect(await status(client, 'archive', 'subscribe', 'SUBSCRIPTION')).toBe(200);
    for (const [action, method] of [
      ['create', 'POST'],
      ['update', 'PUT'],
      ['destroy', 'DELETE'],
    ] as const)
      expect(await status(client, 'archive', action, method, { query: { pk: 1 }, data: {} })).toBe(404);
  });
});

describe('actions (A3)', () => {
  it('have the name and the methods that were given, GET by default, each hook its own', async () => {
    await using app = await createTestApp(APP);
    const client = await app.connect(1);
    for (const method of ['GET', 'POST', 'DELETE'] as const)
      expect(await client.call('custom', 'renamed', method)).toMatchObject({
        status: 200,
        data: `renamed by ${method}`,
      });
    expect(await status(client, 'custom', 'renamed', 'PATCH')).toBe(405);
    expect(await status(client, 'custom', 'originally', 'GET')).toBe(404);
    expect(await status(client, 'custom', 'byDefault', 'GET')).toBe(200);
    expect(await status(client, 'custom', 'byDefault', 'POST')).toBe(405);
    expect(await status(client, 'derived', 'byDefault', 'GET')).toBe(404);
    expect(await status(client, 'custom', 'byDefault', 'GET')).toBe(200);
  });
});

describe('what a hook overrides (A4)', () => {
  it('counts: output, query, filter, ordering, and what is done to create, update and destroy', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    const client = await app.connect(1);
    const list = async () => ((await client.call('custom', 'list', 'GET')).data as { results: unknown[] }).results;
    for (const title of ['a', 'b'])
      expect(await client.call('custom', 'create', 'POST', { data: { title, projectId: 1 } })).toMatchObject({
        status: 201,
        data: { title: `${title}!` },
      });
    await app.dataSource.manager.save(Issue, { title: 'hidden', projectId: 1 });
    expect(await list()).toEqual([{ title: 'b!' }, { title: 'a!' }]);
    expect(await status(client, 'custom', 'retrieve', 'GET', { query: { pk: 3 } })).toBe(404);
    expect(
      await client.call('custom', 'update', 'PATCH', { query: { pk: 1 }, data: { status: 'doing' } }),
    ).toMatchObject({ data: { title: 'a!?' } });
    expect(await status(client, 'custom', 'destroy', 'DELETE', { query: { pk: 2 } })).toBe(204);
    expect(await list()).toEqual([{ title: 'a!?' }]);
    expect(await app.dataSource.manager.countBy(Issue, { status: 'gone' })).toBe(1);
    const derived = await client.call('derived', 'create', 'POST', { data: { title: 'c', projectId: 1 } });
    expect(derived).toMatchObject({ status: 201, data: { title: 'c!', isDerived: true } });
  });
});

describe('the lookup (A5)', () => {
  it('goes by the field and key that were chosen, and by pk; filters narrow it', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    await app.dataSource.manager.save(Issue, [{ title: 'a', projectId: 1 }, { title: 'b', projectId: 1, status: 'done' }]); // prettier-ignore
    const client = await app.connect(1);
    const retrieve = (query: object) => client.call('titles', 'retrieve', 'GET', { query });
    expect(await retrieve({ name: 'b' })).toMatchObject({ status: 200, data: { id: 2 } });
    expect(await retrieve({ name: 'b', status: 'done' })).toMatchObject({ status: 200 });
    expect(await retrieve({ name: 'b', status: 'open' })).toMatchObject({ status: 404 });
    expect(await retrieve({ name: 'c' })).toMatchObject({ status: 404, data: { code: 'NOT_FOUND' } });
    expect(await retrieve({})).toMatchObject({ status: 400, data: { errors: { name: [expect.any(String)] } } });
    expect(await client.call('issues', 'retrieve', 'GET', { query: { pk: 'x' } })).toMatchObject({
      status: 400,
      data: { errors: { pk: [expect.any(String)] } },
    });
  });

  it('accepts pk as the primary key whatever the lookup field is', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    await app.dataSource.manager.save(Issue, [{ title: 'a', projectId: 1 }, { title: 'b', projectId: 1 }]); // prettier-ignore
    const client = await app.connect(1);
    expect(await client.call('titles', 'retrieve', 'GET', { query: { pk: 2 } })).toMatchObject({
      status: 200,
      data: { id: 2, title: 'b' },
    });
  });
});
