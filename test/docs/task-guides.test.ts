// The examples of the guides that are ordered by task, each in an application of its own.

import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { Authorization, type BaseHook } from 'nestjs-jira';
import { createClient } from 'nestjs-jira-client';
import { createTestApp } from 'nestjs-jira/testing';
import { writeExamples } from '../support/examples.js';

type Exports = Record<string, unknown>;

describe('the guide', () => {
  it('docs/setup.md boots a feature module beside the options of a service', async () => {
    using examples = writeExamples('docs/setup.md');
    const { AppModule } = (await import(examples.pathOf('app.module.ts'))) as { AppModule: Type<object> };
    const app: INestApplication = await NestFactory.create(AppModule, { logger: ['fatal'] });
    await app.listen(0, '127.0.0.1');
    const { Herald } = (await import(examples.pathOf('issue.module.ts'))) as { Herald: Type<{ greet: () => void }> };
    expect(() => app.get(Herald, { strict: false }).greet()).not.toThrow();
    const jira = createClient(await app.getUrl(), { auth: { token: 'demo-ada' } });
    try {
      expect(await jira.hook('issues').list()).toMatchObject({ count: 0 });
    } finally {
      jira.close();
      await app.close();
    }
  });

  it('docs/roles.md lets each role see, call and write what it says, and follows a role that changes', async () => {
    using examples = writeExamples('docs/roles.md');
    const { Article, ArticleHook } = (await import(examples.pathOf('article.hook.ts'))) as Exports;
    const { Staff } = (await import(examples.pathOf('staff.ts'))) as {
      Staff: new (authorization: Authorization) => { changeRole: (user: object, role: string) => Promise<void> };
    };
    await using app = await createTestApp({
      hooks: [ArticleHook as Type<BaseHook>],
      entities: [Article as Type<object>],
    });
    const user = { id: 1, role: 'reader' };
    const [reader, author, editor] = await Promise.all([
      app.connect(user),
      app.connect({ id: 2, role: 'author' }),
      app.connect({ id: 3, role: 'editor' }),
    ]);
    const write = { data: { title: 'Draft' } };
    const own = { query: { pk: 1 } };
    expect((await reader.call('articles', 'create', 'POST', write)).status).toBe(403);
    expect((await author.call('articles', 'create', 'POST', write)).status).toBe(201);
    expect((await reader.call('articles', 'retrieve', 'GET', own)).status).toBe(404);
    expect((await editor.call('articles', 'retrieve', 'GET', own)).status).toBe(200);
    const publish = { ...own, data: { isPublished: true } };
    expect((await author.call('articles', 'update', 'PATCH', publish)).status).toBe(403);
    expect((await author.call('articles', 'destroy', 'DELETE', own)).status).toBe(403);
    await reader.subscribe('articles');
    expect((await editor.call('articles', 'update', 'PATCH', publish)).status).toBe(200);
    expect(await reader.nextChanges('articles', 1)).toMatchObject([{ type: 'added', data: { title: 'Draft' } }]);
    expect((await reader.call('articles', 'update', 'PATCH', { ...own, data: { title: 'x' } })).status).toBe(403);

    await new Staff(app.get(Authorization)).changeRole(user, 'author');
    expect((await reader.call('articles', 'create', 'POST', write)).status).toBe(201);
  });

  it('docs/multi-tenant.md keeps tenants apart', async () => {
    using examples = writeExamples('docs/multi-tenant.md');
    const guide = (await import(examples.pathOf('order.hook.ts'))) as Record<string, Type<object>>;
    const { CustomerHook, OrderHook, Customer, Order } = guide;
    if (!CustomerHook || !OrderHook || !Customer || !Order) throw new Error('The guide has two hooks.');
    await using app = await createTestApp({
      hooks: [CustomerHook, OrderHook] as Type<BaseHook>[],
      entities: [Customer, Order],
    });
    const ours = await app.connect({ id: 1, tenantId: 1 });
    const mate = await app.connect({ id: 3, tenantId: 1 });
    const theirs = await app.connect({ id: 2, tenantId: 2 });
    await Promise.all([mate.subscribe('orders'), theirs.subscribe('orders')]);
    await ours.call('customers', 'create', 'POST', { data: { name: 'Ada' } });
    const data = { number: 'A-1', customerId: 1 };
    expect((await ours.call('orders', 'create', 'POST', { data })).status).toBe(201);
    expect(await mate.nextChanges('orders', 1)).toMatchObject([{ type: 'added', data }]);
    expect(await theirs.call('orders', 'create', 'POST', { data })).toMatchObject({
      status: 400,
      data: { errors: { customerId: [expect.any(String)] } },
    });
    expect(await theirs.call('orders', 'list', 'GET')).toMatchObject({ data: { count: 0 } });
    await theirs.call('customers', 'create', 'POST', { data: { name: 'Eve' } });
    expect((await theirs.call('orders', 'create', 'POST', { data: { number: 'A-1', customerId: 2 } })).status).toBe(
      201,
    );
    await mate.settled('orders');
    expect(mate.changes('orders')).toHaveLength(1);
  });

  it('docs/recipes/README.md lets everyone read and watch, and only the owner write', async () => {
    using examples = writeExamples('docs/recipes/README.md');
    const { Issue } = (await import(examples.pathOf('issue.hook.ts'))) as Exports;
    const { SharedIssueHook } = (await import(examples.pathOf('shared-issue.hook.ts'))) as Exports;
    await using app = await createTestApp({
      hooks: [SharedIssueHook as Type<BaseHook>],
      entities: [Issue as Type<object>],
    });
    const [ada, eve] = await Promise.all([app.connect({ id: 1 }), app.connect({ id: 2 })]);
    await eve.subscribe('shared-issues');
    const data = { title: 'Ship it' };
    expect((await ada.call('shared-issues', 'create', 'POST', { data })).status).toBe(201);
    expect(await eve.nextChanges('shared-issues', 1)).toMatchObject([{ type: 'added', data }]);
    const own = { query: { pk: 1 } };
    expect((await eve.call('shared-issues', 'retrieve', 'GET', own)).status).toBe(200);
    expect((await eve.call('shared-issues', 'update', 'PATCH', { ...own, data: { title: 'x' } })).status).toBe(403);
    expect((await eve.call('shared-issues', 'destroy', 'DELETE', own)).status).toBe(403);
    expect((await ada.call('shared-issues', 'destroy', 'DELETE', own)).status).toBe(204);
  });

  it('docs/files.md gives the owner of an attachment its URLs, and nobody else', async () => {
    using examples = writeExamples('docs/files.md');
    const { Attachment, AttachmentHook, FileStore } = (await import(examples.pathOf('attachment.hook.ts'))) as Record<
      string,
      Type<object>
    >;
    if (!Attachment || !AttachmentHook || !FileStore) throw new Error('The guide has a hook and a store.');
    const files = {
      uploadUrl: (key: string) => Promise.resolve(`https://files.example/put/${key}`),
      downloadUrl: (key: string) => Promise.resolve(`https://files.example/get/${key}`),
    };
    await using app = await createTestApp({
      hooks: [AttachmentHook as Type<BaseHook>],
      entities: [Attachment],
      providers: [{ provide: FileStore, useValue: files }],
    });
    const [ada, eve] = await Promise.all([app.connect({ id: 1 }), app.connect({ id: 2 })]);
    const { key, url } = (await ada.call('attachments', 'begin', 'POST')).data as { key: string; url: string };
    expect(url).toBe(`https://files.example/put/${key}`);
    const data = { key, name: 'plan.pdf' };
    expect(await eve.call('attachments', 'create', 'POST', { data })).toMatchObject({ status: 400 });
    expect(await ada.call('attachments', 'create', 'POST', { data })).toMatchObject({
      status: 201,
      data: { id: 1, name: 'plan.pdf' },
    });
    const download = { query: { pk: 1 } };
    expect((await eve.call('attachments', 'download', 'GET', download)).status).toBe(404);
    expect(await ada.call('attachments', 'download', 'GET', download)).toMatchObject({
      data: { url: `https://files.example/get/${key}` },
    });
  });
});
