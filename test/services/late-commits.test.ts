// A process that was cut off from Redis sends old commits after newer ones: whoever hears them is told to fetch again.

import { expect, it, vi } from 'vitest';
import { RedisChangeLog } from 'nestjs-jira/redis';
import type { Change } from 'nestjs-jira';
import { Gate, OwnRedis } from '../support/own-redis.js';
import { describeWith } from '../support/services.js';

/** Longer than rows were remembered once. */
const AWAY_MS = 12_000;

class Node implements AsyncDisposable {
  /** What a client shows that applies what it hears; undefined after a gap, until it has fetched. */
  readonly rows = new Map<number, number>();
  gaps = 0;
  readonly log: RedisChangeLog;

  constructor(url: string, leaseMs: number) {
    this.log = new RedisChangeLog({ url, leaseMs });
    this.log.listen(
      (entry) => {
        if (!('changes' in entry)) return;
        for (const { id, after } of entry.changes) this.rows.set(id as number, (after as { n: number }).n);
      },
      () => {
        this.gaps += 1;
        this.rows.clear();
      },
    );
  }

  write(id: number, from: number, to: number): void {
    const change: Change = { source: 'default', entity: 'Issue', id, type: 'modified', before: { id, n: from }, after: { id, n: to } }; // prettier-ignore
    this.log.append({ changes: [change] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.log.close();
  }
}

const hears = (node: Node, id: number) => vi.waitUntil(() => node.rows.has(id));

describeWith('redis', 'a process that was cut off from Redis', () => {
  it('for a while does not show old rows: their order is by the clock of Redis', async () => {
    await using redis = await OwnRedis.start();
    await using gate = await Gate.open(redis.port);
    await using healthy = new Node(redis.url, 60_000);
    await using cutOff = new Node(gate.url, 60_000);
    await Promise.all([healthy.log.ready, cutOff.log.ready]);
    cutOff.write(0, 0, 1);
    await hears(healthy, 0);
    gate.hold();
    for (let id = 1; id <= 5; id++) cutOff.write(id, 0, 1); // committed first
    for (let id = 1; id <= 5; id++) healthy.write(id, 1, 2);
    await hears(healthy, 5);
    await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
    healthy.write(6, 0, 1);
    await hears(healthy, 6);
    gate.drop();
    cutOff.write(7, 0, 1);
    await Promise.all([hears(healthy, 7), hears(cutOff, 7)]);
    for (const { rows } of [healthy, cutOff]) for (let id = 1; id <= 5; id++) expect([undefined, 2]).toContain(rows.get(id)); // prettier-ignore
  });

  it('for longer than its lease is heard with a gap, when it has ended and when it is back', async () => {
    await using redis = await OwnRedis.start();
    await using gate = await Gate.open(redis.port);
    await using healthy = new Node(redis.url, 300);
    await using cutOff = new Node(gate.url, 300);
    await Promise.all([healthy.log.ready, cutOff.log.ready]);
    cutOff.write(0, 0, 1);
    await hears(healthy, 0);
    gate.hold();
    cutOff.write(1, 0, 1);
    await vi.waitUntil(() => healthy.gaps === 1);
    healthy.write(1, 1, 2);
    await hears(healthy, 1);
    gate.drop();
    await vi.waitUntil(() => healthy.gaps === 2);
    expect([undefined, 2]).toContain(healthy.rows.get(1));
  }); // prettier-ignore

  it('for a moment is heard without', async () => {
    await using redis = await OwnRedis.start();
    await using gate = await Gate.open(redis.port);
    await using healthy = new Node(redis.url, 60_000);
    await using cutOff = new Node(gate.url, 60_000);
    await Promise.all([healthy.log.ready, cutOff.log.ready]);
    gate.hold();
    cutOff.write(1, 0, 1);
    healthy.write(1, 1, 2);
    await hears(healthy, 1);
    gate.drop();
    cutOff.write(2, 0, 1);
    await Promise.all([hears(healthy, 2), hears(cutOff, 2)]);
    expect([healthy.gaps, cutOff.gaps]).toEqual([0, 0]);
    expect([healthy.rows.get(1), cutOff.rows.get(1)]).toEqual([2, 2]);
  });
});
