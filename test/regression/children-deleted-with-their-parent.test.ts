import { expect, it } from 'vitest';
import { createTestApp } from '../support/app.js';
import { Issue, Member, Project, seedTracker, TRACKER } from '../support/tracker.js';

it('sends "reset" when the rows that decided who saw a deleted row were deleted with it', async () => {
  await using app = await createTestApp(TRACKER);
  await seedTracker(app);
  const ada = await app.connect(1);
  const { manager } = app.dataSource;
  const issue = await manager.save(Issue, { title: 'goes with its project', projectId: 2 });
  const { channel } = await ada.subscribe('issues');
  await manager.transaction(async (inner) => {
    await inner.remove(Issue, issue);
    await inner.delete(Member, { projectId: 2 });
    await inner.delete(Project, 2);
  });
  expect(await ada.nextChanges('issues', 1)).toMatchObject([{ type: 'reset', channel, data: null }]);
});

it('stays silent about a deleted row whose parent is still there and was never visible', async () => {
  await using app = await createTestApp(TRACKER);
  await seedTracker(app);
  const grace = await app.connect(2);
  const { manager } = app.dataSource;
  const hidden = await manager.save(Issue, { title: 'hidden', projectId: 2 });
  await grace.subscribe('issues');
  await manager.remove(Issue, hidden);
  await manager.save(Issue, { title: 'shown', projectId: 1 });
  const [first] = await grace.nextChanges('issues', 1);
  expect(first).toMatchObject({ type: 'added', data: { title: 'shown' } });
});
