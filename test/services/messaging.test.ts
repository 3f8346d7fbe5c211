// Rooms, presence and messages of two processes of the operating system, one of which is killed.

import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterAll, expect, it, vi } from 'vitest';
import { CLUSTER_ENTITIES } from 'nestjs-jira/typeorm-cluster';
import { TestClient } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';
import { describeWith } from '../support/services.js';

const ROOT = join(import.meta.dirname, '../..');

class Node implements AsyncDisposable {
  /** What its broadcast has told. */
  readonly told: string[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
  ) {
    child.on('message', ({ told }: { told: string }) => this.told.push(told));
  }

  static async start(place: object): Promise<Node> {
    const args = ['/test/services/messaging-node.ts', JSON.stringify(place)];
    const child = fork('test/support/run-module.js', args, { cwd: ROOT });
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    return new Node(child, url);
  }

  async connect(userId: number): Promise<TestClient> {
    const client = new TestClient(this.url, { jira: 2, token: `user-${userId}` });
    await client.connected();
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}

const enter = (client: TestClient, room: string) => client.call('rooms', 'enter', 'SUBSCRIPTION', { query: { room } });
const membersOf = async (client: TestClient, room: string): Promise<unknown> =>
  (await client.call('rooms', 'members', 'GET', { query: { room } })).data;
const notesOf = (client: TestClient): unknown[] =>
  client.frames.flatMap(({ event, frame }) => (event === '$message' ? [frame['data']] : []));
const toldOf = (client: TestClient, id: string): string[] =>
  client.changes('presence').flatMap((change) => (change.id === id ? [change.type] : []));

function outlivesAProcess(place: () => Promise<object>): void {
  it('counts members, knows who is online and keeps messages, through the death of one', async () => {
    const where = await place();
    await using one = await Node.start(where);
    const two = await Node.start(where);
    const [ada, watcher, grace] = [await one.connect(1), await one.connect(9), await two.connect(2)];
    await watcher.subscribe('presence');
    for (const [client, room] of [
      [ada, 'lobby'],
      [grace, 'lobby'],
      [grace, 'annex'],
    ] as const)
      // prettier-ignore
      expect(await enter(client, room)).toMatchObject({ status: 200, data: true });
    for (const client of [ada, grace]) expect(await membersOf(client, 'lobby')).toEqual(['1', '2']);
    expect([one.told, two.told]).toEqual([['open lobby'], ['open annex']]);
    await ada.call('rooms', 'send', 'POST', { query: { room: 'lobby' }, data: 'to all' });
    for (const client of [ada, grace]) await client.until(() => notesOf(client).length === 1);

    await two[Symbol.asyncDispose]();
    await ada.call('rooms', 'send', 'POST', { query: { user: 2 }, data: 'while away' });
    await watcher.until(() => toldOf(watcher, '2').includes('removed'), 20_000);
    expect(await membersOf(ada, 'lobby')).toEqual(['1']);
    await vi.waitFor(() => expect(one.told).toEqual(['open lobby', 'close annex']));
    await ada.call('rooms', 'send', 'POST', { query: { room: 'lobby' }, data: 'to who is left' });
    const back = await one.connect(2);
    await back.until(() => notesOf(back).length === 2);
    // It has not acknowledged what it was sent before; what was for the room's members then was not for it.
    expect([notesOf(back), notesOf(ada)]).toEqual([['to all', 'while away'], ['to all', 'to who is left']]); // prettier-ignore
    expect(await enter(back, 'annex')).toMatchObject({ status: 200 });
    ada.close();
    await vi.waitFor(() => expect(one.told).toEqual(['open lobby', 'close annex', 'open annex', 'close lobby']));
    for (const client of [watcher, grace, back]) client.close();
  });
}

describeWith('redis', 'two processes on one Redis', (url) => {
  outlivesAProcess(() => Promise.resolve({ redis: { url, prefix: `test:${randomUUID()}:` } }));
});

describeEachDatabase('two processes on one database, without Redis', (database) => {
  const file = join(tmpdir(), `jira-${randomUUID()}.sqlite`);
  afterAll(() => Promise.all(['', '-wal', '-shm'].map((end) => rm(`${file}${end}`, { force: true }))));

  outlivesAProcess(async () => {
    const options = await database.options(CLUSTER_ENTITIES, { synchronize: false });
    const place = options.type === 'better-sqlite3' ? { ...options, database: file, enableWAL: true } : options;
    const migrating = await new DataSource({ ...place, synchronize: true }).initialize();
    await migrating.destroy();
    return { database: { ...place, entities: [] } };
  });
});
