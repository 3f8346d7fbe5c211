// What capture cannot see, an application announces itself; visibility holds for it as for any change.

import { expect, it } from 'vitest';
import { JiraServer } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';

it('announces by JiraServer.publish what raw SQL did, to those who may see it', async () => {
  await using app = await createTestApp(TRACKER);
  await seedTracker(app);
  const { manager } = app.dataSource;
  const [shown, hidden] = await manager.save(Issue, [
    { title: 'shown', projectId: 1 },
    { title: 'hidden', projectId: 2 },
  ]);
  const [ada, grace] = [await app.connect(1), await app.connect(2)];
  for (const client of [ada, grace]) await client.subscribe('issues');
  const before = await manager.find(Issue, { order: { id: 'ASC' } });
  await manager.query(`UPDATE issue SET title = REPLACE(title, 'n', '!')`);
  const after = await manager.find(Issue, { order: { id: 'ASC' } });
  const changes = before.map((row, index) => {
    const images = { before: { ...row }, after: { ...after[index] } };
    return { source: 'default', entity: 'Issue', id: row.id, type: 'modified' as const, ...images };
  });
  app.get(JiraServer).publish(...changes);
  expect((await ada.nextChanges('issues', 2)).map(({ id }) => id)).toEqual([shown?.id, hidden?.id]);
  await grace.settled('issues');
  expect(grace.changes('issues')).toMatchObject([{ type: 'modified', id: shown?.id, data: { title: 'show!' } }]);
  expect(JSON.stringify(grace.frames)).not.toContain('hidde');
});
