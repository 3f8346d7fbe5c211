import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { Action, ActionScope, BaseHook, Hook, PubSub, PubSubClosed } from 'nestjs-jira';
import { MemoryPubSub } from 'nestjs-jira/ports';
import { RedisPubSub } from 'nestjs-jira/redis';
import { createTestApp } from '../support/app.js';
import { describeWith } from '../support/services.js';

/** What every PubSub keeps. `open` gives one more on the same place: the memory one itself, another of the same Redis. */
function keepsThePromisesOfAPubSub(open: () => { publisher: PubSub; subscriber: PubSub }): void {
  const opened: PubSub[] = [];
  const start = (): { publisher: PubSub; subscriber: PubSub } => {
    const both = open();
    opened.push(both.publisher, both.subscriber);
    return both;
  };
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });

  it('brings each value to all who listen to its key, in order, and to nobody else', async () => {
    const { publisher, subscriber } = start();
    const [a, b, other] = ['news', 'news', 'else'].map((key) => subscriber.subscribe<number>(key));
    await Promise.all([a.ready, b.ready, other.ready]);
    for (let i = 0; i < 100; i++) await publisher.publish('news', i);
    await publisher.publish('else', 'mine');
    expect(await take(a, 100)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(await take(b, 100)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(await take(other, 1)).toEqual(['mine']);
  });

  it('brings dates, bigints and bytes as what they are, and each subscriber a copy of its own', async () => {
    const { publisher, subscriber } = start();
    const boxes = [subscriber.subscribe('data'), subscriber.subscribe('data')];
    await Promise.all(boxes.map(({ ready }) => ready));
    const value = { at: new Date(5), big: 2n ** 70n, bytes: Buffer.from([0, 255]), list: [null, 'x', { $date: 1 }] };
    await publisher.publish('data', value);
    const [[first], [second]] = await Promise.all(boxes.map((box) => take(box, 1)));
    expect(first).toStrictEqual(value);
    expect(second).toStrictEqual(value);
    expect(first).not.toBe(second);
  });

  it('ends a loop that is left, and still serves who comes to the same key after it', async () => {
    const { publisher, subscriber } = start();
    const left = subscriber.subscribe('key');
    await left.ready;
    await publisher.publish('key', 1);
    for await (const _ of left) break;
    const later = subscriber.subscribe('key');
    await later.ready;
    await publisher.publish('key', 2);
    expect(await take(later, 1)).toEqual([2]);
    expect(await left.next()).toEqual({ done: true, value: undefined });
  });

  it('says STREAM_OVERFLOW to who does not keep up, after what it held', async () => {
    const { publisher, subscriber } = start();
    const slow = subscriber.subscribe('key', { capacity: 2 });
    const latest = subscriber.subscribe('key', { capacity: 2, overflow: 'drop-oldest' });
    const first = subscriber.subscribe('key', { capacity: 2, overflow: 'drop-newest' });
    const end = subscriber.subscribe('end');
    await Promise.all([slow, latest, first, end].map(({ ready }) => ready));
    for (const value of [1, 2, 3, 4]) await publisher.publish('key', value);
    await publisher.publish('end', 0);
    await take(end, 1); // so all before it has arrived too
    expect(await take(slow, 2)).toEqual([1, 2]);
    await expect(slow.next()).rejects.toMatchObject({ code: 'STREAM_OVERFLOW' });
    expect(await slow.next()).toEqual({ done: true, value: undefined });
    expect(await take(latest, 2)).toEqual([3, 4]);
    expect(await take(first, 2)).toEqual([1, 2]);
    expect([latest.dropped, first.dropped]).toEqual([2, 2]);
  });

  it('ends all loops when it is closed, and takes nothing more', async () => {
    const { subscriber } = start();
    const box = subscriber.subscribe('key');
    await box.ready;
    expect(subscriber.isAlive).toBe(true);
    const waiting = box.next();
    await subscriber.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(subscriber.isAlive).toBe(false);
    await expect(subscriber.publish('key', 1)).rejects.toThrow(PubSubClosed);
    expect(() => subscriber.subscribe('key')).toThrow(PubSubClosed);
  });
}

async function take<T>(box: AsyncIterator<T>, count: number): Promise<T[]> {
  const values: T[] = [];
  while (values.length < count) {
    const { done, value } = await box.next();
    if (done) throw new Error(`Ended after ${values.length} of ${count}.`);
    values.push(value);
  }
  return values;
}

@Hook('ticks')
class TickHook extends BaseHook {
  constructor(private readonly pubSub: PubSub) {
    super();
  }

  @Action({ methods: ['SUBSCRIPTION'] })
  async *watch(_scope: ActionScope) {
    const ticks = this.pubSub.subscribe('ticks');
    yield 'ready';
    yield* ticks;
  }

  @Action({ methods: ['POST'] })
  async tick(scope: ActionScope) {
    await this.pubSub.publish('ticks', scope.data);
  }
}

describe('PubSub in memory', () => {
  it('streams to a client under the id of its request, until it cancels', async () => {
    await using app = await createTestApp({ entities: [], providers: [TickHook] });
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    const items = (): unknown[] =>
      ada.frames.filter(({ frame }) => frame['status'] === 206).map(({ frame }) => frame['data']);
    const answer = ada.call('ticks', 'watch', 'SUBSCRIPTION', { requestId: 'w' });
    await ada.until(() => items().length === 1);
    for (const n of [1, 2]) await grace.call('ticks', 'tick', 'POST', { data: n });
    await ada.until(() => items().length === 3);
    expect(items()).toEqual(['ready', 1, 2]);
    await ada.call('ticks', '$cancel', 'SUBSCRIPTION', { data: { target: 'w' } });
    expect(await answer).toMatchObject({ status: 409, data: { code: 'CANCELLED' } });
  });

  keepsThePromisesOfAPubSub(() => {
    const both = new MemoryPubSub();
    return { publisher: both, subscriber: both };
  });
});

describeWith('redis', 'PubSub between two that share a Redis', (url) => {
  keepsThePromisesOfAPubSub(() => {
    const options = { url, prefix: `test:${randomUUID()}:` };
    return { publisher: new RedisPubSub(options), subscriber: new RedisPubSub(options) };
  });
});
