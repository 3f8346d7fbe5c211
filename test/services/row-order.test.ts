// Two servers write the same rows, and one is too busy to tell at once: whoever watches ends with what is in the database.

import { randomUUID } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import type { JiraOptions } from 'nestjs-jira';
import type { ChangeLog } from 'nestjs-jira/ports';
import { redisCluster } from 'nestjs-jira/redis';
import { createTestApp, type TestClient } from '../support/app.js';
import { describeEachServer } from '../support/databases.js';
import { addressOf, describeWith } from '../support/services.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';

const ROUNDS = 60;

/** Appends in order, each commit some moments late. */
function late(log: ChangeLog, delayMs: () => number): ChangeLog {
  let last = Promise.resolve();
  const append: ChangeLog['append'] = (commit) => {
    const previous = last;
    last = (async () => {
      await previous;
      await new Promise((resolve) => setTimeout(resolve, delayMs()));
      log.append(commit);
    })();
  };
  return new Proxy(log, {
    get: (target, key) => {
      if (key === 'append') return append;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** What the frames since the last reset say of each row: its title, or undefined where it is gone. */
function shown(client: TestClient): Map<unknown, string | undefined> {
  const titles = new Map<unknown, string | undefined>();
  for (const { type, id, data } of client.changes('issues'))
    if (type === 'reset') titles.clear();
    else titles.set(id, type === 'removed' ? undefined : (data as { title: string }).title);
  return titles;
}

describeWith('redis', 'rows that two servers write at a time', () => {
  describeEachServer('over', ({ options }) => {
    it('end at every subscriber as in the database', async () => {
      const database = await options([...TRACKER.entities]);
      const cluster = { url: addressOf('redis'), prefix: `test:${randomUUID()}:` };
      const start = (delayMs: () => number) => {
        const shared = redisCluster(cluster);
        // No position is asked of a commit that is not logged yet.
        const own: JiraOptions = { ...shared, changeLog: late(shared.changeLog, delayMs) };
        return createTestApp({ ...TRACKER, database, options: own });
      };
      await using one = await start(() => Math.random() * 20);
      await seedTracker(one);
      await using two = await start(() => Math.random() * 2);
      const watchers = [await one.connect(1), await two.connect(1)];
      for (const watcher of watchers) await watcher.subscribe('issues');
      const issues = one.dataSource.getRepository(Issue);
      const agree = async (): Promise<void> => {
        const { id: end } = await issues.save({ title: 'end', projectId: 1 });
        const stored = new Map((await issues.find()).map(({ id, title }) => [id, title]));
        for (const watcher of watchers) {
          await vi.waitUntil(() => shown(watcher).has(end));
          await vi.waitFor(() => {
            for (const [id, title] of shown(watcher)) expect([id, title]).toEqual([id, stored.get(id as number)]);
          });
        }
      };
      const rows = await issues.save([1, 2, 3].map((n) => ({ title: `${n}`, projectId: 1 })));
      let count = 0;
      const write = async (app: typeof one): Promise<void> => {
        for (let round = 0; round < ROUNDS; round++) {
          const { id } = rows[round % rows.length];
          await app.dataSource.getRepository(Issue).update(id, { title: `t${++count}` });
        }
      };
      await Promise.all([write(one), write(two), write(one), write(two)]);
      await agree();
      for (const watcher of watchers)
        expect(watcher.changes('issues').filter((frame) => frame.type === 'reset')).toEqual([]);
      // What is created here is soon deleted there: where nobody can tell which was first, they are told to fetch again.
      const brief = await issues.save(Array.from({ length: 20 }, (_, n) => ({ title: `brief ${n}`, projectId: 1 })));
      await two.dataSource.getRepository(Issue).remove(brief);
      await agree();
    });
  });
});
