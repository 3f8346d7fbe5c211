import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import {
  Action,
  ActionScope,
  BaseHook,
  Broadcast,
  ClusterConnections,
  Connections,
  Hook,
  type JiraOptions,
} from 'nestjs-jira';
import type { RoomMember } from 'nestjs-jira/ports';
import { redisCluster } from 'nestjs-jira/redis';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { describeWith } from '../support/services.js';

@Hook('lobby')
@Injectable()
class LobbyHook extends BaseHook {
  constructor(private readonly broadcast: Broadcast) {
    super();
  }

  @Action({ methods: ['SUBSCRIPTION'] })
  async enter(scope: ActionScope) {
    return { entered: await this.broadcast.room('lobby').add(scope) };
  }

  @Action({ methods: ['POST'] })
  async say(scope: ActionScope) {
    await this.broadcast.room('lobby').post({ text: scope.data, at: new Date(0) });
  }
}

const start = (options?: JiraOptions): Promise<TestApp> =>
  createTestApp({ entities: [], providers: [LobbyHook], options });

/** What came under a request's id, its answer aside. */
function postsOf(client: TestClient, requestId: string): unknown[] {
  const own = client.frames.filter(({ frame }) => frame['requestId'] === requestId);
  return own.map(({ frame }) => frame['data']).filter((data) => 'text' in (data as object));
}

/** Members may come within one millisecond: then nobody was first. */
function byRequest(members: readonly RoomMember[]): RoomMember[] {
  return members.toSorted((a, b) => (a.requestId ?? '').localeCompare(b.requestId ?? ''));
}

describe('a broadcast room', () => {
  it('opens at its first member, posts to connections and requests, and closes at its last', async () => {
    await using app = await start();
    const broadcast = app.get(Broadcast);
    const heard: string[] = [];
    broadcast.on('open', (id) => heard.push(`open ${id}`));
    broadcast.on('close', (id) => heard.push(`close ${id}`));
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    const room = broadcast.room('lobby');
    await ada.call('lobby', 'enter', 'SUBSCRIPTION', { requestId: 'one' });
    await ada.call('lobby', 'enter', 'SUBSCRIPTION', { requestId: 'two' });
    const connection = app.get(Connections).get(grace.socket.id as string);
    if (!connection) throw new Error('Grace is not connected.');
    expect(await room.add(connection)).toBe(true);
    expect([await room.size(), room.localMembers()[2]]).toEqual([3, connection]);
    expect(byRequest(await room.members())).toMatchObject([
      { connectionId: connection.id, requestId: null, user: '2' },
      { requestId: 'one', user: '1' },
      { requestId: 'two', user: '1' },
    ]);
    await grace.call('lobby', 'say', 'POST', { data: 'hello' });
    const post = { text: 'hello', at: '1970-01-01T00:00:00.000Z' };
    await ada.until(() => postsOf(ada, 'two').length === 1);
    await grace.until(() => grace.frames.some(({ frame }) => frame['text'] === 'hello'));
    expect([postsOf(ada, 'one'), postsOf(ada, 'two')]).toEqual([[post], [post]]);
    expect(heard).toEqual(['open lobby']);
    expect([await room.remove(connection), await room.remove(connection)]).toEqual([true, false]);
    const closed = new Promise((resolve) => broadcast.on('close', resolve));
    ada.close();
    await closed;
    expect([heard, await room.size(), room.localMembers()]).toEqual([['open lobby', 'close lobby'], 0, []]);
  });
});

describeWith('redis', 'a broadcast room of two servers', (url) => {
  it('posts to the members at both', async () => {
    const cluster = { url, prefix: `test:${randomUUID()}:` };
    await using one = await start(redisCluster(cluster));
    await using two = await start(redisCluster(cluster));
    const [ada, grace] = [await one.connect(1), await two.connect(2)];
    await ada.call('lobby', 'enter', 'SUBSCRIPTION', { requestId: 'here' });
    await grace.call('lobby', 'enter', 'SUBSCRIPTION', { requestId: 'there' });
    for (const text of ['a', 'b', 'c']) await ada.call('lobby', 'say', 'POST', { data: text });
    await Promise.all([
      ada.until(() => postsOf(ada, 'here').length === 3),
      grace.until(() => postsOf(grace, 'there').length === 3),
    ]);
    expect(postsOf(grace, 'there')).toMatchObject([{ text: 'a' }, { text: 'b' }, { text: 'c' }]);
  });

  it('counts its members over both, and opens and closes once', async () => {
    const cluster = { url, prefix: `test:${randomUUID()}:` };
    await using one = await start(redisCluster(cluster));
    await using two = await start(redisCluster(cluster));
    const heard: string[] = [];
    for (const [name, app] of Object.entries({ one, two }))
      for (const event of ['open', 'close'] as const)
        app.get(Broadcast).on(event, (id) => heard.push(`${event} ${id} at ${name}`));
    const room = two.get(Broadcast).room('lobby');
    const [ada, grace] = [await one.connect(1), await two.connect(2)];
    await ada.call('lobby', 'enter', 'SUBSCRIPTION', { requestId: 'here' });
    await grace.call('lobby', 'enter', 'SUBSCRIPTION', { requestId: 'there' });
    expect(byRequest(await room.members())).toMatchObject([
      { user: '1', connectionId: ada.socket.id, node: one.get(ClusterConnections).node },
      { user: '2', connectionId: grace.socket.id, node: two.get(ClusterConnections).node },
    ]);
    expect(room.localMembers()).toHaveLength(1);
    ada.close();
    await vi.waitFor(async () => expect(await room.size()).toBe(1));
    expect(heard).toEqual(['open lobby at one']);
    await two.shutDown();
    expect(heard).toEqual(['open lobby at one', 'close lobby at two']);
    expect(await one.get(Broadcast).room('lobby').members()).toEqual([]);
  });
});
