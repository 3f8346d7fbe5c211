import { describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';

describe('lists and inputs', () => {
  it('pages, filters by the allow-list alone, and names every wrong key', async () => {
    await using app = await createTestApp({ ...TRACKER, options: { pageSize: 2 } });
    await seedTracker(app);
    const titles = ['alpha', 'beta', 'Alphabet', 'gamma', 'delta'];
    await app.dataSource.manager.save(
      Issue,
      titles.map((title, i) => ({ title, projectId: 1, status: i % 2 ? 'open' : 'done' })),
    );
    const ada = await app.connect(1);
    const list = async (query: object): Promise<Record<string, unknown>> =>
      (await ada.call('issues', 'list', 'GET', { query })) as unknown as Record<string, unknown>;
    const ids = async (query: object): Promise<unknown> =>
      ((await list(query))['data'] as { results: { id: number }[] }).results.map(({ id }) => id);

    expect(await list({ ordering: 'id' })).toMatchObject({ data: { count: 5, next_page: 2, previous_page: null } });
    expect(await list({ ordering: 'id', page: 99 })).toMatchObject({
      data: { next_page: null, previous_page: 2, results: [{ id: 5 }] },
    });
    expect(await list({ page: 'x' })).toMatchObject({ data: { previous_page: null } });
    expect(await ids({ ordering: '-id', page_size: 3 })).toEqual([5, 4, 3]);
    expect(await ids({ status: 'open', ordering: 'id' })).toEqual([2, 4]);
    expect(await ids({ status__in: 'open,doing', ordering: 'id' })).toEqual([2, 4]);
    expect(await ids({ title__icontains: 'ALPHA', ordering: 'id' })).toEqual([1, 3]);
    expect(await ids({ title__icontains: '%' })).toEqual([]);
    expect(await list({ secret: 'x', title__exact: 'a', projectId: 'abc', ordering: 'secret' })).toMatchObject({
      status: 400,
      data: {
        code: 'VALIDATION_FAILED',
        errors: { secret: [expect.any(String)], title__exact: [expect.any(String)], projectId: [expect.any(String)] },
      },
    });
    expect(await list({ ordering: 'secret' })).toMatchObject({
      status: 400,
      data: { errors: { ordering: [expect.any(String)] } },
    });
  });

  it('never lets an undeclared field reach the entity, and shows only declared ones', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    const ada = await app.connect(1);
    const create = (data: unknown) => ada.call('issues', 'create', 'POST', { data });
    expect(await create({ title: 'x', projectId: 1, secret: 'mine', id: 77 })).toMatchObject({
      status: 400,
      data: { code: 'VALIDATION_FAILED', errors: { secret: [expect.any(String)], id: [expect.any(String)] } },
    });
    expect(await create({ title: '', projectId: 1 })).toMatchObject({
      status: 400,
      data: { errors: { title: [expect.any(String)] } },
    });
    expect(await create({ title: 'x'.repeat(201), status: 'gone', projectId: 1 })).toMatchObject({
      status: 400,
      data: { errors: { title: [expect.any(String)], status: [expect.any(String)] } },
    });
    for (const data of [null, [], 'text', 7, undefined]) expect(await create(data)).toMatchObject({ status: 400 });
    expect(await app.dataSource.manager.count(Issue)).toBe(0);

    await app.dataSource.manager.save(Issue, { title: 'hush', projectId: 1, secret: 'key' });
    const { data } = await ada.call('issues', 'retrieve', 'GET', { query: { pk: 1 } });
    expect(data).toEqual({ id: 1, title: 'hush', status: 'open', projectId: 1 });
    expect(await ada.call('issues', 'retrieve', 'GET')).toMatchObject({
      status: 400,
      data: { errors: { pk: [expect.any(String)] } },
    });
    // PUT is a full update, PATCH a partial one.
    expect(await ada.call('issues', 'update', 'PUT', { query: { pk: 1 }, data: { status: 'done' } })).toMatchObject({
      status: 400,
      data: { errors: { title: expect.any(Array) } },
    });
    expect(await ada.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { status: 'done' } })).toMatchObject({
      status: 200,
    });
    const stored = await app.dataSource.manager.findOneOrFail(Issue, {
      where: { id: 1 },
      select: { id: true, secret: true, title: true },
    });
    expect(stored).toMatchObject({ title: 'hush', secret: 'key' });
  });
});
