import { describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';

describe('the main job', () => {
  it('creates, lists, retrieves, updates and destroys, and announces each to a subscriber', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    const ada = await app.connect(1);
    const grace = await app.connect(2);
    const { channel } = await grace.subscribe('issues');

    const created = await ada.call('issues', 'create', 'POST', { data: { title: 'Ship it', projectId: 1 } });
    expect(created).toMatchObject({ status: 201, data: { id: 1, title: 'Ship it', status: 'open', projectId: 1 } });
    const [added] = await grace.nextChanges('issues', 1);
    expect(added).toEqual({
      method: 'SUBSCRIPTION', type: 'added', status: 200, channel, position: created.position, id: 1, data: created.data,
    }); // prettier-ignore

    expect(await grace.call('issues', 'list', 'GET')).toMatchObject({
      status: 200,
      data: { count: 1, results: [created.data] },
    });
    expect(await grace.call('issues', 'retrieve', 'GET', { query: { pk: 1 } })).toMatchObject({
      status: 200,
      data: created.data,
    });
    const patched = await grace.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { status: 'doing' } });
    expect(patched).toMatchObject({ status: 200, data: { id: 1, status: 'doing', title: 'Ship it' } });
    expect((await grace.nextChanges('issues', 2))[1]).toMatchObject({
      type: 'modified',
      id: 1,
      data: { status: 'doing' },
    });
    expect(await ada.call('issues', 'close', 'POST', { query: { pk: 1 } })).toMatchObject({
      status: 200,
      data: { status: 'done' },
    });
    expect(await ada.call('issues', 'destroy', 'DELETE', { query: { pk: 1 } })).toMatchObject({
      status: 204,
      data: null,
    });
    const changes = await grace.nextChanges('issues', 4);
    expect(changes[3]).toMatchObject({ type: 'removed', id: 1, data: { title: 'Ship it', status: 'done' } });
    expect(await ada.call('issues', 'retrieve', 'GET', { query: { pk: 1 } })).toMatchObject({
      status: 404,
      data: { code: 'NOT_FOUND' },
    });
  });

  it('never shows a row, nor a change, to who may not see it', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    const ada = await app.connect(1);
    const grace = await app.connect(2);
    await grace.subscribe('issues');
    await ada.subscribe('issues');
    await ada.call('issues', 'create', 'POST', { data: { title: 'Hidden', projectId: 2 } });
    await ada.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { title: 'Still hidden' } });
    expect(await grace.call('issues', 'list', 'GET')).toMatchObject({ data: { count: 0, results: [] } });
    expect(await grace.call('issues', 'retrieve', 'GET', { query: { pk: 1 } })).toMatchObject({ status: 404 });
    expect(await grace.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { title: 'x' } })).toMatchObject({
      status: 404,
    });
    expect(await grace.call('issues', 'destroy', 'DELETE', { query: { pk: 1 } })).toMatchObject({ status: 404 });
    expect(await grace.call('issues', 'create', 'POST', { data: { title: 'x', projectId: 2 } })).toMatchObject({
      status: 400,
      data: { code: 'VALIDATION_FAILED', errors: { projectId: [expect.any(String)] } },
    });
    // Moved into the shared project, the row enters Grace's sight; moved back, it leaves it.
    await ada.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { projectId: 1 } });
    await ada.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { projectId: 2 } });
    await ada.call('issues', 'destroy', 'DELETE', { query: { pk: 1 } });
    expect((await ada.nextChanges('issues', 5)).map(({ type }) => type)).toEqual([
      'added', 'modified', 'modified', 'modified', 'removed',
    ]); // prettier-ignore
    await grace.settled('issues');
    expect(grace.changes('issues').map(({ type, data }) => [type, data])).toEqual([
      ['added', { id: 1, title: 'Still hidden', status: 'open', projectId: 1 }],
      ['removed', { pk: 1 }],
    ]);
    expect(await app.dataSource.manager.count(Issue)).toBe(0);
  });
});
