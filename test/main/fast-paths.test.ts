import { describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';

const ALL = { reads: true, writes: true, views: true, frames: true };

/** What two clients see of one short story. */
async function story(fastPaths: typeof ALL): Promise<unknown> {
  await using app = await createTestApp({ ...TRACKER, options: { fastPaths, pageSize: 2 } });
  await seedTracker(app);
  await app.dataSource.manager.save(Issue, [
    { title: 'b', projectId: 1 },
    { title: 'a', projectId: 1, status: 'done' },
    { title: 'hidden', projectId: 2 },
  ]);
  const ada = await app.connect(1);
  const grace = await app.connect(2);
  await grace.subscribe('issues');
  const answers = [
    await grace.call('issues', 'list', 'GET', { query: { ordering: 'title' } }),
    await grace.call('issues', 'list', 'GET', { query: { status__in: 'done', title__icontains: 'A' } }),
    await grace.call('issues', 'retrieve', 'GET', { query: { pk: 3 } }),
    await ada.call('issues', 'retrieve', 'GET', { query: { pk: 3 } }),
    await ada.call('issues', 'create', 'POST', { data: { title: 'née ✓', projectId: 1 } }),
    await ada.call('issues', 'update', 'PATCH', { query: { pk: 3 }, data: { projectId: 1 } }),
    await ada.call('issues', 'destroy', 'DELETE', { query: { pk: 3 } }),
  ];
  const changes = await grace.nextChanges('issues', 3);
  return [answers.map(({ status, data }) => [status, data]), changes.map(({ type, id, data }) => [type, id, data])];
}

describe('the fast paths', () => {
  it('change nothing that a client sees, and can each be turned off', async () => {
    const fast = await story(ALL);
    expect(fast).toMatchObject([
      expect.arrayContaining([[404, expect.anything()]]),
      [
        ['added', 4, { title: 'née ✓' }],
        ['added', 3, { title: 'hidden' }],
        ['removed', 3, { title: 'hidden' }],
      ],
    ]);
    for (const off of ['reads', 'writes', 'views', 'frames'] as const)
      expect([off, await story({ ...ALL, [off]: false })]).toEqual([off, fast]);
  });
});
