// Two servers as two processes of the operating system, on one Redis and one database.

import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { TestClient, createTestApp } from '../support/app.js';
import { OwnRedis } from '../support/own-redis.js';
import { PlainClient } from '../support/plain.js';
import { describeWith } from '../support/services.js';
import { seedTracker, TRACKER } from '../support/tracker.js';

const ROOT = join(import.meta.dirname, '../..');

class Node implements AsyncDisposable {
  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(...args: string[]): Promise<Node> {
    const child = fork('test/support/run-module.js', ['/test/services/watching-node.ts', ...args], { cwd: ROOT });
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    return new Node(child, url);
  }

  async connect(userId: number): Promise<TestClient> {
    const client = new TestClient(this.url, { jira: 2, token: `user-${userId}` });
    await client.connected();
    return client;
  }

  plain(userId: number): Promise<PlainClient> {
    return new PlainClient(`${this.url}/ws?token=user-${userId}`).open();
  }

  async kill(): Promise<void> {
    if (this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

/** What a client shows: rows as its subscription and its fetches make them. */
class Mirror {
  readonly titles = new Map<number, string>();
  resets = 0;
  private seen = 0;
  private fetching = Promise.resolve();

  constructor(private readonly client: TestClient) {
    client.socket.onAny(() => this.take());
  }

  static async of(client: TestClient): Promise<Mirror> {
    const mirror = new Mirror(client);
    await client.subscribe('issues');
    mirror.fetch();
    await mirror.fetching;
    return mirror;
  }

  private take(): void {
    const changes = this.client.changes('issues');
    for (const { type, id, data } of changes.slice(this.seen)) {
      if (type === 'reset') {
        this.resets++;
        this.fetch();
      } else if (type === 'removed') this.titles.delete(id as number);
      else this.titles.set(id as number, (data as { title: string }).title);
    }
    this.seen = changes.length;
  }

  private fetch(): void {
    this.fetching = this.fetchAfter(this.fetching);
  }

  private async fetchAfter(previous: Promise<void>): Promise<void> {
    await previous;
    const { data } = await this.client.call('issues', 'list', 'GET', { query: { page_size: 100 } });
    for (const { id, title } of (data as { results: { id: number; title: string }[] }).results)
      this.titles.set(id, title);
  }
}

const enter = (client: TestClient) => client.socket.emitWithAck('enter', null) as Promise<unknown>;
const heard = (client: TestClient, event: string) =>
  client.frames.flatMap((one) => (one.event === event ? [one.frame] : []));
const heardPlain = ({ frames }: PlainClient, event: string): unknown[] =>
  (frames as { event: string; data: unknown }[]).flatMap((one) => (one.event === event ? [one.data] : []));

describeWith('redis', 'two processes on one Redis', (url) => {
  const file = join(tmpdir(), `jira-${randomUUID()}.sqlite`);
  const database = { type: 'better-sqlite3', database: file, enableWAL: true } as const;
  beforeAll(async () => {
    await using first = await createTestApp({ ...TRACKER, database });
    await seedTracker(first);
  });
  afterAll(() => Promise.all(['', '-wal', '-shm'].map((end) => rm(`${file}${end}`, { force: true }))));

  it('watch on one and write on the other, by both doors; what is emitted arrives once', async () => {
    const prefix = `test:${randomUUID()}:`;
    await using one = await Node.start(url, prefix, file);
    await using two = await Node.start(url, prefix, file);
    const [here, there, outside] = [await one.connect(1), await two.connect(1), await two.connect(2)];
    await using plain = await two.plain(1);
    await using plainHere = await one.plain(1);
    await Promise.all([enter(here), enter(there)]);
    for (const client of [plain, plainHere]) {
      client.send({ event: 'enter', requestId: 'e' });
      client.send({ event: 'issues', data: { requestId: 's', method: 'SUBSCRIPTION', action: 'subscribe' } });
      await client.find(({ event, data }: { event: string; data: { requestId?: string } }) => event === 'issues' && data.requestId === 's'); // prettier-ignore
    }
    await there.subscribe('issues');

    const created = await here.call('issues', 'create', 'POST', { data: { title: 'written here', projectId: 1 } });
    const [change] = await there.nextChanges('issues', 1);
    expect(change).toMatchObject({ type: 'added', position: created.position, data: { title: 'written here' } });
    const frame = await plain.find<{ data: { type?: string } }>(({ data }) => data?.type === 'added');
    expect(frame).toMatchObject({ event: 'issues', data: { data: { title: 'written here' } } });

    // What comes after a shout of the same process has come before it, if it came at all.
    await here.socket.emitWithAck('shout', 'from one');
    await there.socket.emitWithAck('shout', 'from two');
    const shouts = new Set(['from one', 'from two']);
    for (const client of [here, there, outside]) {
      await client.until(() => heard(client, 'shouted').length === 2);
      expect(new Set(heard(client, 'shouted'))).toEqual(shouts);
      expect(heard(client, 'pulse')).toEqual(['written here']);
      expect(heard(client, 'news')).toEqual(client === outside ? [] : ['written here']);
    }
    for (const client of [plain, plainHere]) {
      await client.until(() => heardPlain(client, 'shouted').length === 2);
      expect(new Set(heardPlain(client, 'shouted'))).toEqual(shouts);
      expect(heardPlain(client, 'pulse')).toEqual(['written here']);
      expect(heardPlain(client, 'news')).toEqual(['written here']);
    }
    for (const client of [here, there, outside]) client.close();
  });

  it('lose nothing in silence when Redis restarts, one sleeps, and one is killed', async () => {
    await using redis = await OwnRedis.start();
    await using one = await Node.start(redis.url, 'jira:', file);
    await using two = await Node.start(redis.url, 'jira:', file);
    const writer = await one.connect(1);
    const reader = await two.connect(1);
    const mirror = await Mirror.of(reader);
    const write = (title: string) => writer.call('issues', 'create', 'POST', { data: { title, projectId: 1 } });
    const shows = (title: string) => vi.waitUntil(() => [...mirror.titles.values()].includes(title));

    // Redis goes and comes back: what was committed meanwhile arrives, and nobody has to fetch.
    await redis.kill();
    for (const title of ['while away 1', 'while away 2']) expect((await write(title)).status).toBe(201);
    await redis.run();
    await shows('while away 2');
    await shows('while away 1');
    expect(mirror.resets).toBe(0);

    // A process sleeps while the stream is cut.
    const direct = await createClient({ url: redis.url }).connect();
    two.child.kill('SIGSTOP');
    // The first is on its way to it already; the second is not.
    for (const title of ['while asleep 1', 'while asleep 2']) await write(title);
    await expect.poll(() => direct.xLen('jira:changes')).toBeGreaterThan(4);
    await direct.xTrim('jira:changes', 'MAXLEN', 0);
    direct.destroy();
    two.child.kill('SIGCONT');
    await shows('while asleep 2');
    const { resets } = mirror;
    expect(resets).toBeGreaterThan(0);

    // A process dies with commits that Redis has never seen.
    await redis.kill();
    expect((await write('last words')).status).toBe(201);
    await one.kill();
    await redis.run();
    await shows('last words');
    expect(mirror.resets).toBeGreaterThan(resets);
    for (const client of [writer, reader]) client.close();
  });
});
