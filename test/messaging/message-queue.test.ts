import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { JiraModule, MemoryMessageQueue, Messages, type Message, type MessageQueue } from 'nestjs-jira';
import { redisCluster, RedisMessageQueue } from 'nestjs-jira/redis';
import { createTestApp, type TestClient } from '../support/app.js';
import { describeWith } from '../support/services.js';

const message = (id: string, at = Date.now()): Message => ({
  id,
  event: 'e',
  data: { id, at: new Date(at) },
  sentAt: new Date(at),
});

/** What every MessageQueue keeps. */
function keepsThePromisesOfAMessageQueue(open: () => MessageQueue): void {
  const opened: MessageQueue[] = [];
  const start = (): MessageQueue => {
    opened.push(open());
    return opened[opened.length - 1];
  };
  afterEach(async () => {
    for (const queue of opened.splice(0)) await queue.close();
  });
  const idsOf = (messages: readonly Message[]): string[] => messages.map(({ id }) => id);

  it('keeps messages in order until they are removed, each recipient its own', async () => {
    const queue = start();
    const [a, b] = [message('a'), message('b')];
    for (const one of [a, b, message('c')]) await queue.add('ada', one, 10);
    await queue.add('grace', message('x'), 10);
    const all = await queue.read('ada');
    expect(all).toMatchObject([a, b, { id: 'c' }]);
    expect(idsOf(await queue.read('ada', all[0].place))).toEqual(['b', 'c']);
    await queue.remove('ada', [all[1].place]);
    expect(idsOf(await queue.read('ada'))).toEqual(['a', 'c']);
    expect([idsOf(await queue.read('grace')), await queue.read('nobody')]).toEqual([['x'], []]);
  });

  it('gives up the oldest beyond the count, and what is too old, and says which', async () => {
    const queue = start();
    for (const id of ['a', 'b']) expect(await queue.add('ada', message(id, 1_000), 2)).toEqual([]);
    expect(await queue.add('ada', message('c', 3_000), 2)).toMatchObject([{ id: 'a', recipient: 'ada' }]);
    expect(await queue.expire(new Date(2_000))).toMatchObject([{ id: 'b', recipient: 'ada' }]);
    expect(await queue.expire(new Date(2_000))).toEqual([]);
    expect(idsOf(await queue.read('ada'))).toEqual(['c']);
    expect(await queue.expire(new Date(4_000))).toMatchObject([{ id: 'c' }]);
    expect(await queue.read('ada')).toEqual([]);
  });

  it('tells who watches of each recipient that got something', async () => {
    const queue = start();
    const heard: (string | undefined)[] = [];
    queue.watch((recipient) => heard.push(recipient));
    await vi.waitFor(async () => {
      await queue.add('ada', message('a'), 10);
      expect(heard).toContain('ada');
    });
  });
}

function messagesOf(client: TestClient): unknown[] {
  return client.frames.filter(({ event }) => event === '$message').map(({ frame }) => frame['data']);
}

describe('MessageQueue in memory', () => {
  keepsThePromisesOfAMessageQueue(() => new MemoryMessageQueue());

  it('reports a connection that is in no process', async () => {
    await using app = await createTestApp({ entities: [], providers: [] });
    await expect(app.get(Messages).send('nobody', 'hello', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const ada = await app.connect(1);
    await app.get(Messages).send(ada.socket.id as string, 'hello', 1);
    await ada.until(() => messagesOf(ada).length === 1);
  });
});

describeWith('redis', 'MessageQueue in Redis', (url) => {
  keepsThePromisesOfAMessageQueue(() => new RedisMessageQueue({ url, prefix: `test:${randomUUID()}:` }));

  it('brings what a process without sockets sends to a user who is away, in order, until it is acknowledged', async () => {
    const cluster = { url, prefix: `test:${randomUUID()}:` };
    const job = await NestFactory.createApplicationContext(JiraModule.forRoot(redisCluster(cluster)), {
      logger: false,
    });
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
