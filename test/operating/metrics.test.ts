// Metrics for Prometheus: what happens moves the one that names it, and clients cannot add series.

import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Limits } from 'nestjs-jira';
import { collectMetrics } from 'nestjs-jira/metrics';
import { createTestApp, type TestApp } from '../support/app.js';
import { seedTracker, TRACKER } from '../support/tracker.js';

let register: Registry;
let stop: () => void;
beforeEach(() => {
  register = new Registry();
  stop = collectMetrics({ register });
});
afterEach(() => stop());

/** Sums and counts by series; buckets and sums of durations left out. */
async function series(): Promise<Record<string, number>> {
  const lines = (await register.metrics()).split('\n');
  const values = lines.flatMap((line) => {
    const [, name = '', value = ''] = /^(jira_[^ ]+) (\S+)$/.exec(line) ?? [];
    return name === '' || /_bucket|_sum/.test(name) ? [] : [[name, Number(value)] as const];
  });
  return Object.fromEntries(values.filter(([, value]) => value !== 0));
}

async function moved(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await series();
  await work();
  const after = Object.entries(await series()).map(([name, value]) => [name, value - (before[name] ?? 0)] as const);
  return Object.fromEntries(after.filter(([, by]) => by !== 0));
}

const start = async (limits: Partial<Limits> = {}): Promise<TestApp> => {
  const app = await createTestApp({ ...TRACKER, options: { limits } });
  await seedTracker(app);
  return app;
};

it('count connections, subscriptions, commits and the frames they lead to', async () => {
  await using app = await start();
  const client = await app.connect(1);
  await client.subscribe('issues');
  const create = (): Promise<unknown> =>
    client.call('issues', 'create', 'POST', { data: { title: 'New', projectId: 1 } });
  expect(await moved(() => create().then(() => client.nextChanges('issues', 1)))).toEqual({
    'jira_request_duration_seconds_count{namespace="issues",action="create",status="201"}': 1,
    'jira_judge_duration_seconds_count{outcome="answered"}': 1,
    'jira_judgements_total{by="database"}': 1,
    'jira_log_lag_seconds_count{source="own"}': 1,
    'jira_commits_total{source="own"}': 1,
    'jira_changes_total{source="own"}': 1,
    'jira_frames_total{namespace="issues",type="added"}': 1,
    'jira_deliveries_total{namespace="issues",type="added"}': 1,
    jira_commit_to_first_frame_seconds_count: 1,
    jira_commit_to_last_frame_seconds_count: 1,
  });
  const { jira_connections, ...others } = await series();
  expect([jira_connections, others['jira_subscriptions{namespace="issues"}']]).toEqual([1, 1]);
  client.close();
  await expect
    .poll(async () => Object.keys(await series()).filter((name) => /^jira_(conn|subs)/.test(name)))
    .toEqual([]);
});

/** `MADE_UP_NAMES=100000` makes up more of them. */
const madeUp = Number(process.env['MADE_UP_NAMES'] ?? 5_000);

it('have no series for names that clients make up', async () => {
  await using app = await start({ requestsInFlight: 2_000, malformedFrames: 1_000_000 });
  const client = await app.connect(1);
  const found = await moved(async () => {
    for (let begin = 0; begin < madeUp; begin += 1_000)
      await Promise.all(
        Array.from({ length: 1_000 }, (_, i) => client.call(`made up ${begin + i}`, `action ${begin + i}`, 'GET')),
      );
  });
  expect(found).toEqual({
    'jira_request_duration_seconds_count{namespace="_other",action="_other",status="404"}': madeUp,
  });
});

it('name the limit that refused, and count forged tokens', async () => {
  await using app = await start({ subscriptions: 1 });
  const client = await app.connect(1);
  await client.subscribe('issues');
  expect(await moved(() => client.call('issues', 'subscribe', 'SUBSCRIPTION'))).toEqual({
    'jira_refusals_total{limit="subscriptions"}': 1,
    'jira_request_duration_seconds_count{namespace="issues",action="subscribe",status="429"}': 1,
  });
  expect(await moved(() => app.connect({ token: 'forged' } as never).catch(() => 0))).toEqual({
    'jira_connections_refused_total{code="UNAUTHENTICATED"}': 1,
  });
});

it('are gone from the register when they are ended', async () => {
  stop();
  expect(await register.metrics()).not.toMatch(/jira_/);
  stop = collectMetrics({ register });
});
