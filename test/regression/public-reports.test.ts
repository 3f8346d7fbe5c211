// Faults that others have reported of their systems, none of which is to be one of ours.

import { describe, expect, it } from 'vitest';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';

/** User 1 sees both projects, user 2 the first alone. Both subscribe; then what `write` does is announced. */
async function watched(write: (app: TestApp, hidden: Issue, shown: Issue) => Promise<unknown>) {
  const app = await createTestApp(TRACKER);
  await seedTracker(app);
  const { manager } = app.dataSource;
  const hidden = await manager.save(Issue, { title: 'secret', projectId: 2 });
  const shown = await manager.save(Issue, { title: 'open', projectId: 1 });
  const [ada, grace] = [await app.connect(1), await app.connect(2)];
  for (const client of [ada, grace]) await client.subscribe('issues');
  const ids = { hidden: hidden.id, shown: shown.id };
  await write(app, hidden, shown);
  await grace.settled('issues');
  return { app, ada, grace, ids };
}

describe('directus 19704: events of deletes ignore permissions', () => {
  it('tells of a deleted row only those who saw it, by entity as by criteria', async () => {
    for (const remove of [
      async ({ dataSource }: TestApp, hidden: Issue, shown: Issue) => dataSource.manager.remove(Issue, [hidden, shown]),
      async ({ dataSource }: TestApp, hidden: Issue, shown: Issue) =>
        dataSource.manager.delete(Issue, [hidden.id, shown.id]),
    ]) {
      const { app, ada, grace, ids } = await watched(remove);
      await using _ = app;
      expect((await ada.nextChanges('issues', 2)).map(({ type, id }) => ({ type, id }))).toEqual(
        expect.arrayContaining([
          { type: 'removed', id: ids.hidden },
          { type: 'removed', id: ids.shown },
        ]),
      );
      expect(grace.changes('issues').map(({ id }) => id)).toEqual([ids.shown]);
      expect(JSON.stringify(grace.frames)).not.toContain('secret');
    }
  });
});

describe('supabase/realtime 585: deletes go to everybody, whatever the row-level security and the filter', () => {
  it('sends no delete past a filter', async () => {
    const { app, grace, ids } = await watched(() => Promise.resolve());
    await using _ = app;
    const filtered = await app.connect(1);
    await filtered.subscribe('issues', { projectId: 2 });
    await app.dataSource.manager.delete(Issue, ids.shown);
    await app.dataSource.manager.delete(Issue, ids.hidden);
    expect((await filtered.nextChanges('issues', 1))[0]).toMatchObject({ type: 'removed', id: ids.hidden });
    await grace.settled('issues');
    expect(grace.changes('issues').map(({ type, id }) => ({ type, id }))).toEqual([{ type: 'removed', id: ids.shown }]);
  });

  it('sends the id alone of a row that moves out of sight', async () => {
    const { app, grace, ids } = await watched(({ dataSource }, _hidden, shown) =>
      dataSource.manager.update(Issue, shown.id, { projectId: 2, title: 'secret now' }),
    );
    await using _ = app;
    expect(grace.changes('issues')).toMatchObject([{ type: 'removed', id: ids.shown, data: { pk: ids.shown } }]);
    expect(JSON.stringify(grace.frames)).not.toContain('secret now');
  });
});

describe('PocketBase: one or two SQL queries per subscriber per event', () => {
  /** Queries of one write and of its announcement to all of these clients. */
  const queriesOf = async ({ dataSource }: TestApp, clients: readonly TestClient[], title: string): Promise<number> => {
    let count = 0;
    const before = dataSource.logger;
    dataSource.logger = { ...before, logQuery: () => void count++ };
    await dataSource.manager.save(Issue, { title, projectId: 1 });
    await Promise.all(clients.map((client) => client.until(() => client.changes('issues').some(({ data }) => (data as Issue).title === title)))); // prettier-ignore
    dataSource.logger = before;
    return count;
  };

  it('asks once for all who see the same rows, however many subscribe', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    const clients = [await app.connect(1)];
    await clients[0].subscribe('issues');
    const alone = await queriesOf(app, clients, 'to one');
    for (let i = 0; i < 20; i++) {
      const client = await app.connect(1);
      clients.push(client);
      await client.subscribe('issues');
    }
    expect(await queriesOf(app, clients, 'to many')).toBe(alone);
    const other = await app.connect(2);
    await other.subscribe('issues');
    // Audiences whose conditions have one shape share the query.
    expect(await queriesOf(app, [...clients, other], 'to another audience')).toBe(alone);
  });
});
