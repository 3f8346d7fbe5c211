import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ClusterConnections, type ConnectionEntry } from 'nestjs-jira';
import { MemoryConnectionStore, type ConnectionStore, type RoomMember } from 'nestjs-jira/ports';
import { CLUSTER_ENTITIES, TypeOrmConnectionStore } from 'nestjs-jira/typeorm-cluster';
import { redisCluster, RedisConnectionStore } from 'nestjs-jira/redis';
import { createTestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';
import { describeWith } from '../support/services.js';

const entry = (id: string, node: string, user: string | null, at = 0): ConnectionEntry => ({
  id,
  node,
  user,
  createdAt: new Date(at),
});

const member = (connectionId: string, node: string, requestId: string | null = null, at = 0): RoomMember => ({
  connectionId,
  requestId,
  node,
  user: null,
  joinedAt: new Date(at),
});

/** What every ConnectionStore keeps. */
function keepsThePromisesOfAConnectionStore(open: () => ConnectionStore | Promise<ConnectionStore>): void {
  const opened: ConnectionStore[] = [];
  const start = async (): Promise<ConnectionStore> => {
    const store = await open();
    await store.open?.();
    opened.push(store);
    return store;
  };
  afterEach(async () => {
    vi.useRealTimers();
    for (const store of opened.splice(0)) await store.close();
  });
  const idsOf = (entries: readonly ConnectionEntry[]): string[] => entries.map(({ id }) => id);

  it('finds connections by id, by user and all, oldest first', async () => {
    const store = await start();
    await store.renew('n1', 60_000);
    await store.renew('n2', 60_000);
    await store.add([entry('b', 'n1', 'ada', 2), entry('c', 'n1', null, 3)]);
    await store.add([entry('a', 'n2', 'ada', 1)]);
    expect(idsOf(await store.all())).toEqual(['a', 'b', 'c']);
    expect(idsOf(await store.byUser('ada'))).toEqual(['a', 'b']);
    expect(await store.byUser('grace')).toEqual([]);
    const found = await store.get('a');
    expect(found).toMatchObject(entry('a', 'n2', 'ada', 1));
    expect(Math.abs((found?.lastSeen.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    await store.remove(['a', 'unknown']);
    await store.remove([]);
    expect([await store.get('a'), idsOf(await store.byUser('ada'))]).toEqual([undefined, ['b']]);
    await store.removeNode('n1');
    expect(await store.all()).toEqual([]);
  });

  it('lets go of the connections of a node that died, and takes them again when it was not dead', async () => {
    const store = await start();
    vi.useFakeTimers({ toFake: ['Date'] });
    expect(await store.renew('n1', 1_000)).toBe(false);
    await store.renew('n2', 1_000);
    await store.add([entry('a', 'n1', 'ada'), entry('b', 'n2', 'ada')]);
    vi.setSystemTime(Date.now() + 900);
    expect(await store.renew('n1', 1_000)).toBe(true);
    vi.setSystemTime(Date.now() + 200);
    expect(idsOf(await store.byUser('ada'))).toEqual(['a']);
    expect([await store.get('b'), idsOf(await store.all())]).toEqual([undefined, ['a']]);
    expect(await store.sweep()).toEqual({ nodes: ['n2'], rooms: [] });
    expect(await store.sweep()).toEqual({ nodes: [], rooms: [] });
    expect(await store.renew('n2', 1_000)).toBe(false);
    expect(idsOf(await store.all())).toEqual(['a']);
    await store.add([entry('b', 'n2', 'ada')]);
    expect(idsOf(await store.all())).toEqual(['a', 'b']);
  });

  it('knows the members of rooms, and says once that one opens and closes', async () => {
    const store = await start();
    for (const node of ['n1', 'n2']) await store.renew(node, 60_000);
    const [a, b] = [member('a', 'n1', null, 1), member('b', 'n2', 'r 1', 2)];
    expect(await Promise.all([store.join('lobby', a), store.join('Lobby', a)])).toEqual([true, true]);
    expect([await store.join('lobby', b), await store.join('lobby', b)]).toEqual([false, false]);
    expect(await store.members('lobby')).toEqual([a, b]);
    expect([await store.leave('lobby', a), await store.leave('lobby', a)]).toEqual([false, false]);
    expect(await store.members('lobby')).toEqual([b]);
    expect([await store.leave('lobby', b), await store.leave('lobby', b)]).toEqual([true, false]);
    expect([await store.members('lobby'), await store.members('Lobby')]).toEqual([[], [a]]);
    expect([await store.removeNode('n1'), await store.removeNode('n1')]).toEqual([['Lobby'], []]);
    expect([await store.members('Lobby'), await store.join('Lobby', b)]).toEqual([[], true]);
  });

  it('says once that a room opens and closes, however many come and go at a time', async () => {
    const store = await start();
    await store.renew('n1', 60_000);
    const crowd = Array.from({ length: 8 }, (_, i) => member(`c${i}`, 'n1', null, i));
    const firsts = await Promise.all(crowd.map((one) => store.join('lobby', one)));
    expect(firsts.filter(Boolean)).toHaveLength(1);
    expect(await store.members('lobby')).toEqual(crowd);
    const lasts = await Promise.all(crowd.map((one) => store.leave('lobby', one)));
    expect(lasts.filter(Boolean)).toHaveLength(1);
    // Whoever comes and goes meanwhile: a room is opened as often as it is closed.
    const rounds = crowd.map(async (one) => [await store.join('lobby', one), await store.leave('lobby', one)]);
    const told = await Promise.all(rounds);
    const count = (i: number): number => told.filter((pair) => pair[i]).length;
    expect(count(0)).toBe(count(1));
    expect(count(0)).toBeGreaterThan(0);
  });

  it('lets go of the members of a node that died, at once for readers, and closes their rooms once', async () => {
    const store = await start();
    vi.useFakeTimers({ toFake: ['Date'] });
    await store.renew('n1', 10_000);
    await store.renew('n2', 1_000);
    const [a, b] = [member('a', 'n1'), member('b', 'n2')];
    await store.join('both', a);
    await store.join('both', b);
    await store.join('dead', b);
    vi.setSystemTime(Date.now() + 1_100);
    expect([await store.members('both'), await store.members('dead')]).toEqual([[a], []]);
    const swept = await Promise.all([store.sweep(), store.sweep()]);
    expect(swept.flatMap(({ rooms }) => rooms)).toEqual(['dead']);
    expect(swept.flatMap(({ nodes }) => nodes)).toEqual(['n2']);
    expect(await store.join('dead', a)).toBe(true);
  });
}

describe('ConnectionStore in memory', () => {
  keepsThePromisesOfAConnectionStore(() => new MemoryConnectionStore());
});

describeWith('redis', 'ConnectionStore in Redis', (url) => {
  keepsThePromisesOfAConnectionStore(() => new RedisConnectionStore({ url, prefix: `test:${randomUUID()}:` }));

  it('shows the connections of two servers to both', async () => {
    const cluster = { url, prefix: `test:${randomUUID()}:` };
    const start = () => createTestApp({ entities: [], providers: [], options: redisCluster(cluster) });
    await using one = await start();
    const two = await start();
    const [atOne, atTwo] = [one.get(ClusterConnections), two.get(ClusterConnections)];
    const [here, there] = [await one.connect(1), await two.connect(1)];
    await vi.waitFor(async () => expect(await atOne.byUser(1)).toHaveLength(2));
    const ids = [here.socket.id, there.socket.id];
    expect((await atTwo.byUser({ id: 1 })).map(({ id }) => id)).toEqual(ids);
    expect((await atTwo.get(here.socket.id as string))?.node).toBe(atOne.node);
    expect(await atTwo.isOnline(2)).toBe(false);
    there.close();
    await vi.waitFor(async () => expect(await atOne.byUser(1)).toHaveLength(1));
    await two.close();
    expect((await atOne.all()).map(({ id }) => id)).toEqual([here.socket.id]);
  });
});

describeEachDatabase('ConnectionStore in tables', (database) => {
  keepsThePromisesOfAConnectionStore(async () => new TypeOrmConnectionStore(await database.options(CLUSTER_ENTITIES)));
});
