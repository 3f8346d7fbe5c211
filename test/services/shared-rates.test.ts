// What one user asks of two servers is counted by both.

import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { JiraOptions } from 'nestjs-jira';
import { redisCluster } from 'nestjs-jira/redis';
import { createTestApp, type TestClient } from '../support/app.js';
import { describeWith } from '../support/services.js';
import { TRACKER } from '../support/tracker.js';

const RATE = 4;
const BURST = 40;

async function statuses(client: TestClient, count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, async () => (await client.call('issues', 'list', 'GET')).status));
}

describeWith('redis', 'rates of two servers that share a Redis', (url) => {
  const slow = { userRequestsPerSecond: RATE };
  const limits = { ...slow, burstSeconds: BURST / RATE };
  const start = (prefix: string, options: JiraOptions) =>
    createTestApp({ ...TRACKER, options: { ...redisCluster({ url, prefix }), ...options } });

  it.each([
    ['of all users', { limits }],
    ['of a plan', { limits: { ...limits, userRequestsPerSecond: 100 }, limitsOf: () => slow }],
  ])('are used up at one by what the other was asked, for this user alone: the rate %s', async (_rate, options) => {
    const prefix = `test:${randomUUID()}:`;
    await using one = await start(prefix, options);
    await using two = await start(prefix, options);
    const [here, there, other] = [await one.connect(1), await two.connect(1), await two.connect(2)];
    expect(new Set(await statuses(here, BURST))).toEqual(new Set([200]));
    // One by one, far fewer than this server would give by itself.
    let asked = 0;
    await expect
      .poll(async () => [++asked, (await statuses(there, 1))[0]], { interval: 200 })
      .toEqual([expect.any(Number), 429]);
    expect(asked).toBeLessThan(BURST / 2);
    expect(await statuses(other, 3)).toEqual([200, 200, 200]);
  });
});
