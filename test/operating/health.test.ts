// What probes are told, over HTTP by @nestjs/terminus: live, ready, and what the server needs.

import { Controller, Get, Module } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule, type HealthCheckResult } from '@nestjs/terminus';
import { expect, it } from 'vitest';
import { JiraHealth, type JiraOptions } from 'nestjs-jira';
import { JiraHealthIndicator } from 'nestjs-jira/health';
import { redisCluster } from 'nestjs-jira/redis';
import { createTestApp, type TestApp } from '../support/app.js';
import { OwnRedis } from '../support/own-redis.js';
import { describeWith } from '../support/services.js';
import { TRACKER } from '../support/tracker.js';

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly jira: JiraHealthIndicator,
  ) {}

  @Get('live')
  @HealthCheck()
  live(): Promise<HealthCheckResult> {
    return this.health.check([() => this.jira.live()]);
  }

  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    const { jira } = this;
    const quick = { timeoutMs: 500 };
    return this.health.check([
      () => jira.ready(),
      () => jira.changeLog(undefined, quick),
      () => jira.clusterStore(undefined, quick),
      () => jira.database(undefined, quick),
    ]);
  }
}

@Module({ imports: [TerminusModule.forRoot({ logger: false })], providers: [JiraHealthIndicator], controllers: [HealthController] }) // prettier-ignore
class HealthModule {}

const start = (options: JiraOptions = {}): Promise<TestApp> =>
  createTestApp({ ...TRACKER, imports: [HealthModule], options });

interface Probe {
  readonly status: number;
  readonly details: Readonly<Record<string, { readonly status: string; readonly message?: string }>>;
}

async function probe(app: TestApp, path: 'live' | 'ready'): Promise<Probe> {
  const response = await fetch(`${app.url}/health/${path}`);
  const { details } = (await response.json()) as Pick<Probe, 'details'>;
  return { status: response.status, details };
}

const statuses = ({ details }: Probe): Record<string, string> =>
  Object.fromEntries(Object.entries(details).map(([key, { status }]) => [key, status]));

it('is live and ready, with all that the server needs', async () => {
  await using app = await start();
  await app.connect(1);
  expect(await probe(app, 'live')).toEqual({ status: 200, details: { jira: { status: 'up', connections: 1 } } });
  const ready = await probe(app, 'ready');
  expect([ready.status, statuses(ready)]).toEqual([
    200,
    { jira: 'up', changeLog: 'up', clusterStore: 'up', database: 'up' },
  ]);
});

it('is not ready any more before the drain begins, and still serves', async () => {
  await using app = await start({ unreadyMs: 700 });
  const client = await app.connect(1);
  const closed = app.shutDown();
  await expect.poll(() => app.get(JiraHealth).isReady, { interval: 1 }).toBe(false);
  const [ready, live] = [await probe(app, 'ready'), await probe(app, 'live')];
  expect([ready.status, ready.details['jira']?.message]).toEqual([503, 'Takes no new clients.']);
  expect(live.status).toBe(200);
  // Requests are answered, and clients that a load balancer still sends are let in.
  expect((await client.call('issues', 'list', 'GET')).status).toBe(200);
  expect((await (await app.connect(2)).call('issues', 'list', 'GET')).status).toBe(200);
  await closed;
});

it('says that the database is away, and nothing of what it said', async () => {
  await using app = await start();
  const { dataSource } = app;
  const query = dataSource.query.bind(dataSource);
  dataSource.query = () => Promise.reject(Object.assign(new Error('password of ada'), { code: 'ECONNREFUSED' }));
  const refused = await probe(app, 'ready');
  expect([refused.status, refused.details['database']]).toEqual([
    503,
    { status: 'down', message: 'Failed with ECONNREFUSED.' },
  ]);
  dataSource.query = () => new Promise(() => undefined);
  expect((await probe(app, 'ready')).details['database']?.message).toBe('No answer within 500 ms.');
  dataSource.query = query;
  expect((await probe(app, 'ready')).status).toBe(200);
});

describeWith('redis', 'with Redis', () => {
  it('says that the change log and the store are away, and when they are back', async () => {
    await using redis = await OwnRedis.start();
    await using app = await start(redisCluster({ url: redis.url }));
    expect((await probe(app, 'ready')).status).toBe(200);
    await redis.kill();
    await expect
      .poll(async () => statuses(await probe(app, 'ready')))
      .toEqual({ jira: 'up', changeLog: 'down', clusterStore: 'down', database: 'up' });
    expect((await probe(app, 'live')).status).toBe(200);
    await redis.run();
    await expect.poll(async () => (await probe(app, 'ready')).status).toBe(200);
  });
});
