import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemoryMessageQueue, type Message, type MessageQueue } from 'nestjs-jira/ports';
import { CLUSTER_ENTITIES, TypeOrmMessageQueue } from 'nestjs-jira/typeorm-cluster';
import { RedisMessageQueue } from 'nestjs-jira/redis';
import { describeEachDatabase } from '../support/databases.js';
import { describeWith } from '../support/services.js';

const message = (id: string, at = Date.now()): Message => ({
  id,
  event: 'e',
  data: { id, at: new Date(at) },
  sentAt: new Date(at),
});

/** What every MessageQueue keeps. `open` gives two on one place; the memory one is both. */
function keepsThePromisesOfAMessageQueue(open: () => Promise<[MessageQueue, MessageQueue]>): void {
  const opened: MessageQueue[] = [];
  const start = async (): Promise<[MessageQueue, MessageQueue]> => {
    const both = await open();
    for (const queue of new Set(both)) await queue.open?.();
    opened.push(...both);
    return both;
  };
  afterEach(async () => {
    for (const queue of opened.splice(0)) await queue.close();
  });
  const idsOf = (messages: readonly Message[]): string[] => messages.map(({ id }) => id);

  it('keeps messages in order until they are removed, each recipient its own', async () => {
    const [queue] = await start();
    const [a, b] = [message('a'), message('b')];
    for (const one of [a, b, message('c')]) await queue.add('ada', one, 10);
    await queue.add('grace', message('x'), 10);
    const all = await queue.read('ada');
    expect(all).toMatchObject([a, b, { id: 'c' }]);
    expect(idsOf(await queue.read('ada', all[0].slot))).toEqual(['b', 'c']);
    await queue.remove('ada', [all[1].slot]);
    expect(idsOf(await queue.read('ada'))).toEqual(['a', 'c']);
    expect([idsOf(await queue.read('grace')), await queue.read('nobody')]).toEqual([['x'], []]);
  });

  it('gives up the oldest beyond the count, and what is too old, and says which', async () => {
    const [queue] = await start();
    for (const id of ['a', 'b']) expect(await queue.add('ada', message(id, 1_000), 2)).toEqual([]);
    expect(await queue.add('ada', message('c', 3_000), 2)).toMatchObject([{ id: 'a', recipient: 'ada' }]);
    expect(await queue.expire(new Date(2_000))).toMatchObject([{ id: 'b', recipient: 'ada' }]);
    expect(await queue.expire(new Date(2_000))).toEqual([]);
    expect(idsOf(await queue.read('ada'))).toEqual(['c']);
    expect(await queue.expire(new Date(4_000))).toMatchObject([{ id: 'c' }]);
    expect(await queue.read('ada')).toEqual([]);
  });

  it('tells recipients apart as they are written', async () => {
    const [queue] = await start();
    for (const recipient of ['ada', 'Ada', 'ada ', 'adä']) await queue.add(recipient, message(recipient), 1);
    for (const recipient of ['ada', 'Ada', 'ada ', 'adä'])
      expect(idsOf(await queue.read(recipient))).toEqual([recipient]);
    expect(await queue.expire(new Date(Date.now() + 1))).toHaveLength(4);
  });

  it('hides nothing from who reads on while several write, and gives up each message once', async () => {
    const [one, two] = await start();
    const [writers, each] = [4, 25];
    const keep = writers * each - 10;
    let isWriting = true;
    const writing = Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        const given: string[] = [];
        for (let n = 0; n < each; n++)
          given.push(...idsOf(await [one, two][writer % 2].add('ada', message(`${writer}-${n}`), keep)));
        return given;
      }),
    ).finally(() => (isWriting = false));
    const read: string[] = [];
    let after: string | undefined;
    for (let isLast = false; !isLast;) {
      isLast = !isWriting; // what is read now is all there is
      for (const { id, slot } of await two.read('ada', after)) {
        read.push(id);
        after = slot;
      }
    }
    const given = (await writing).flat();
    expect(new Set(given).size).toBe(10);
    expect(given).toHaveLength(10);
    const kept = idsOf(await one.read('ada'));
    expect(kept).toHaveLength(keep);
    // Who reads on may be too slow for what had to go, but what is kept it has had, once and in its order.
    expect(read.filter((id) => !given.includes(id))).toEqual(kept);
    expect(new Set(read).size).toBe(read.length);
    for (let writer = 0; writer < writers; writer++) {
      const own = read.filter((id) => id.startsWith(`${writer}-`)).map((id) => Number(id.split('-')[1]));
      expect(own).toEqual(own.toSorted((a, b) => a - b));
    }
  });

  it('tells who watches of each recipient that got something', async () => {
    const [watched, other] = await start();
    const heard: (string | undefined)[] = [];
    watched.watch((recipient) => heard.push(recipient));
    await vi.waitFor(async () => {
      await other.add('ada', message('a'), 10);
      expect(heard).toContain('ada');
    });
  });
}

describe('MessageQueue in memory', () => {
  keepsThePromisesOfAMessageQueue(async () => {
    const queue = new MemoryMessageQueue();
    return [queue, queue];
  });
});

describeWith('redis', 'MessageQueue in Redis', (url) => {
  keepsThePromisesOfAMessageQueue(async () => {
    const options = { url, prefix: `test:${randomUUID()}:` };
    return [new RedisMessageQueue(options), new RedisMessageQueue(options)];
  });
});

describeEachDatabase('MessageQueue in a table', (database) => {
  keepsThePromisesOfAMessageQueue(async () => {
    const slot = await database.options(CLUSTER_ENTITIES);
    // SQLite in memory is one connection: another would be another database.
    const one = new TypeOrmMessageQueue(slot, { pollMs: 20 });
    return [one, database.type === 'better-sqlite3' ? one : new TypeOrmMessageQueue(slot, { pollMs: 20 })];
  });
});
