// A table of faults, each put into a running server: it moves the metrics that name it, and no other that an alarm watches.

import { Registry } from 'prom-client';
import { Raw, type DataSource, type DataSourceOptions, type QueryRunner } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Action, AllowAny, Hook, ModelHook, type JiraOptions } from 'nestjs-jira';
import { collectMetrics } from 'nestjs-jira/metrics';
import { redisCluster } from 'nestjs-jira/redis';
import type { ChangeListener } from '../../libs/jira/src/core/changes/change-source.js';
import { Hub } from '../../libs/jira/src/live/delivery/hub.js';
import { slowSocket } from '../security/slow-socket.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { describeEachServer } from '../support/databases.js';
import { OwnRedis } from '../support/own-redis.js';
import { describeWith } from '../support/services.js';
import { Issue, IssueView, seedTracker, TRACKER } from '../support/tracker.js';

/** Takes SQLite tenths of a second. */
const SLOW_SQL = '(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000000) SELECT count(*) FROM c) > 0'; // prettier-ignore

@Hook('slow')
class SlowHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  permissions = [AllowAny];

  visibility() {
    return { title: Raw(() => SLOW_SQL) };
  }

  @Action()
  wait() {
    return new Promise((resolve) => setTimeout(resolve, 300));
  }
}

@Hook('unshown')
class UnshownHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  permissions = [AllowAny];

  visibility() {
    return true as const;
  }

  override serialize(_row: Issue): unknown {
    throw new Error('cannot be shown');
  }
}

@Hook('forbidden')
class ForbiddenHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  permissions = [class Nobody { hasPermission() { return false; } }]; // prettier-ignore

  visibility() {
    return true as const;
  }
}

/** Metrics that an alarm watches, with the labels that make them one. */
const WATCHED = /^jira_(refusals|resets|log_gaps|cluster_lost|connections_refused)_total|^jira_connections_closed_total\{reason="SLOW_CLIENT"|^jira_resumes_total.*refetch|^jira_judge_duration_seconds_count\{outcome="failed"|^jira_request_duration_seconds_count.*status="[45]/; // prettier-ignore
/** Sums of durations that reach a tenth of a second. */
const SLOW_MS = 100;
const SLOW = /^jira_(judge_duration|window_read_duration|request_duration|log_lag)_seconds_sum/;

let register: Registry;
let stop: () => void;
beforeEach(() => {
  register = new Registry();
  stop = collectMetrics({ register });
});
afterEach(() => stop());

async function values(): Promise<ReadonlyMap<string, number>> {
  const lines = (await register.metrics()).split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, name = '', value = ''] = /^(jira_.+) (\S+)$/.exec(line) ?? [];
      if (WATCHED.test(name)) return [[name, Number(value)] as const];
      return SLOW.test(name) && Number(value) * 1_000 > SLOW_MS ? [[name.replace('_sum', ' slow'), 1] as const] : [];
    }),
  );
}

interface Fault {
  readonly title: string;
  readonly options?: JiraOptions;
  readonly provoke: (app: TestApp) => Promise<unknown>;
  /** What moves, by as much as it is not left open. */
  readonly moves: readonly string[];
}

const FAULTS: readonly Fault[] = [
  {
    title: 'a slow judge',
    provoke: async (app) => {
      const client = await app.connect(1);
      await client.subscribe('slow');
      await app.dataSource.manager.save(Issue, { title: 'New', projectId: 1 });
      await client.nextChanges('slow', 1);
    },
    moves: ['jira_judge_duration_seconds slow{outcome="answered"}'],
  },
  {
    title: 'a row that cannot be shown',
    provoke: async (app) => {
      const client = await app.connect(1);
      await client.subscribe('unshown');
      await app.dataSource.manager.save(Issue, { title: 'New', projectId: 1 });
      await client.nextChanges('unshown', 1);
    },
    moves: ['jira_resets_total{namespace="unshown",reason="failed"}'],
  },
  {
    title: 'a slow client',
    options: { limits: { bufferedBytes: 100_000 } },
    provoke: async (app) => {
      using slow = await slowSocket(app.url, 'user-1').then((socket) => Object.assign(socket, { [Symbol.dispose]: () => void socket.destroy() })); // prettier-ignore
      const { JiraServer } = await import('nestjs-jira');
      const payload = 'x'.repeat(500_000);
      await expect
        .poll(
          async () => {
            for (let i = 0; i < 10; i++) app.get(JiraServer).emit('noise', payload);
            return (await values()).get('jira_connections_closed_total{reason="SLOW_CLIENT"}') ?? 0;
          },
          { interval: 10 },
        )
        .toBe(1);
      expect(slow.destroyed).toBe(false);
    },
    moves: ['jira_connections_closed_total{reason="SLOW_CLIENT"}', 'jira_refusals_total{limit="bufferedBytes"}'],
  },
  {
    title: 'a forged token',
    provoke: (app) => app.connect({ token: 'forged' } as never).catch(() => undefined),
    moves: ['jira_connections_refused_total{code="UNAUTHENTICATED"}'],
  },
  {
    title: 'a user who may not',
    provoke: async (app) => (await app.connect(1)).call('forbidden', 'list', 'GET'),
    moves: ['jira_request_duration_seconds_count{namespace="forbidden",action="list",status="403"}'],
  },
  {
    title: 'a log that was trimmed',
    options: { resume: { secret: 'thirty-two characters for the tests', history: { commits: 2 } } },
    provoke: async (app) => {
      const client = await app.connect(1);
      const ask = (resume: unknown) => client.call('issues', 'subscribe', 'SUBSCRIPTION', { headers: { resume } });
      const { resume } = (await ask(null)).data as { readonly resume: string };
      for (let i = 0; i < 5; i++) await app.dataSource.manager.save(Issue, { title: `${i}`, projectId: 1 });
      await ask(resume);
    },
    moves: ['jira_resumes_total{namespace="issues",outcome="refetch"}'],
  },
  {
    title: 'changes that a source has lost',
    provoke: async (app) => {
      const client = await app.connect(1);
      await client.subscribe('unshown');
      let listener: ChangeListener | undefined;
      app.get(Hub).connect({ watch: () => undefined, listen: (one) => ((listener = one), () => undefined) });
      listener?.onGap({ source: 'default', entity: 'Issue', error: new Error('The slot is gone.') });
      await client.nextChanges('unshown', 1);
    },
    moves: ['jira_log_gaps_total', 'jira_resets_total{namespace="unshown",reason="missed"}'],
  },
  {
    title: 'an action beyond its time',
    options: { limits: { actionTimeoutMs: 20 } },
    provoke: async (app) => (await app.connect(1)).call('slow', 'wait', 'GET'),
    moves: [
      'jira_refusals_total{limit="actionTimeoutMs"}',
      'jira_request_duration_seconds_count{namespace="slow",action="wait",status="504"}',
    ],
  },
];

const start = async (options: JiraOptions = {}, database?: DataSourceOptions): Promise<TestApp> => {
  const providers = [...TRACKER.providers, SlowHook, UnshownHook, ForbiddenHook];
  const app = await createTestApp({ ...TRACKER, providers, options, database });
  await seedTracker(app);
  return app;
};

async function movedBy(app: TestApp, provoke: Fault['provoke']): Promise<string[]> {
  const before = await values();
  await provoke(app);
  return [...(await values())].filter(([name, value]) => value !== (before.get(name) ?? 0)).map(([name]) => name).toSorted(); // prettier-ignore
}

describe('a fault moves the metrics that name it, and no other', () => {
  it.each(FAULTS)('$title', async ({ options, provoke, moves }) => {
    await using app = await start(options);
    expect(await movedBy(app, provoke)).toEqual([...moves].toSorted());
  });
});

describeWith('redis', 'a fault of Redis', () => {
  it('moves the metric of outages, and the gauge back when it is over', async () => {
    await using redis = await OwnRedis.start();
    await using app = await start(redisCluster({ url: redis.url }));
    const isUp = async (): Promise<string | undefined> => /^jira_cluster_up\{store="redis"\} (\d)$/m.exec(await register.metrics())?.[1]; // prettier-ignore
    expect(
      await movedBy(app, async () => {
        await redis.kill();
        await expect.poll(isUp).toBe('0');
      }),
    ).toEqual(['jira_cluster_lost_total{store="redis"}']);
    await redis.run();
    await expect.poll(isUp).toBe('1');
  });
});

const POOL = 3;

async function waitingAtPool(): Promise<number> {
  return Number(/^jira_pool_waiting\{data_source="default"\} (\d+)$/m.exec(await register.metrics())?.[1]);
}

async function holdAll(dataSource: DataSource): Promise<QueryRunner[]> {
  const runners = Array.from({ length: POOL }, () => dataSource.createQueryRunner());
  await Promise.all(runners.map((runner) => runner.connect()));
  return runners;
}

describeEachServer('a pool that is full', ({ type, options }) => {
  // PostgreSQL's pool can be told how long to wait for a connection.
  const waiting = type === 'postgres' ? { connectTimeoutMS: 3_000 } : {};
  const actionTimeoutMs = type === 'postgres' ? 30_000 : 2_000;
  const status = type === 'postgres' ? 503 : 504;
  const beyond = type === 'postgres' ? [] : ['jira_refusals_total{limit="actionTimeoutMs"}'];
  const counted = (action: string) => `jira_request_duration_seconds_count{namespace="issues",action="${action}",status="${status}"}`; // prettier-ignore

  it('is told to the requests that wait for it, in bounded time; then all goes on, and no change is lost', async () => {
    const database = { ...(await options(TRACKER.entities, { poolSize: POOL })), ...waiting } as DataSourceOptions;
    await using app = await start({ limits: { actionTimeoutMs } }, database);
    const client = await app.connect(1);
    await client.subscribe('issues');
    const other = await app.connect(2);
    const create = (title: string) => other.call('issues', 'create', 'POST', { data: { title, projectId: 1 } });
    const held = await holdAll(app.dataSource);
    const moved = await movedBy(app, async () => {
      const answered = Promise.all([client.call('issues', 'list', 'GET'), create('Refused')]);
      await expect.poll(waitingAtPool, { interval: 10 }).toBe(2);
      const answers = await answered;
      const code = type === 'postgres' ? 'DATABASE_UNAVAILABLE' : 'TIMEOUT';
      expect(answers).toMatchObject(answers.map(() => ({ status, data: { code } })));
    });
    expect(await waitingAtPool()).toBe(0);
    expect(moved.filter((name) => !name.includes(' slow'))).toEqual([...beyond, counted('create'), counted('list')].toSorted()); // prettier-ignore

    await held[0]?.manager.save(Issue, { title: 'Held', projectId: 1 });
    await Promise.all(held.map((runner) => runner.release()));
    await expect.poll(async () => (await create('After')).status).toBe(201);
    expect(await client.nextChanges('issues', 2)).toMatchObject([{ data: { title: 'Held' } }, { data: { title: 'After' } }]); // prettier-ignore
    expect(await app.dataSource.manager.find(Issue, { order: { id: 'ASC' } })).toMatchObject([{ title: 'Held' }, { title: 'After' }]); // prettier-ignore
  });
});
