// A logout at one server ends the user's connections at all of them: two processes, one Redis.

import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { afterAll, expect, it } from 'vitest';
import { TestClient, createTestApp } from '../support/app.js';
import { describeWith } from '../support/services.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';

const ROOT = join(import.meta.dirname, '../..');

class Node implements AsyncDisposable {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(...args: string[]): Promise<Node> {
    const child = fork('test/support/run-module.js', ['/test/services/revocation-node.ts', ...args], { cwd: ROOT });
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    return new Node(child, url);
  }

  async order(order: 'disconnect' | 'refresh' | 'forget', who: unknown, user?: object): Promise<void> {
    const done = once(this.child, 'message');
    this.child.send({ order, who, user });
    await done;
  }

  async connect(userId: number): Promise<TestClient> {
    const client = new TestClient(this.url, { jira: 2, token: `user-${userId}` });
    await client.connected();
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}

const ended = (client: TestClient): Promise<void> => expect.poll(() => client.socket.connected).toBe(false); // prettier-ignore

describeWith('redis', 'rights that change at one of two processes', (url) => {
  const file = join(tmpdir(), `jira-${randomUUID()}.sqlite`);
  afterAll(() => Promise.all(['', '-wal', '-shm'].map((end) => rm(`${file}${end}`, { force: true }))));

  it('change at the other: logout, one device, a new role, and what was missed', async () => {
    const prefix = `test:${randomUUID()}:`;
    const database = { type: 'better-sqlite3', database: file, enableWAL: true } as const;
    await using writer = await createTestApp({ ...TRACKER, database });
    await seedTracker(writer);
    await using one = await Node.start(url, prefix, file);
    await using two = await Node.start(url, prefix, file);
    const clients = [await one.connect(1), await two.connect(1), await two.connect(1), await two.connect(2)];
    const [here, phone, desk, other] = clients as [TestClient, TestClient, TestClient, TestClient];

    // One device, wherever it is.
    await one.order('disconnect', { connectionId: phone.socket.id });
    await ended(phone);
    expect([here, desk, other].map(({ socket }) => socket.connected)).toEqual([true, true, true]);

    // A role.
    await one.order('refresh', 2, { id: 2, role: 'admin' });
    await expect.poll(async () => (await other.call('who', 'am', 'GET')).data).toEqual({ id: 2, role: 'admin' });

    // A logout. Nothing that is committed after it reaches the user, at whichever process.
    for (const client of [here, desk, other]) await client.subscribe('issues');
    await one.order('disconnect', 1);
    const added = { title: 'after the logout', projectId: 1 };
    await (await one.connect(2)).call('issues', 'create', 'POST', { data: added });
    await Promise.all([ended(here), ended(desk)]);
    await other.nextChanges('issues', 1);
    expect(here.changes('issues').concat(desk.changes('issues'))).toEqual([]);
    for (const client of [here, desk])
      expect(client.frames).toContainEqual({ event: '$disconnect', frame: { code: 'SESSION_EXPIRED', status: 401 } });
    expect(other.socket.connected).toBe(true);

    // Orders that were lost: everybody's session is asked for again.
    const again = await two.connect(1);
    await two.order('forget', 'user-1');
    const redis = await createClient({ url }).connect();
    await redis.xAdd(`${prefix}changes`, '*', { node: 'another', sequence: '7', position: 'lost' });
    redis.destroy();
    await ended(again);
    expect(other.socket.connected).toBe(true);
    expect(await writer.dataSource.manager.count(Issue)).toBe(1);
    for (const client of clients) client.close();
  });
});
