// Clients that go from one process to another: what they missed is in the stream.

import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResumedData } from 'nestjs-jira-protocol';
import type { DataSourceOptions } from 'typeorm';
import { afterAll, expect, it } from 'vitest';
import { Hook } from 'nestjs-jira';
import { redisCluster } from 'nestjs-jira/redis';
import { createClient } from 'redis';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { describeWith } from '../support/services.js';
import { Issue, IssueHook, Member, seedTracker, TRACKER } from '../support/tracker.js';

@Hook('followed')
class FollowedHook extends IssueHook {
  override dependsOn = [{ entity: Member }];
}

describeWith('redis', 'a client that comes back to another process', (url) => {
  const file = join(tmpdir(), `jira-${randomUUID()}.sqlite`);
  const database: DataSourceOptions = { type: 'better-sqlite3', database: file };
  afterAll(() => rm(file, { force: true }));

  const cluster = (prefix = `test:${randomUUID()}:`) => {
    return (hooks: readonly (typeof IssueHook)[] = [FollowedHook]) =>
      createTestApp({ ...TRACKER, providers: hooks, database, options: redisCluster({ url, prefix }) });
  };
  const save = ({ dataSource: { manager } }: TestApp, title: string) => manager.save(Issue, { title, projectId: 1 });
  const subscribe = async (client: TestClient, headers: object, namespace = 'followed'): Promise<ResumedData> =>
    (await client.call(namespace, 'subscribe', 'SUBSCRIPTION', { headers })).data as ResumedData;
  const titles = ({ changes }: ResumedData) => changes?.map(({ type, data }) => `${type} ${(data as Issue).title}`);

  it('is told what it missed: by one that ran already, and by one that began since', async () => {
    const start = cluster();
    const one = await start();
    await seedTracker(one);
    const { resume } = await subscribe(await one.connect(2), { resume: null });
    await save(one, 'at one');
    await using two = await start();
    await one.close();
    await save(two, 'at two');
    // A process tells in its answer what it has read of the stream; the rest would follow.
    await expect.poll(async () => titles(await subscribe(await two.connect(2), { resume }))).toEqual(['added at one', 'added at two']); // prettier-ignore
    await using three = await start();
    await save(two, 'again');
    const there = await three.connect(2);
    let answer = await subscribe(there, { resume });
    await expect.poll(async () => titles((answer = await subscribe(there, { resume })))).toEqual(['added at one', 'added at two', 'added again']); // prettier-ignore
    expect(titles(await subscribe(await two.connect(2), { resume: answer.resume }))).toEqual([]);
  });

  it('is told of a commit of which that process had not heard yet', async () => {
    const start = cluster();
    await using one = await start();
    await using two = await start();
    const { resume } = await subscribe(await one.connect(2), { resume: null });
    for (let i = 0; i < 20; i++) {
      const here = await one.connect(2);
      const { position } = await subscribe(here, { resume: null });
      const { id } = await save(one, `${i}`);
      const there = await subscribe(await two.connect(2), { resume, position });
      // What it is not told in the answer follows.
      const told = there.changes?.some((change) => change.id === id);
      expect([there.recovered, told]).toEqual([true, expect.any(Boolean)]);
      here.close();
    }
  });

  it('refetches at a process that began after the stream was cut under its token, and at no other', async () => {
    const prefix = `test:${randomUUID()}:`;
    const start = cluster(prefix);
    await using one = await start();
    const { resume } = await subscribe(await one.connect(2), { resume: null });
    await save(one, 'cut away');
    await save(one, 'left');
    const recovers = async (app: TestApp) => (await subscribe(await app.connect(2), { resume })).recovered;
    const redis = await createClient({ url }).connect();
    // Once this process has read it back, it keeps it.
    await expect.poll(async () => titles(await subscribe(await one.connect(2), { resume }))).toHaveLength(2);
    await redis.xTrim(`${prefix}changes`, 'MAXLEN', 1);
    redis.destroy();
    await using two = await start();
    expect([await recovers(one), await recovers(two)]).toEqual([true, false]);
    const later = await subscribe(await two.connect(2), { resume: null });
    await save(one, 'later');
    await expect.poll(async () => titles(await subscribe(await two.connect(2), { resume: later.resume }))).toEqual(['added later']); // prettier-ignore
  });

  it('refetches after a gap that any of them noticed, and after a membership that any of them wrote', async () => {
    const start = cluster();
    await using one = await start();
    await using two = await start();
    const token = async (app: TestApp) => (await subscribe(await app.connect(2), { resume: null })).resume;
    const first = await token(one);
    await save(one, 'before');
    expect((await subscribe(await two.connect(2), { resume: first })).recovered).toBe(true);
    one.changes.gap(Issue);
    await save(one, 'after');
    const client = await two.connect(2);
    await client.subscribe('followed');
    await expect.poll(async () => (await subscribe(client, { resume: first })).recovered).toBe(false);
    const second = await token(two);
    await two.dataSource.manager.save(Member, { userId: 2, projectId: 2 });
    await expect.poll(async () => (await subscribe(await one.connect(2), { resume: second })).recovered).toBe(false);
  });

  it('is given no token where another process may write memberships that nobody watches', async () => {
    const start = cluster();
    await using one = await start([IssueHook]);
    expect(await subscribe(await one.connect(2), { resume: null }, 'issues')).not.toHaveProperty('resume');
  });

  it('cannot be served without a secret, and the processes do not start', async () => {
    const options = { ...redisCluster({ url, prefix: `test:${randomUUID()}:` }), resume: { secret: undefined } };
    await expect(createTestApp({ ...TRACKER, options })).rejects.toThrow('has no resume.secret');
    await options.changeLog.close();
    const weak = createTestApp({ ...TRACKER, options: { resume: { secret: 'short' } } });
    await expect(weak).rejects.toThrow('has a resume.secret of 5 characters');
  });
});
