import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ClusterConnections, MemoryConnectionStore, type ConnectionEntry, type ConnectionStore } from 'nestjs-jira';
import { redisCluster, RedisConnectionStore } from 'nestjs-jira/redis';
import { createTestApp } from '../support/app.js';
import { describeWith } from '../support/services.js';

const entry = (id: string, node: string, user: string | null, at = 0): ConnectionEntry => ({
  id,
  node,
  user,
  createdAt: new Date(at),
});

/** What every ConnectionStore keeps. */
function keepsThePromisesOfAConnectionStore(open: () => ConnectionStore): void {
  const opened: ConnectionStore[] = [];
  const start = (): ConnectionStore => {
    opened.push(open());
    return opened[opened.length - 1];
  };
  afterEach(async () => {
    vi.useRealTimers();
    for (const store of opened.splice(0)) await store.close();
  });
  const idsOf = (entries: readonly ConnectionEntry[]): string[] => entries.map(({ id }) => id);

  it('finds connections by id, by user and all, oldest first', async () => {
    const store = start();
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
    await store.remove('a');
    await store.remove('unknown');
    expect([await store.get('a'), idsOf(await store.byUser('ada'))]).toEqual([undefined, ['b']]);
    await store.removeNode('n1');
    expect(await store.all()).toEqual([]);
  });

  it('lets go of the connections of a node that died, and takes them again when it was not dead', async () => {
    const store = start();
    vi.useFakeTimers({ toFake: ['Date'] });
    expect(await store.renew('n1', 1_000)).toBe(false);
    await store.renew('n2', 1_000);
    await store.add([entry('a', 'n1', 'ada'), entry('b', 'n2', 'ada')]);
    vi.setSystemTime(Date.now() + 900);
    expect(await store.renew('n1', 1_000)).toBe(true);
    vi.setSystemTime(Date.now() + 200);
    expect(idsOf(await store.byUser('ada'))).toEqual(['a']);
    expect([await store.get('b'), idsOf(await store.all())]).toEqual([undefined, ['a']]);
    await store.renew('n1', 1_000); // sweeps
    expect(await store.renew('n2', 1_000)).toBe(false);
    expect(idsOf(await store.all())).toEqual(['a']);
    await store.add([entry('b', 'n2', 'ada')]);
    expect(idsOf(await store.all())).toEqual(['a', 'b']);
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
