// What the change log in Redis does when Redis, or who reads it, fails: nothing that was committed is lost in silence.

import { createClient } from 'redis';
import { beforeEach, expect, it, vi } from 'vitest';
import { RedisChangeLog, type RedisChangeLogOptions } from 'nestjs-jira/redis';
import { Gate, OwnRedis, type Durability } from '../support/own-redis.js';
import { describeWith } from '../support/services.js';

/** Commits of the test that runs; their ids count from 0. */
let committed = 0;

/** One process's change log, and what it has heard: ids of commits, and `gap`. */
class Node implements AsyncDisposable {
  readonly heard: (number | 'gap')[] = [];
  /** How many commits of the test there were when the last gap was told: who fetches again then has all of them. */
  private known = 0;
  readonly log: RedisChangeLog;

  constructor(options: RedisChangeLogOptions) {
    this.log = new RedisChangeLog(options);
    this.log.listen(
      (entry) => {
        if ('changes' in entry) this.heard.push(...entry.changes.map(({ id }) => id as number));
      },
      () => {
        this.heard.push('gap');
        this.known = committed;
      },
    );
  }

  static async start(options: RedisChangeLogOptions): Promise<Node> {
    const node = new Node(options);
    await node.log.ready;
    return node;
  }

  commit(id: number): void {
    committed++;
    this.log.append({ changes: [{ source: 'default', entity: 'Issue', id, type: 'added', after: { id } }] });
  }

  async hears(id: number | 'gap'): Promise<void> {
    await vi.waitUntil(() => this.heard.includes(id));
  }

  /** Commits that it neither heard nor was told to fetch. */
  lost(ids: readonly number[]): number[] {
    return ids.filter((id) => id >= this.known && !this.heard.includes(id));
  }

  /** Commits that it heard. */
  get commits(): number[] {
    return this.heard.filter((id) => id !== 'gap');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.log.close();
  }
}

const clientOf = (url: string) => createClient({ url });

async function command(url: string, run: (client: ReturnType<typeof clientOf>) => Promise<unknown>): Promise<void> {
  const client = clientOf(url);
  await client.connect();
  await run(client);
  client.destroy();
}

const DURABILITIES: readonly Durability[] = ['always', 'never'];
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

describeWith('redis', 'the change log, when Redis or a reader fails', () => {
  beforeEach(() => {
    committed = 0;
  });

  it('tells a gap to a reader from under whom the stream was cut, and goes on', async () => {
    await using redis = await OwnRedis.start();
    await using writer = await Node.start({ url: redis.url });
    await using reader = await Node.start({ url: redis.url });
    writer.commit(1);
    await reader.hears(1);
    await command(redis.url, async (client) => {
      // All in one step of Redis: the reader finds the stream as if it had slept.
      const cut = client.multi();
      for (const id of [2, 3])
        cut.xAdd('jira:changes', '*', { node: 'other', sequence: `${id}`, position: 'x', changes: '[]' });
      cut.xTrim('jira:changes', 'MAXLEN', 0);
      await cut.exec();
    });
    await reader.hears('gap');
    writer.commit(4);
    await Promise.all([reader.hears(4), writer.hears(4)]);
    expect(reader.heard).toEqual([1, 'gap', 4]);
  });

  it('tells a gap for what cannot be read, and for what did not fit while Redis was away', async () => {
    await using redis = await OwnRedis.start();
    await using writer = await Node.start({ url: redis.url, pending: 10 });
    await using reader = await Node.start({ url: redis.url });
    await command(redis.url, (client) =>
      client.xAdd('jira:changes', '*', { node: 'other', sequence: '1', position: 'x', changes: 'of the future' }),
    );
    await reader.hears('gap');
    await redis.kill();
    for (const id of range(0, 30)) writer.commit(id);
    await redis.run();
    await reader.hears(29);
    expect(reader.lost(range(0, 30))).toEqual([]);
    expect(reader.heard.filter((id) => id === 'gap')).toHaveLength(2);
    expect(reader.commits.length).toBeLessThan(30);
  });

  it('tells the others of a process that ended without a goodbye, once; and of none that said one', async () => {
    await using redis = await OwnRedis.start();
    const options = { url: redis.url, leaseMs: 300 };
    await using one = await Node.start(options);
    await using two = await Node.start(options);
    const polite = await Node.start(options);
    polite.commit(1);
    await one.hears(1);
    await polite.log.close();
    const leases = async (): Promise<number> => {
      let count = 0;
      await command(redis.url, async (client) => (count = await client.zCard('jira:changes:leases')));
      return count;
    };
    expect(await leases()).toBe(2);
    // What a killed process leaves behind: a lease that nobody renews.
    await command(redis.url, (client) => client.zAdd('jira:changes:leases', { score: 1, value: 'killed' }));
    await Promise.all([one.hears('gap'), two.hears('gap')]);
    one.commit(2);
    await two.hears(2);
    expect([one.heard, two.heard]).toEqual([
      [1, 'gap', 2],
      [1, 'gap', 2],
    ]);
  });

  it('tells everybody when Redis went back to an older state, those too that had not read what was lost', async () => {
    await using redis = await OwnRedis.start('never');
    await using writer = await Node.start({ url: redis.url });
    await using gate = await Gate.open(redis.port);
    await using reader = await Node.start({ url: gate.url });
    for (const id of range(0, 5)) writer.commit(id);
    await Promise.all([reader.hears(4), writer.hears(4)]);
    await command(redis.url, (client) => client.sendCommand(['SAVE']));
    gate.hold();
    writer.commit(5);
    await writer.hears(5);
    await redis.kill();
    gate.drop();
    await redis.run();
    await Promise.all([reader.hears('gap'), writer.hears('gap')]);
    writer.commit(6);
    await Promise.all([reader.hears(6), writer.hears(6)]);
    expect(reader.heard).toEqual([...range(0, 5), 'gap', 6]);
    expect(writer.heard).toEqual([...range(0, 6), 'gap', 6]);
  });

  it('gives up a connection on which nothing comes any more, and then misses nothing', async () => {
    await using redis = await OwnRedis.start();
    const leaseMs = 60_000;
    await using writer = await Node.start({ url: redis.url, leaseMs });
    await using gate = await Gate.open(redis.port);
    await using reader = await Node.start({ url: gate.url, leaseMs });
    gate.hold();
    writer.commit(0);
    reader.commit(1);
    await vi.waitUntil(() => reader.heard.length === 2 && writer.heard.length === 2);
    expect(reader.heard).toEqual([0, 1]);
    expect(writer.heard).toEqual([0, 1]);
  });

  for (const durability of DURABILITIES)
    it(`loses no commit in silence when Redis is killed again and again, appendonly ${durability}`, async () => {
      await using redis = await OwnRedis.start(durability);
      await using one = await Node.start({ url: redis.url });
      await using two = await Node.start({ url: redis.url });
      const ids: number[] = [];
      for (let kill = 0; kill < 4; kill++) {
        for (let i = 0; i < 100; i++) {
          const id = ids.length;
          (id % 2 ? one : two).commit(id);
          ids.push(id);
          if (i === 50) await redis.kill();
          if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        await redis.run();
        const last = ids.length;
        one.commit(last);
        ids.push(last);
        await Promise.all([one.hears(last), two.hears(last)]);
      }
      for (const node of [one, two]) {
        // A process whose connection comes back later sends its commits later.
        await vi.waitFor(() => expect(node.lost(ids)).toEqual([]));
        expect(new Set(node.commits).size).toBe(node.commits.length);
        expect(node.commits.length).toBeGreaterThanOrEqual(durability === 'always' ? ids.length : 1);
      }
      // One loss is told once, or twice to who noticed it while another told it; not once by each process.
      const gaps = [one, two].map(({ heard }) => heard.filter((id) => id === 'gap').length);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(durability === 'always' ? 0 : 8);
    });
});
