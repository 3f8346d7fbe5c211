import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { describe, expect, it, vi } from 'vitest';
import {
  Authentication,
  Broadcast,
  ClusterConnections,
  Connections,
  JiraModule,
  LifecycleEvents,
  Messages,
  type Authenticated,
  type JiraOptions,
} from 'nestjs-jira';
import { MemoryMessageQueue } from 'nestjs-jira/ports';
import { CLUSTER_ENTITIES, typeOrmCluster } from 'nestjs-jira/typeorm-cluster';
import { redisCluster } from 'nestjs-jira/redis';
import { createTestApp, TestClient, type TestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';
import { describeWith } from '../support/services.js';

function messagesOf(client: TestClient): unknown[] {
  return client.frames.filter(({ event }) => event === '$message').map(({ frame }) => frame['data']);
}

describe('messages in one process', () => {
  it('reports a connection that is in no process', async () => {
    await using app = await createTestApp({ entities: [], providers: [] });
    await expect(app.get(Messages).send('nobody', 'hello', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const ada = await app.connect(1);
    await app.get(Messages).send(ada.socket.id as string, 'hello', 1);
    await ada.until(() => messagesOf(ada).length === 1);
  });

  it('tells of what is queued, and of what is given up for its number or age', async () => {
    const limits = { queuedMessages: 2, messageTtlMs: 60_000 };
    await using app = await createTestApp({ entities: [], providers: [], options: { limits } });
    const [messages, events] = [app.get(Messages), app.get(LifecycleEvents)];
    const told: unknown[] = [];
    events.on('jira.added_message_to_queue', (payload) => told.push(['added', payload]));
    events.on('jira.message_expired', (payload) => told.push(['expired', payload]));
    const of = (id: string) => ({ id, recipient: 'user:7', event: 'news', data: { n: id } });
    for (const id of ['a', 'b', 'c']) await messages.send({ user: 7 }, 'news', { n: id }, { id });
    const [a, b, c] = ['a', 'b', 'c'].map(of);
    expect(told.splice(0)).toEqual([['added', a], ['added', b], ['expired', a], ['added', c]]); // prettier-ignore
    await messages.sweep(Date.now() + 59_000);
    expect(told).toEqual([]);
    await messages.sweep(Date.now() + 61_000);
    expect(told.splice(0)).toEqual([['expired', b], ['expired', c]]); // prettier-ignore
    // Meant for one connection, which closes without having acknowledged.
    const ada = await app.connect(1);
    const { id: connectionId = '' } = ada.socket;
    await messages.send(connectionId, 'bye', null, { id: 'd' });
    await ada.until(() => messagesOf(ada).length === 1);
    ada.close();
    const d = { id: 'd', recipient: `connection:${connectionId}`, event: 'bye', data: null };
    await vi.waitFor(() => expect(told).toEqual([['added', d], ['expired', d]])); // prettier-ignore
  });

  it('does not send what is older than may be kept, swept or not', async () => {
    const queue = new MemoryMessageQueue();
    const options = { messageQueue: queue, limits: { messageTtlMs: 60_000 } };
    await using app = await createTestApp({ entities: [], providers: [], options });
    for (const [id, ageMs] of Object.entries({ old: 61_000, new: 0 }))
      await queue.add('user:7', { id, event: 'news', data: id, sentAt: new Date(Date.now() - ageMs) }, 10);
    const ada = await app.connect(7);
    await ada.until(() => messagesOf(ada).length === 1);
    expect(messagesOf(ada)).toEqual(['new']);
  });
});

class Anybody extends Authentication {
  authenticate(): Authenticated {
    return { user: { id: 7 } };
  }
}

const [NodeRow] = CLUSTER_ENTITIES;

/** Two servers of one cluster, and a room with a member at each: Ada's connection, and Grace's, and an anonymous one. */
async function roomOfTwo(one: TestApp, two: TestApp): Promise<Record<'ada' | 'grace' | 'nobody', TestClient>> {
  const [ada, grace, nobody] = [await one.connect(1), await two.connect(2), await two.connect()];
  const entering: [TestApp, TestClient][] = [[one, ada], [two, grace], [two, nobody]]; // prettier-ignore
  for (const [app, { socket }] of entering) {
    const connection = app.get(Connections).get(socket.id ?? '');
    if (!connection) throw new Error('A client is not connected.');
    await app.get(Broadcast).room('lobby').add(connection);
  }
  return { ada, grace, nobody };
}

function sendsToRooms(open: () => Promise<[JiraOptions, JiraOptions, JiraOptions]>): void {
  it('reaches the members of a room at all servers, and those who lost their connection when they are back', async () => {
    const [first, second, third] = await open();
    await using one = await createTestApp({ entities: [], providers: [], options: first });
    await using two = await createTestApp({ entities: [], providers: [], options: second });
    const job = await NestFactory.createApplicationContext(
      JiraModule.forRoot({ resume: { secret: randomUUID() }, ...third }),
      { logger: false },
    );
    const outsider = await one.connect(3);
    const { ada, grace, nobody } = await roomOfTwo(one, two);
    const twin = await one.connect(2); // Grace's other device: what is for her arrives there too
    const messages = job.get(Messages);
    await messages.send({ room: 'lobby' }, 'news', 'a', { id: 'a' });
    for (const client of [ada, grace, nobody, twin]) await client.until(() => messagesOf(client).length === 1);
    ada.close();
    await vi.waitFor(async () => expect(await two.get(Broadcast).room('lobby').size()).toBe(2));
    await messages.send({ room: 'lobby' }, 'news', 'b', { id: 'b' });
    for (const client of [grace, nobody, twin]) await client.until(() => messagesOf(client).length === 2);
    await messages.send({ room: 'empty' }, 'news', 'c');
    await job.close();
    // Ada was a member when the first was sent, and has not acknowledged it; when the second was, she had left.
    const again = await one.connect(1);
    await again.until(() => messagesOf(again).length === 1);
    await outsider.call('$connection', '$acknowledge', 'POST', { data: { ids: ['a'] } });
    expect([messagesOf(again), messagesOf(grace), messagesOf(outsider)]).toEqual([['a'], ['a', 'b'], []]);
  });
}

describeWith('redis', 'messages of several processes that share a Redis', (url) => {
  sendsToRooms(async () => {
    const cluster = { url, prefix: `test:${randomUUID()}:` };
    return [redisCluster(cluster), redisCluster(cluster), redisCluster(cluster)];
  });

  it('brings what a process without sockets sends to a user who is away, in order, until it is acknowledged', async () => {
    const cluster = { url, prefix: `test:${randomUUID()}:` };
    const module = JiraModule.forRoot({ ...redisCluster(cluster), resume: { secret: randomUUID() } });
    const job = await NestFactory.createApplicationContext(module, { logger: false });
    const messages = job.get(Messages);
    for (const n of [1, 2, 3]) await messages.send({ user: 7 }, 'news', n);
    await using app = await createTestApp({ entities: [], providers: [], options: redisCluster(cluster) });
    const first = await app.connect(7);
    await first.until(() => messagesOf(first).length === 3);
    await messages.send({ user: { id: 7 } }, 'news', 4);
    await first.until(() => messagesOf(first).length === 4);
    await job.close();
    expect(messagesOf(first)).toEqual([1, 2, 3, 4]);
    const ids = first.frames.filter(({ event }) => event === '$message').map(({ frame }) => frame['id']);
    const answer = await first.call('$connection', '$acknowledge', 'POST', { data: { ids: ids.slice(0, 2) } });
    expect(answer).toMatchObject({ status: 200 });
    const second = await app.connect(7);
    await second.until(() => messagesOf(second).length === 2);
    expect(messagesOf(second)).toEqual([3, 4]);
  });
});

describeEachDatabase('a deployment that has a database and no Redis', (database) => {
  sendsToRooms(async () => {
    const options = { pollMs: 50 };
    // Three connections to one file in one process would wait for each other, and let nobody go on.
    const place =
      database.type === 'better-sqlite3'
        ? await database.open(CLUSTER_ENTITIES)
        : await database.options(CLUSTER_ENTITIES);
    return [typeOrmCluster(place, options), typeOrmCluster(place, options), typeOrmCluster(place, options)];
  });

  it('keeps messages and connections in the data source of the application, through its end', async () => {
    const Live = JiraModule.forRootAsync({
      inject: [DataSource],
      useFactory: (own: DataSource) => ({ ...typeOrmCluster(own), authentication: [Anybody] }),
    });
    const place = await database.options(CLUSTER_ENTITIES);
    const imports = [TypeOrmModule.forRoot(place), Live];
    const app = (await Test.createTestingModule({ imports }).compile()).createNestApplication({ logger: ['fatal'] });
    await app.listen(0, '127.0.0.1');
    const client = new TestClient(await app.getUrl(), { jira: 2 });
    await client.connected();
    const store = app.get(ClusterConnections);
    await vi.waitFor(async () => expect(await store.isOnline(7)).toBe(true));
    await app.get(Messages).send({ user: 7 }, 'news', 1);
    await client.until(() => messagesOf(client).length === 1);
    const dataSource = app.get(DataSource);
    expect(await dataSource.manager.count(NodeRow)).toBe(1);
    let left: number | undefined;
    const destroy = dataSource.destroy.bind(dataSource);
    dataSource.destroy = async () => {
      left = await dataSource.manager.count(NodeRow);
      await destroy();
    };
    await app.close();
    expect(left).toBe(0);
    client.close();
  });

  it('refuses to start without the tables', async () => {
    const dataSource = await database.open([]);
    const starting = NestFactory.createApplicationContext(JiraModule.forRoot(typeOrmCluster(dataSource)), {
      logger: false,
      abortOnError: false,
    });
    await expect(starting).rejects.toThrow('CLUSTER_ENTITIES');
  });
});

describe('a queue in the one connection of SQLite', () => {
  it('sends what a transaction has sent when that is committed, and nothing of one that rolls back', async () => {
    const place = new DataSource({
      type: 'better-sqlite3',
      database: ':memory:',
      entities: CLUSTER_ENTITIES,
      synchronize: true,
    });
    await place.initialize();
    await using app = await createTestApp({ entities: [], providers: [], options: typeOrmCluster(place) });
    const ada = await app.connect(7);
    const messages = app.get(Messages);
    const failing = place.transaction(async () => {
      await messages.send({ user: 7 }, 'news', 'rolled back');
      throw new Error('No.');
    });
    await expect(failing).rejects.toThrow('No.');
    await place.transaction(async () => {
      await messages.send({ user: 7 }, 'news', 'committed');
      expect(messagesOf(ada)).toEqual([]);
    });
    await messages.send({ user: 7 }, 'news', 'last');
    await ada.until(() => messagesOf(ada).length === 2);
    expect(messagesOf(ada)).toEqual(['committed', 'last']);
    await app.close();
    await place.destroy();
  });
});
