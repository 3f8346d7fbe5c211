import { DataSource } from 'typeorm';
import { expect, it, vi } from 'vitest';
import type { ErrorData } from 'nestjs-jira-protocol';
import { createTestApp, type TestClient } from '../support/app.js';
import { describeEachServer } from '../support/databases.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';
import { Wire } from '../support/wire.js';

describeEachServer('A lost connection to the database', ({ type, options }) => {
  /** Ends all other sessions of this database, as an operator or a failover does. */
  const killAll = async (admin: DataSource): Promise<void> => {
    if (type === 'postgres') {
      await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`); // prettier-ignore
      return;
    }
    const rows = await admin.query<{ id: string }[]>(`SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()`); // prettier-ignore
    for (const { id } of rows) await admin.query(`KILL ${id}`).catch(() => undefined);
  };
  const start = async () => {
    const database = await options([...TRACKER.entities]);
    const admin = await new DataSource(database).initialize();
    const wire = await Wire.open((database as { url: string }).url);
    const app = await createTestApp({ ...TRACKER, database: Object.assign({}, database, { url: wire.url }) as typeof database }); // prettier-ignore
    await seedTracker(app);
    return {
      admin, wire, app,
      [Symbol.asyncDispose]: async () => {
        await app.close();
        await wire[Symbol.asyncDispose]();
        await admin.destroy();
      },
    }; // prettier-ignore
  };
  const create = (client: TestClient, title: string) => client.call('issues', 'create', 'POST', { data: { title, projectId: 1 } }); // prettier-ignore
  const codeOf = ({ data }: { data: unknown }): string => (data as ErrorData).code;

  it('costs no request more than an answer 503, again and again, and the process lives', async () => {
    await using world = await start();
    const { app, admin } = world;
    const clients = await Promise.all([1, 1, 2, 2].map((user) => app.connect(user)));
    const statuses = new Set<number>();
    const codes = new Set<string>();
    const run = { isOver: false };
    let count = 0;
    let created = 0;
    const busy = clients.map(async (client) => {
      while (!run.isOver) {
        const answers = [await create(client, `t${++count}`), await client.call('issues', 'list', 'GET')];
        for (const answer of answers) {
          statuses.add(answer.status);
          if (answer.status === 201) created += 1;
          if (answer.status >= 500) codes.add(codeOf(answer));
        }
      }
    });
    for (let kill = 0; kill < 10; kill++) {
      const before = created;
      await killAll(admin);
      // The requests go on, and none fails for good.
      await vi.waitUntil(() => created > before);
    }
    run.isOver = true;
    await Promise.all(busy);
    expect(statuses).toEqual(new Set([200, 201, 503]));
    expect([...codes].filter((code) => !['DATABASE_UNAVAILABLE', 'OUTCOME_UNKNOWN'].includes(code))).toEqual([]);
    const [client] = clients;
    expect((await create(client, 'after')).status).toBe(201);
  }); // prettier-ignore

  it('in a transaction of nobody is told when the next statement is sent', async () => {
    await using world = await start();
    const { app, admin } = world;
    const runners = [app.dataSource.createQueryRunner(), app.dataSource.createQueryRunner()];
    for (const runner of runners) await runner.connect();
    await runners[0]?.startTransaction();
    await runners[0]?.manager.insert(Issue, { title: 'never', projectId: 1 });
    await killAll(admin);
    await vi.waitFor(async () => {
      for (const runner of runners) await expect(runner.query('SELECT 1')).rejects.toThrow(/released|closed|terminat|connection/i); // prettier-ignore
    });
    for (const runner of runners) await runner.release();
    // The pool may give away once more what was lost while it was idle.
    await vi.waitFor(async () => expect(await app.dataSource.manager.count(Issue)).toBe(0));
  });

  it('is told as what it is: to be tried again, or of unknown outcome', async () => {
    await using world = await start();
    const { app, wire } = world;
    const ada = await app.connect(1);
    await ada.subscribe('issues');
    wire.lose('COMMIT', 'cut');
    const unknown = await create(ada, 'maybe');
    expect([unknown.status, codeOf(unknown)]).toEqual([503, 'OUTCOME_UNKNOWN']);
    expect(await ada.nextChanges('issues', 1)).toMatchObject([{ type: 'reset' }]);
    wire.lose('INSERT', 'cut');
    const lost = await create(ada, 'never');
    expect([lost.status, codeOf(lost)]).toEqual([503, 'DATABASE_UNAVAILABLE']);
    const list = await ada.call('issues', 'list', 'GET');
    expect(list).toMatchObject({ status: 200 });
    expect(JSON.stringify(list.data)).not.toContain('never');
    // The database is away altogether.
    await wire[Symbol.asyncDispose]();
    const away = [await create(ada, 'away'), await ada.call('issues', 'list', 'GET')];
    expect(away.map((answer) => [answer.status, codeOf(answer)])).toEqual([
      [503, 'DATABASE_UNAVAILABLE'],
      [503, 'DATABASE_UNAVAILABLE'],
    ]);
    expect(JSON.stringify(away)).not.toMatch(/127\.0\.0\.1|ECONN/);
  });
});
