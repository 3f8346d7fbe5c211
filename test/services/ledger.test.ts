// A ledger of what was sent and what arrived, over a Redis that is killed and comes back.

import { setImmediate } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import {
  Broadcast,
  ClusterConnections,
  Connections,
  Messages,
  Presence,
  type BroadcastRoom,
  type Connection,
} from 'nestjs-jira';
import { createClient } from 'nestjs-jira-client';
import { createClient as createRedisClient } from 'redis';
import { redisCluster } from 'nestjs-jira/redis';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { OwnRedis } from '../support/own-redis.js';
import { describeWith } from '../support/services.js';

const KILLS = Number(process.env['LEDGER_KILLS'] ?? 3);
const EACH = 100;

/** Sends again under the same id, as a sender does that was not told whether it worked. */
async function sendForSure(messages: Messages, n: number): Promise<void> {
  for (;;)
    try {
      return void (await messages.send({ user: 7 }, 'entry', n, { id: `entry-${n}` }));
    } catch {
      await setImmediate(); // Redis went away under it
    }
}

async function addForSure(room: BroadcastRoom, connection: Connection): Promise<void> {
  for (;;)
    try {
      return void (await room.add(connection));
    } catch {
      await setImmediate();
    }
}

/** What is read by `LEDGER_KILLS=30 npx vitest run test/services/ledger`, for the documents. */
const report = (what: string, figures: object): void => {
  if (process.env['LEDGER_KILLS']) process.stdout.write(`${what} ${JSON.stringify(figures)}\n`);
};

describeWith('redis', 'a Redis that is killed and comes back', () => {
  it('loses and doubles no message', { timeout: KILLS * 20_000 }, async () => {
    await using redis = await OwnRedis.start();
    const options = redisCluster({ url: redis.url });
    await using app = await createTestApp({ entities: [], providers: [], options });
    const heard: number[] = [];
    const client = createClient(app.url, { auth: { token: 'user-7' }, reconnectMinMs: 10, reconnectMaxMs: 50 });
    client.onMessage((_event, data) => heard.push(data as number));
    const messages = app.get(Messages);
    let sent = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const sending = (async () => {
        for (let i = 0; i < EACH; i++) await sendForSure(messages, sent++);
      })();
      await vi.waitUntil(() => heard.length > kill * EACH + EACH / 4);
      await redis.kill();
      await redis.run();
      await sending;
    }
    const wanted = Array.from({ length: KILLS * EACH }, (_, n) => n);
    await vi.waitUntil(() => heard.length >= wanted.length);
    expect(heard).toEqual(wanted);
    await vi.waitFor(async () => expect(await options.messageQueue.read('user:7')).toEqual([]));
    report('messages', { kills: KILLS, sent, heard: heard.length, twice: heard.length - new Set(heard).size });
    client.close();
  });

  it('loses and doubles nothing that it has taken from who publishes', { timeout: KILLS * 20_000 }, async () => {
    await using redis = await OwnRedis.start();
    const [here, there] = [redisCluster({ url: redis.url }), redisCluster({ url: redis.url })];
    const boxes = [here, there].map(({ pubSub }) => pubSub.subscribe<number>('ticks', { capacity: 1_000_000 }));
    await Promise.all(boxes.map(({ ready }) => ready));
    const heard = boxes.map(() => [] as number[]);
    const listening = boxes.map(async (box, i) => {
      for await (const value of box) heard[i].push(value);
    });
    const [taken, refused] = [new Set<number>(), new Set<number>()];
    let next = 0;
    const publish = async (): Promise<void> => {
      const value = next++;
      await here.pubSub.publish('ticks', value).then(() => taken.add(value), () => refused.add(value)); // prettier-ignore
    };
    for (let kill = 0; kill < KILLS; kill++) {
      const publishing = (async () => {
        for (let i = 0; i < EACH; i++) await publish();
      })();
      await vi.waitUntil(() => taken.size > kill * EACH + EACH / 4);
      await redis.kill();
      await redis.run();
      await publishing;
      const from = next;
      await vi.waitFor(async () => {
        await publish();
        expect(heard.every((values) => values.some((value) => value >= from))).toBe(true);
      });
    }
    const lost = (): number[] => heard.map((values) => [...taken].filter((value) => !values.includes(value)).length);
    await vi.waitFor(() => expect(lost()).toEqual([0, 0])); // the last may be on its way
    for (const values of heard) expect(values).toEqual([...new Set(values)].toSorted((a, b) => a - b));
    report('published', {
      kills: KILLS,
      taken: taken.size,
      refused: refused.size,
      heard: heard.map(({ length }) => length),
    });
    for (const { changeLog } of [here, there]) await changeLog.close();
    for (const { pubSub } of [here, there]) await pubSub.close();
    await Promise.all(listening);
  });

  it('knows who is online and in a room, whoever came and went meanwhile', { timeout: KILLS * 20_000 }, async () => {
    await using redis = await OwnRedis.start();
    const start = () =>
      // No process ends here, and a busy one that is taken for dead would be told of twice.
      createTestApp({ entities: [], providers: [], options: redisCluster({ url: redis.url, leaseMs: 15_000 }) });
    await using one = await start();
    await using two = await start();
    const clients: { app: TestApp; client: Awaited<ReturnType<TestApp['connect']>>; user: number }[] = [];
    let user = 0;
    const told: string[] = [];
    for (const app of [one, two]) for (const event of ['open', 'close'] as const) app.get(Broadcast).on(event, () => told.push(event)); // prettier-ignore
    const come = async (app: TestApp): Promise<void> => {
      const client = await app.connect(++user);
      clients.push({ app, client, user });
      const connection = app.get(Connections).get(client.socket.id ?? '');
      if (connection) void addForSure(app.get(Broadcast).room('lobby'), connection);
    };
    const isTrue = async (): Promise<void> => {
      const ids = clients.map(({ client }) => client.socket.id ?? '').toSorted();
      const users = clients.map((each) => `${each.user}`).toSorted();
      for (const app of [one, two]) {
        expect((await app.get(ClusterConnections).all()).map(({ id }) => id).toSorted()).toEqual(ids);
        expect((await app.get(Presence).list()).map((online) => online.user).toSorted()).toEqual(users);
        const members = await app.get(Broadcast).room('lobby').members();
        expect(members.map(({ connectionId }) => connectionId).toSorted()).toEqual(ids);
      }
    };
    for (let kill = 0; kill < KILLS; kill++) {
      for (const app of [one, two]) for (let i = 0; i < 5; i++) await come(app);
      const leaving = clients.splice(0, 3);
      await redis.kill();
      for (const { client } of leaving) client.close();
      for (const { client } of clients.splice(2, 3)) client.close();
      for (const app of [one, two]) await come(app);
      await redis.run();
      await vi.waitFor(isTrue);
    }
    report('connections', { kills: KILLS, came: user, left: user - clients.length });
    for (const { client } of clients.splice(0)) client.close();
    await vi.waitFor(isTrue);
    await vi.waitFor(() => {
      expect(told.at(-1)).toBe('close');
      expect(told.filter((event) => event === 'open')).toHaveLength(told.length / 2);
    });
  });

  it('notices that Redis came back with what it knew before', async () => {
    await using redis = await OwnRedis.start('never');
    const start = () =>
      createTestApp({ entities: [], providers: [], options: redisCluster({ url: redis.url, leaseMs: 1_500 }) });
    await using one = await start();
    await using two = await start();
    const enter = async (user: number): Promise<TestClient> => {
      const client = await one.connect(user);
      const connection = one.get(Connections).get(client.socket.id ?? '');
      expect(connection && (await one.get(Broadcast).room('lobby').add(connection))).toBe(true);
      return client;
    };
    const seen = async (): Promise<unknown> => {
      const members = await two.get(Broadcast).room('lobby').members();
      const online = await two.get(ClusterConnections).all();
      return [online, members].map((entries) => entries.map(({ user }) => `${user}`).toSorted());
    };
    const early = await enter(1);
    await enter(2);
    await two.connect(3);
    const direct = await createRedisClient({ url: redis.url }).connect();
    await vi.waitFor(async () => expect(await seen()).toEqual([['1', '2', '3'], ['1', '2']])); // prettier-ignore
    await direct.sendCommand(['SAVE']);
    direct.destroy();
    early.close();
    await enter(4);
    await vi.waitFor(async () => expect(await seen()).toEqual([['2', '3', '4'], ['2', '4']])); // prettier-ignore
    await redis.kill();
    await redis.run();
    await vi.waitFor(async () => expect(await seen()).toEqual([['2', '3', '4'], ['2', '4']]), 15_000); // prettier-ignore
  });

  it('that is away does not hold a process that ends', async () => {
    await using redis = await OwnRedis.start();
    const options = { ...redisCluster({ url: redis.url }), limits: { drainMs: 200 } };
    await using app = await createTestApp({ entities: [], providers: [], options });
    const { socket } = await app.connect(1);
    await vi.waitFor(async () => expect(await app.get(ClusterConnections).isOnline(1)).toBe(true));
    await redis.kill();
    await app.shutDown();
    await vi.waitFor(() => expect(socket.connected).toBe(false));
  });
});
