// Each guide opens with an example: here it runs, in an application of its own.

import type { Type } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import type { BaseHook } from 'nestjs-jira';
import { createTestApp, type TestApp } from '../support/app.js';
import { writeExamples } from '../support/examples.js';
import { Issue, IssueHook, Member, Project, seedTracker } from '../support/tracker.js';

type Exports = Record<string, unknown>;

/** The exported classes and functions of one example. */
async function exportsOf(document: string, file: string): Promise<Exports> {
  using examples = writeExamples(`docs/${document}.md`);
  return (await import(examples.pathOf(file))) as Exports;
}

function classes<T>(exports: Exports, ...names: string[]): Type<T>[] {
  return names.map((name) => exports[name] as Type<T>);
}

async function start(document: string, file: string, hook: string, ...entities: string[]): Promise<TestApp & Exports> {
  const exports = await exportsOf(document, file);
  const app = await createTestApp({
    hooks: classes<BaseHook>(exports, hook),
    entities: classes<object>(exports, ...entities),
    providers: [],
    database: { type: 'better-sqlite3', database: ':memory:' }, // the triggers below are SQLite's
  });
  return Object.assign(app, exports);
}

describe('the first example of', () => {
  it('docs/hooks.md closes issues and counts down', async () => {
    await using app = await start('hooks', 'issue.hook.ts', 'IssueHook', 'Issue');
    const client = await app.connect(7);
    const nobody = await app.connect();
    expect(await client.call('issues', 'create', 'POST', { data: { title: 'Ship it' } })).toMatchObject({
      status: 201,
    });
    const close = { query: { pk: 1 }, data: { reason: 'shipped' } };
    expect(await client.call('issues', 'close', 'POST', close)).toMatchObject({
      status: 200,
      data: { id: 1, title: 'Ship it', status: 'closed by 7: shipped' },
    });
    expect(await nobody.call('issues', 'close', 'POST', close)).toMatchObject({ status: 401 });
    expect(await client.call('issues', 'countdown', 'GET', { requestId: 'c' })).toMatchObject({
      status: 200,
      data: 'go',
    });
    expect(client.frames.map(({ frame }) => frame['data'])).toEqual([3, 2, 1]);
  });

  it('docs/filtering.md filters, searches and follows what it filtered', async () => {
    using examples = writeExamples('docs/filtering.md');
    const hook = (await import(examples.pathOf('issue.hook.ts'))) as Exports;
    const { demo } = (await import(examples.pathOf('client.ts'))) as {
      demo: (url: string, token: string, render: (line: string) => void) => Promise<void>;
    };
    const [Members, Projects, Issues] = classes<object>(hook, 'Member', 'Project', 'Issue');
    if (!Members || !Projects || !Issues) throw new Error('The guide has three entities.');
    await using app = await createTestApp({
      hooks: classes<BaseHook>(hook, 'IssueHook'),
      entities: [Members, Projects, Issues],
      providers: [],
    });
    const { manager } = app.dataSource;
    const [project, other] = await manager.save(Projects, [{ name: 'Login' }, { name: 'Secret' }]);
    await manager.save(Members, { userId: 1, project });
    const issue = (title: string, status: string, points: number, of = project) => ({
      title,
      status,
      points,
      project: of,
    });
    await manager.save(Issues, [
      issue('A page', 'open', 1),
      issue('Page draft', 'review', 2),
      issue('Large page', 'open', 8),
      issue('Page of others', 'done', 9, other),
    ]);
    const lines: string[] = [];
    await demo(app.url, 'user-1', (line) => lines.push(line));
    await manager.save(Issues, issue('B', 'open', 1));
    await manager.save(Issues, issue('C', 'open', 1, other));
    await manager.update(Issues, { id: 1 }, { status: 'done' });
    await expect.poll(() => lines).toEqual(['2 open, Large page', 'added 5', 'removed 1']);
  });

  it('docs/pagination.md cuts its list in three ways', async () => {
    await using app = await start('pagination', 'note.hook.ts', 'NoteHook', 'Note');
    await app.dataSource.manager.insert(app['Note'] as Type<object>, Array.from({ length: 60 }, () => ({}))); // prettier-ignore
    const client = await app.connect(1);
    const list = async (action: string, query: object) =>
      (await client.call('notes', action, 'GET', { query })).data as Record<string, unknown> & { results: unknown[] };
    const first = await list('list', {});
    expect(first.results).toHaveLength(50);
    const second = await list('list', { cursor: first['next'] });
    expect(second).toMatchObject({ next: null, previous: expect.any(String) as unknown });
    expect(new Set([...first.results, ...second.results].map((row) => JSON.stringify(row))).size).toBe(60);
    expect(await list('window', { limit: 20, offset: 40 })).toMatchObject({ count: 60, next_offset: null, previous_offset: 20 }); // prettier-ignore
    expect(await list('numbered', { page: 2, page_size: 20 })).toMatchObject({ count: 60, next_page: 3 });
  });

  it('docs/permissions.md lets in whom it says', async () => {
    const hours = vi.spyOn(Date.prototype, 'getHours').mockReturnValue(9);
    await using app = await start('permissions', 'report.hook.ts', 'ReportHook');
    const statusOf = async (token: string | undefined, action: string): Promise<number> =>
      (await (await app.connect(undefined, { token })).call('reports', action, 'GET')).status;
    expect(await statusOf('user-1-admin', 'daily')).toBe(204);
    expect(await statusOf('user-1-guest', 'daily')).toBe(403);
    expect(await statusOf(undefined, 'daily')).toBe(401);
    expect(await statusOf(undefined, 'published')).toBe(204);
    hours.mockReturnValue(19);
    expect(await statusOf('user-1-admin', 'daily')).toBe(403);
    vi.restoreAllMocks();
  });

  it('docs/middleware.md logs the writes of issues, and nothing else', async () => {
    const { AuditTrail } = await exportsOf('middleware', 'audit-trail.ts');
    const told = vi.spyOn(console, 'log').mockReturnValue();
    await using app = await createTestApp({
      hooks: [IssueHook],
      entities: [Project, Member, Issue],
      providers: [],
      options: { middleware: [AuditTrail as never] },
    });
    await seedTracker(app);
    const client = await app.connect(1);
    await client.call('issues', 'list', 'GET');
    await client.call('issues', 'create', 'POST', { data: { title: 'Ship it', projectId: 1 } });
    expect(told.mock.calls).toEqual([[expect.stringMatching(/^issues\/create → 201 in \d+ ms$/)]]);
    vi.restoreAllMocks();
  });

  it('docs/errors.md answers each error', async () => {
    await using app = await start('errors', 'seat.hook.ts', 'SeatHook');
    const client = await app.connect(1);
    const answers = await Promise.all(['book', 'move', 'cancel'].map((action) => client.call('seats', action, 'POST'))); // prettier-ignore
    expect(answers).toMatchObject([
      { status: 409, data: { code: 'SOLD_OUT', message: 'No seats are left.', waiting: 12 } },
      { status: 400, data: { code: 'VALIDATION_FAILED', errors: { 'seats.0.row': ['There is no row 99.'] } } },
      { status: 409, data: { code: 'CONFLICT', message: 'The show is over.' } },
    ]);
  });

  it('docs/validation.md names what is wrong with an order, and reads its tickets by groups', async () => {
    {
      await using app = await start('validation', 'order.hook.ts', 'OrderHook');
      const client = await app.connect(1);
      const place = (data: object) => client.call('orders', 'place', 'POST', { data });
      expect(await place({ lines: [{ article: 'tea', amount: 2 }] })).toMatchObject({ data: { articles: 1 } });
      expect(await place({ lines: [{ article: 'tea', amount: 0 }] })).toMatchObject({
        status: 400,
        data: { errors: { 'lines.0.amount': ['amount must not be less than 1'] } },
      });
    }
    await using app = await start('validation', 'ticket.hook.ts', 'TicketHook', 'Ticket');
    const client = await app.connect(1);
    const create = (data: object) => client.call('tickets', 'create', 'POST', { data });
    expect(await create({ title: 'a', points: 1 })).toMatchObject({ status: 201 });
    expect(await create({ title: 'a', points: 1, status: 'done' })).toMatchObject({ status: 400 });
    expect(await client.call('tickets', 'grade', 'POST', { data: { title: 'a', points: 3 } })).toMatchObject({ data: { points: 3 } }); // prettier-ignore
  });

  it('docs/transactions.md stores an account and its line, or neither', async () => {
    await using app = await start('transactions', 'account.hook.ts', 'AccountHook', 'Account', 'AuditLine');
    const client = await app.connect(1);
    const items = [{ name: 'Ada' }, { name: 'Grace' }];
    expect(await client.call('accounts', 'createMany', 'POST', { data: { items } })).toMatchObject({ status: 201 });
    await app.dataSource.query(
      `CREATE TRIGGER stop BEFORE INSERT ON audit_line BEGIN SELECT RAISE(ABORT, 'full'); END`,
    );
    expect(await client.call('accounts', 'create', 'POST', { data: { name: 'Eve' } })).toMatchObject({ status: 500 });
    expect(await client.call('accounts', 'list', 'GET')).toMatchObject({ data: { count: 2 } });
    const update = (version: number) =>
      client.call('accounts', 'update', 'PATCH', { query: { pk: 1 }, data: { name: 'A.', version } });
    expect(await update(1)).toMatchObject({ status: 200, data: { version: 2 } });
    expect(await update(1)).toMatchObject({ status: 409, data: { code: 'VERSION_CONFLICT' } });
  });

  it('docs/relations.md expands and narrows', async () => {
    using examples = writeExamples('docs/relations.md');
    const guide = (await import(examples.pathOf('post.hook.ts'))) as Exports;
    const [Person, Post, Comment] = classes<object>(guide, 'Person', 'Post', 'Comment');
    if (!Person || !Post || !Comment) throw new Error('The guide has three entities.');
    await using app = await createTestApp({
      hooks: classes<BaseHook>(guide, 'PersonHook', 'CommentHook', 'PostHook'),
      entities: [Person, Post, Comment],
      providers: [],
    });
    const { manager } = app.dataSource;
    const [ada, ghost] = await manager.save(Person, [{ name: 'Ada' }, { name: 'Ghost', isHidden: true }]);
    const post = await manager.save(Post, { title: 'First', author: ada });
    await manager.save(Comment, [{ text: 'Boo', post, author: ghost }]);
    const client = await app.connect(1);
    const query = { pk: 1, expand: 'author,comments.author', fields: 'title,comments.text' };
    expect((await client.call('posts', 'retrieve', 'GET', { query })).data).toEqual({
      title: 'First',
      author: { name: 'Ada' },
      comments: [{ text: 'Boo', author: null }],
    });
  });
});
