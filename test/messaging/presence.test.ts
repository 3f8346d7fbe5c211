// Who is online: told to those who may see it, over real sockets, in one process and in several.

import { randomUUID } from 'node:crypto';
import { Inject } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import { DataSource } from 'typeorm';
import { Hook, HookScope, IsAuthenticated, Presence, PresenceHook, type JiraOptions } from 'nestjs-jira';
import { CLUSTER_ENTITIES, typeOrmCluster } from 'nestjs-jira/typeorm-cluster';
import { redisCluster } from 'nestjs-jira/redis';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';
import { describeWith } from '../support/services.js';
import { Member, seedTracker, TRACKER } from '../support/tracker.js';

/** One sees the members of one's own projects: users 1 and 2 each other, and nobody user 3. */
@Hook('presence')
class TeamPresenceHook extends PresenceHook {
  permissions = [IsAuthenticated];
  dependsOn = [{ entity: Member }];

  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {
    super();
  }

  async visibility(scope: HookScope): Promise<number[]> {
    const { id } = scope.user as { id: number };
    const members = this.dataSource.getRepository(Member);
    const own = await members.findBy({ userId: id });
    const team = await members.findBy(own.map(({ projectId }) => ({ projectId })));
    return own.length === 0 ? [] : team.map(({ userId }) => userId);
  }
}

const start = (options?: JiraOptions): Promise<TestApp> =>
  createTestApp({ entities: TRACKER.entities, providers: [...TRACKER.providers, TeamPresenceHook], options });

/** What a client was told, as `added 2`, with the number of devices. */
function toldOf(client: TestClient): string[] {
  return client.changes('presence').map(({ type, id, data }) => {
    const { devices } = (data ?? {}) as { devices?: number };
    return [type, ...(typeof id === 'string' ? [id] : []), ...(type === 'modified' ? [devices] : [])].join(' ');
  });
}

async function listed(client: TestClient, query?: object): Promise<unknown[]> {
  const { status, data } = await client.call('presence', 'list', 'GET', { query });
  expect(status).toBe(200);
  return (data as { results: { user: string }[] }).results.map(({ user }) => user);
}

describe('presence in one process', () => {
  it('is listed and told to those who may see the user, and to nobody else', async () => {
    await using app = await start();
    await seedTracker(app);
    const [ada, stranger] = [await app.connect(1), await app.connect(3)];
    for (const client of [ada, stranger]) await client.subscribe('presence');
    const grace = await app.connect(2);
    await ada.until(() => toldOf(ada).includes('added 2'));
    const [frame] = ada.changes('presence').filter(({ id }) => id === '2');
    expect(frame.data).toEqual({ user: '2', since: expect.any(String) as string, devices: 1 });
    const second = await app.connect(2);
    await ada.until(() => toldOf(ada).includes('modified 2 2'));
    await app.connect(); // anonymous
    await app.connect(4);
    second.close();
    await ada.until(() => toldOf(ada).includes('modified 2 1'));
    expect(await listed(ada)).toEqual(['1', '2']);
    expect([await listed(ada, { user: 2 }), await listed(ada, { user__in: [3, '1'] })]).toEqual([['2'], ['1']]);
    expect([await listed(stranger), await listed(stranger, { user: 1 })]).toEqual([[], []]);
    grace.close();
    await ada.until(() => toldOf(ada).includes('removed 2'));
    // User 1 came before the subscription, or while it was opened.
    expect(toldOf(ada).filter((told) => !told.endsWith(' 1') || told.startsWith('modified 2'))).toEqual([
      'added 2',
      'modified 2 2',
      'modified 2 1',
      'removed 2',
    ]);
    await stranger.settled('presence');
    expect(stranger.changes('presence')).toEqual([]);
  });

  it('is narrowed by the query, and says what is wrong with one', async () => {
    await using app = await start();
    await seedTracker(app);
    const ada = await app.connect(1);
    const answer = await ada.call('presence', 'subscribe', 'SUBSCRIPTION', { query: { since: 1, user: {} } });
    expect(answer).toMatchObject({ status: 400, data: { errors: { since: expect.anything(), user: expect.anything() } } }); // prettier-ignore
    await ada.subscribe('presence', { user: 2 });
    await app.connect(1);
    await app.connect(2);
    await ada.until(() => toldOf(ada).length > 0);
    await ada.settled('presence');
    expect(toldOf(ada)).toEqual(['added 2']);
    const nobody = await app.connect();
    expect(await nobody.call('presence', 'list', 'GET')).toMatchObject({ status: 401 });
  });

  it('follows the rights: who joins the team fetches again and is told, who leaves it is told no more', async () => {
    await using app = await start();
    await seedTracker(app);
    const carol = await app.connect(3);
    await carol.subscribe('presence');
    const members = app.dataSource.getRepository(Member);
    const { id } = await members.save({ userId: 3, projectId: 1 });
    await carol.until(() => toldOf(carol).includes('reset'));
    expect(await listed(carol)).toEqual(['3']);
    await app.connect(2);
    await carol.until(() => toldOf(carol).includes('added 2'));
    await members.delete(id);
    await carol.until(() => toldOf(carol).filter((told) => told === 'reset').length === 2);
    const before = carol.frames.length;
    const ada = await app.connect(1);
    expect(await listed(ada)).toEqual(['2', '1']);
    await carol.settled('presence');
    expect(carol.frames.slice(before).filter(({ frame }) => typeof frame['type'] === 'string')).toEqual([]);
    expect(await listed(carol)).toEqual([]);
  });
});

/** Somebody at one server watches, and somebody comes and goes at the other: what a watcher hears, and a stranger. */
async function watchesAcross(one: TestApp, two: TestApp): Promise<Record<'watcher' | 'stranger', string[]>> {
  await seedTracker(one);
  const [ada, stranger] = [await one.connect(1), await one.connect(3)];
  for (const client of [ada, stranger]) await client.subscribe('presence');
  const grace = await two.connect(2);
  await ada.until(() => toldOf(ada).includes('added 2'));
  await vi.waitFor(async () =>
    expect((await two.get(Presence).list()).map(({ user }) => user).toSorted()).toEqual(['1', '2', '3']),
  );
  grace.close();
  await ada.until(() => toldOf(ada).includes('removed 2'));
  await stranger.settled('presence');
  // Of oneself one may hear or not: one came just before.
  const of = (client: TestClient, self: string) => toldOf(client).filter((told) => told !== `added ${self}`);
  return { watcher: of(ada, '1'), stranger: of(stranger, '3') };
}

const HEARD = { watcher: ['added 2', 'removed 2'], stranger: [] };

describeWith('redis', 'presence in two servers that share a Redis', (url) => {
  it('is told across them', async () => {
    const cluster = { url, prefix: `test:${randomUUID()}:` };
    await using one = await start(redisCluster(cluster));
    await using two = await start(redisCluster(cluster));
    expect(await watchesAcross(one, two)).toEqual(HEARD);
  });
});

describeEachDatabase('presence in two servers that share a database and no Redis', (database) => {
  it('is told across them, once a lease', async () => {
    const place = await database.open(CLUSTER_ENTITIES);
    const options = { leaseMs: 600 };
    await using one = await start(typeOrmCluster(place, options));
    await using two = await start(typeOrmCluster(place, options));
    expect(await watchesAcross(one, two)).toEqual(HEARD);
  });
});
