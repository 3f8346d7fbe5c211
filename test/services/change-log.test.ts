import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { Injectable, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { afterAll, expect, it, vi } from 'vitest';
import { JiraModule, JiraServer, OnChange, type Change } from 'nestjs-jira';
import { redisCluster } from 'nestjs-jira/redis';
import { createTestApp, type TestApp } from '../support/app.js';
import { describeWith } from '../support/services.js';
import { Issue, Member, seedTracker, TRACKER } from '../support/tracker.js';

describeWith('redis', 'observers of two servers that share a Redis and a database', (url) => {
  const file = join(tmpdir(), `jira-${randomUUID()}.sqlite`);
  const database: DataSourceOptions = { type: 'better-sqlite3', database: file };
  const cluster = { url, prefix: `test:${randomUUID()}:` };
  const start = () => createTestApp({ ...TRACKER, database, options: redisCluster(cluster) });
  afterAll(() => rm(file, { force: true }));

  it('hear what the other commits, each by its own rights, and all in one order', async () => {
    await using one = await start();
    await seedTracker(one);
    await using two = await start();
    const ada = await one.connect(1);
    const [here, there, stranger] = [await one.connect(2), await two.connect(2), await two.connect(77)];
    const subscribed = [await here.subscribe('issues'), await there.subscribe('issues')];
    await stranger.subscribe('issues');
    const created = await ada.call('issues', 'create', 'POST', { data: { title: 'a', projectId: 1 } });
    const writer = await two.connect(1);
    await there.nextChanges('issues', 1);
    await writer.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { title: 'b' } });
    await here.nextChanges('issues', 2);
    await ada.call('issues', 'destroy', 'DELETE', { query: { pk: 1 } });
    const [atOne, atTwo] = await Promise.all([here.nextChanges('issues', 3), there.nextChanges('issues', 3)]);
    expect(atOne.map(({ type, data }) => [type, data])).toEqual([
      ['added', { id: 1, title: 'a', status: 'open', projectId: 1 }],
      ['modified', { id: 1, title: 'b', status: 'open', projectId: 1 }],
      ['removed', { id: 1, title: 'b', status: 'open', projectId: 1 }],
    ]);
    const bare = (frames: typeof atOne) => frames.map(({ channel: _, ...frame }) => frame);
    expect(bare(atTwo)).toEqual(bare(atOne));
    expect(atOne[0].position).toBe(created.position);
    expect(subscribed.every(({ position }) => typeof position === 'string')).toBe(true);
    expect(stranger.changes('issues')).toEqual([]);
  });

  it('run an @OnChange method once a change: where it was committed, or in one of them for a job that has none', async () => {
    const called: string[] = [];
    const everywhere: string[] = [];
    @Injectable()
    class Mail {
      private readonly server = `${++servers}`;

      @OnChange(Issue) send({ after }: Change<Issue>) {
        called.push(`${this.server} ${after?.title}`);
      }
      @OnChange(Issue, { everywhere: true }) note({ after }: Change<Issue>) {
        everywhere.push(`${this.server} ${after?.title}`);
      }
    }
    let servers = 0;
    const withMail = () => createTestApp({ ...TRACKER, providers: [Mail], database, options: redisCluster(cluster) });
    await using one = await withMail();
    await using two = await withMail();
    await using job = await createTestApp({ ...TRACKER, providers: [], database, options: redisCluster(cluster) });
    const save = (app: TestApp, title: string) => app.dataSource.getRepository(Issue).save({ title, projectId: 1 });
    await save(one, 'a');
    await save(two, 'b');
    const change = (id: number, title: string) =>
      ({ source: 'default', entity: 'Issue', id, type: 'added', after: { id, title, status: 'open', projectId: 1 } }) as const; // prettier-ignore
    for (let id = 100; id < 110; id++) job.get(JiraServer).publish(change(id, 'c'), change(id + 1000, 'c'));
    await save(one, 'z');
    await save(two, 'z');
    await vi.waitFor(() => expect(everywhere).toHaveLength(48));
    // Each change of the job is claimed first: that may take longer than the changes after it.
    await vi.waitFor(() => expect(called.length).toBeGreaterThanOrEqual(24));
    expect(called.filter((call) => !call.endsWith('c'))).toEqual(expect.arrayContaining(['1 a', '2 b', '1 z', '2 z']));
    job.get(JiraServer).publish(change(200, 'd'));
    await vi.waitFor(() => expect(called.some((call) => call.endsWith('d'))).toBe(true));
    expect(called).toHaveLength(25);
  });

  it('hear a process that has no sockets', async () => {
    await using server = await start();
    await server.dataSource.getRepository(Member).save({ userId: 5, projectId: 1 });
    const grace = await server.connect(5);
    await grace.subscribe('issues');

    @Module({
      imports: [
        TypeOrmModule.forRoot({ ...database, entities: [...TRACKER.entities] as never }),
        JiraModule.forRoot({ ...redisCluster(cluster), resume: { secret: randomUUID() } }),
      ],
      providers: [...TRACKER.providers],
    })
    class JobModule {}
    const job = await NestFactory.createApplicationContext(JobModule, { logger: false });
    const { id } = await job.get(DataSource).getRepository(Issue).save({ title: 'by a job', projectId: 1 });
    job.get(JiraServer).publish({
      source: 'default',
      entity: 'Issue',
      id: 4711,
      type: 'added',
      after: { id: 4711, title: 'by hand', status: 'open', projectId: 1 },
    });
    await job.close();
    expect((await grace.nextChanges('issues', 2)).map((frame) => frame.id)).toEqual([id, 4711]);
  });
});
