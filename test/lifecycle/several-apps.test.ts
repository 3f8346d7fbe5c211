import { describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';

describe('several applications in one process, of the same classes', () => {
  it('each announce their own changes, and one goes on when another ends', async () => {
    const one = await createTestApp(TRACKER);
    await using two = await createTestApp(TRACKER);
    await Promise.all([seedTracker(one), seedTracker(two)]);
    const [ada, grace] = [await one.connect(1), await two.connect(2)];
    await ada.subscribe('issues');
    await grace.subscribe('issues');
    await ada.call('issues', 'create', 'POST', { data: { title: 'of the first', projectId: 1 } });
    await two.dataSource.getRepository(Issue).save({ title: 'of the second', projectId: 1 });
    await Promise.all([ada.settled('issues'), grace.settled('issues')]);
    expect(ada.changes('issues').map(({ data }) => (data as Issue).title)).toEqual(['of the first']);
    expect(grace.changes('issues').map(({ data }) => (data as Issue).title)).toEqual(['of the second']);

    await one.close();
    await two.dataSource.getRepository(Issue).update({ id: 1 }, { title: 'still heard' });
    await grace.settled('issues');
    expect(grace.changes('issues').map(({ data }) => (data as Issue).title)).toEqual(['of the second', 'still heard']);
  });

  it('can be made at the same time', async () => {
    const apps = await Promise.all(Array.from({ length: 3 }, () => createTestApp(TRACKER)));
    try {
      for (const app of apps) {
        await seedTracker(app);
        const ada = await app.connect(1);
        expect(await ada.call('issues', 'list', 'GET')).toMatchObject({ status: 200, data: { count: 0 } });
      }
      expect(new Set(apps.map(({ url }) => url)).size).toBe(3);
    } finally {
      await Promise.all(apps.map((app) => app.close()));
    }
  });
});
