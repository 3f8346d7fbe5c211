// One gap, many clients: each refetches once, and not all at the same moment.

import { describe, expect, it } from 'vitest';
import { Bench } from './support.js';

describe('a reset', () => {
  it('makes one refetch of several that come together', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c').on('issues.list', ({ answer }) => answer([]));
    const jira = bench.client({ resetJitterMs: 100 });
    const heard: string[] = [];
    const issues = jira.hook('issues');
    await issues.subscribe(({ type, position }) => void heard.push(`${type} ${position}`)).ready;
    let fetched = 0;
    await jira.listen(issues.action('list'), () => fetched++).ready;
    await expect.poll(() => fetched).toBe(1);
    for (let i = 0; i < 3; i++) bench.server.announce('issues', 'c', { type: 'reset' });
    const last = bench.server.at();
    await expect.poll(() => heard).toEqual([`reset ${last}`]);
    await expect.poll(() => fetched).toBe(2);
    expect(bench.server.requests('list')).toHaveLength(2);
  });

  it('is delivered to many clients at times of their own', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c');
    const times: number[] = [];
    const clients = Array.from({ length: 30 }, () => bench.client({ resetJitterMs: 1_000 }));
    await Promise.all(clients.map((jira) => jira.hook('issues').subscribe(() => void times.push(Date.now())).ready));
    bench.server.announce('issues', 'c', { type: 'reset' });
    await expect.poll(() => times.length, { timeout: 10_000 }).toBe(clients.length);
    // Thirty random waits within a second that are all less than 200 ms apart: less likely than 1 in 10^19.
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(200);
  });

  it('that waits is dropped with its subscription or its connection, which brings one of its own', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c');
    const jira = bench.client({ resetJitterMs: 3_600_000 });
    const heard: string[] = [];
    const stopped = jira.hook('issues').subscribe(() => void heard.push('stopped'));
    const kept = jira.hook('issues').subscribe(({ type }) => void heard.push(type));
    await Promise.all([stopped.ready, kept.ready]);
    bench.server.announce('issues', 'c', { type: 'reset' });
    bench.server.announce('issues', 'c', { type: 'added', id: 1 });
    await expect.poll(() => heard).toEqual(['stopped', 'added']);
    stopped();
    bench.server.cut();
    await expect.poll(() => heard.slice(2)).toEqual(['reset']);
  });
});
