// Ten complaints that users of other live APIs file most, each as a program. README.md beside it says what they show.

import { expect, it } from 'vitest';
import { createClient } from 'nestjs-jira-client';
import { Connections } from 'nestjs-jira';
import { ADA, EVE, Issue, Member, StatementCounter, startTracker } from './tracker.js';

/** `save` writes the key into what it is given. */
const issue = () => ({ title: 'Land', projectId: 1 });

it('1: a row that stops matching the filter is removed', async () => {
  await using app = await startTracker();
  const { id } = await app.dataSource.manager.save(Issue, issue());
  const ada = await app.connect(ADA);
  await ada.subscribe('issues', { status: 'open' });
  await app.dataSource.manager.update(Issue, id, { status: 'done' });
  expect(await ada.nextChanges('issues', 1)).toMatchObject([{ type: 'removed', id }]);
});

it('2: what was missed while away is told afterwards', async () => {
  await using app = await startTracker();
  const { id } = await app.dataSource.manager.save(Issue, issue());
  const jira = createClient(app.url, { auth: app.authOf(ADA) });
  const heard: string[] = [];
  await jira.hook('issues').subscribe(({ type, id: key }) => void heard.push(`${type} ${JSON.stringify(key)}`)).ready;
  for (const connection of app.get(Connections).all()) connection.close(); // the network is gone
  await app.dataSource.manager.update(Issue, id, { title: 'Land softly' });
  await app.dataSource.manager.update(Issue, id, { title: 'Land safely' });
  await expect.poll(() => heard).toEqual([`modified ${id}`]); // the net change, not two
  jira.close();
});

it('3: a write that rolls back is not announced', async () => {
  await using app = await startTracker();
  const ada = await app.connect(ADA);
  await ada.subscribe('issues');
  const failed = app.dataSource.transaction(async (manager) => {
    await manager.save(Issue, issue());
    throw new Error('No.');
  });
  await expect(failed).rejects.toThrow('No.');
  await ada.settled('issues');
  expect(ada.changes('issues')).toEqual([]);
});

it('4: a bulk update is announced row by row', async () => {
  await using app = await startTracker();
  await app.dataSource.manager.save(Issue, [issue(), issue(), issue()]);
  const ada = await app.connect(ADA);
  await ada.subscribe('issues');
  await app.dataSource.manager.update(Issue, { projectId: 1 }, { status: 'done' });
  const changes = await ada.nextChanges('issues', 3);
  expect(changes.map(({ type, id }) => `${type} ${JSON.stringify(id)}`)).toEqual([
    'modified 1',
    'modified 2',
    'modified 3',
  ]);
});

it('5: a delete is told only to those who saw the row', async () => {
  await using app = await startTracker();
  const { id } = await app.dataSource.manager.save(Issue, issue());
  const ada = await app.connect(ADA);
  const eve = await app.connect(EVE);
  await ada.subscribe('issues');
  await eve.subscribe('issues');
  await app.dataSource.manager.delete(Issue, id);
  expect(await ada.nextChanges('issues', 1)).toMatchObject([{ type: 'removed', id }]);
  await eve.settled('issues');
  expect(eve.changes('issues')).toEqual([]);
});

it('6: a write costs the same statements for one subscriber and for thirty', async () => {
  const statements = new StatementCounter();
  await using app = await startTracker(statements);
  const { id } = await app.dataSource.manager.save(Issue, issue());
  const first = await app.connect(ADA);
  await first.subscribe('issues');
  const costOf = async (title: string, seen: number): Promise<number> => {
    const before = statements.count;
    await app.dataSource.manager.update(Issue, id, { title });
    await first.nextChanges('issues', seen);
    return statements.count - before;
  };
  const forOne = await costOf('for one', 1);
  const others = await Promise.all(Array.from({ length: 29 }, () => app.connect(ADA)));
  for (const other of others) await other.subscribe('issues');
  const forThirty = await costOf('for thirty', 2);
  await Promise.all(others.map((other) => other.nextChanges('issues', 1)));
  expect(forThirty).toBe(forOne);
});

it('7: nothing falls between the list and its changes', async () => {
  await using app = await startTracker();
  const jira = createClient(app.url, { auth: app.authOf(ADA) });
  const issues = jira.hook('issues');
  let shown: unknown[] = [];
  const writes = Array.from({ length: 20 }, (_, index) => issues.create({ title: `Step ${index}` }));
  jira.listen(issues.list(), (rows) => (shown = [...(rows as unknown[])])); // in the middle of it
  await Promise.all(writes);
  await expect
    .poll(() => shown.length)
    .toBe(await app.dataSource.manager.countBy(Issue, {}).then((n) => Math.min(n, 16)));
  jira.close();
});

it('8: guards run, and refuse', async () => {
  await using app = await startTracker();
  const ada = await app.connect(ADA);
  expect(await ada.call('issues', 'purge', 'POST')).toMatchObject({
    status: 403,
    data: { code: 'PERMISSION_DENIED', message: 'Only at night.' },
  });
});

it('9: an exception is answered, shows nothing of the server, and leaves nothing behind', async () => {
  await using app = await startTracker();
  const ada = await app.connect(ADA);
  const answer = await ada.call('issues', 'fail', 'POST');
  expect(answer).toMatchObject({ status: 500, data: { code: 'INTERNAL' } });
  expect(JSON.stringify(answer)).not.toContain('password');
  expect(await app.dataSource.manager.count(Issue)).toBe(0);
});

it('10: who loses a right is told no more', async () => {
  await using app = await startTracker();
  const { id } = await app.dataSource.manager.save(Issue, issue());
  const ada = await app.connect(ADA);
  await ada.subscribe('issues');
  await app.dataSource.manager.delete(Member, { userId: ADA });
  await app.dataSource.manager.update(Issue, id, { title: 'Secret' });
  await ada.settled('issues');
  expect(JSON.stringify(ada.changes('issues'))).not.toContain('Secret');
});
