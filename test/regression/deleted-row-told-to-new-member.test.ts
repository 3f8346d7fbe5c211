// A transaction that deletes a row and lets somebody in: the newcomer learns nothing of the row.

import { expect, it } from 'vitest';
import { Hook, HookScope, ModelHook, type Visibility } from 'nestjs-jira';
import { Hub } from '../../libs/jira/src/live/delivery/hub.js';
import { createTestApp, type TestClient } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';
import { Issue, IssueView, Member, Project, seedTracker } from '../support/tracker.js';

@Hook('issues')
class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  override visibility(scope: HookScope): Visibility<Issue> {
    return { project: { members: { userId: scope.user.id } } };
  }
}

const APP = { entities: [Project, Member, Issue], providers: [IssueHook] };

const told = (client: TestClient): unknown[] => client.changes('issues').map(({ type, id, data }) => ({ type, id, data })); // prettier-ignore

describeEachDatabase('a deleted row and a new member, in one transaction', ({ options }) => {
  it.each(['deleted', 'moved out'])('tells the new member nothing of a row that is %s', async (fate) => {
    await using app = await createTestApp({ ...APP, database: await options(APP.entities) });
    await seedTracker(app);
    const { manager } = app.dataSource;
    const elsewhere = await manager.save(Project, { name: 'Nobody’s' });
    const hidden = await manager.save(Issue, { title: 'secret plan', projectId: 2 });
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    for (const client of [ada, grace]) await client.subscribe('issues');
    await manager.transaction(async (inner) => {
      if (fate === 'deleted') await inner.delete(Issue, { id: hidden.id });
      else await inner.update(Issue, { id: hidden.id }, { projectId: elsewhere.id });
      await inner.save(Member, { userId: 2, projectId: 2 });
    });
    const shown = await manager.save(Issue, { title: 'shown', projectId: 2 });
    for (const client of [ada, grace]) await client.until(() => told(client).some((one) => (one as { id: unknown }).id === shown.id)); // prettier-ignore
    expect(told(grace)).toMatchObject([{ type: 'reset', data: null }, { type: 'added', id: shown.id }]); // prettier-ignore
    // Ada saw it all along.
    expect(told(ada)[0]).toMatchObject({ type: 'removed', id: hidden.id });
  });

  it('nor where another process committed it, which captures no members', async () => {
    await using app = await createTestApp({ ...APP, database: await options(APP.entities) });
    await seedTracker(app);
    const { manager, driver } = app.dataSource;
    const hidden = await manager.save(Issue, { title: 'secret plan', projectId: 2 });
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    for (const client of [ada, grace]) await client.subscribe('issues');
    const [user, project] = ['userId', 'projectId'].map((name) => driver.escape(name));
    const commit = (before: Issue): void => {
      const change = { source: 'default', entity: 'Issue', id: before.id, type: 'removed', before };
      const hub = app.get(Hub) as unknown as { publish(one: object): void };
      hub.publish({ changes: [change], position: app.get(Hub).log.head, isOwn: false });
    };
    // As long as nothing else happened, it is told as any other.
    commit({ ...hidden, id: 77 });
    await Promise.all([ada, grace].map((client) => client.settled('issues')));
    await manager.query(`INSERT INTO member (${user}, ${project}) VALUES (2, 2)`);
    await manager.query(`DELETE FROM issue WHERE id = ${hidden.id}`);
    await Promise.all([ada, grace].map((client) => client.settled('issues')));
    expect(told(ada)).toMatchObject([{ type: 'removed', id: 77 }]);
    commit(hidden);
    await Promise.all([ada, grace].map((client) => client.settled('issues')));
    expect(told(grace)).toMatchObject([{ type: 'reset', data: null }]);
  });
});
