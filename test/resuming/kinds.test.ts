// What resuming means beside model subscriptions over Socket.IO.

import type { ResumedData } from 'nestjs-jira-protocol';
import { Logger, type TypeORMLogger } from './support/counting-logger.js';
import { Subject } from 'rxjs';
import { Raw } from 'typeorm';
import { describe, expect, it, vi } from 'vitest';
import { Action, BaseHook, Hook, Messages, observer, type ActionScope } from 'nestjs-jira';
import { createTestApp, type TestClient } from '../support/app.js';
import { PlainClient } from '../support/plain.js';
import { Issue, IssueHook, seedTracker, TRACKER } from '../support/tracker.js';

@Hook('issues')
class RoomHook extends IssueHook {
  rooms = observer(Issue, {
    rooms: ({ status }) => status,
    subscribingRooms: ({ data }) => [(data as { room: string }).room],
    serialize: ({ id, status }) => ({ id, status }),
  });

  @Action({ methods: ['SUBSCRIPTION'] })
  watch(scope: ActionScope) {
    return this.rooms.subscribe(scope);
  }
}

async function subscribe(
  client: TestClient,
  headers: object,
  { action = 'subscribe', data = {} } = {},
): Promise<ResumedData> {
  const answer = await client.call('issues', action, 'SUBSCRIPTION', { headers, data });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer));
  return answer.data as ResumedData;
}

const bare = ({ changes }: ResumedData) => changes?.map(({ type, data }) => [type, data]);

describe('resuming', () => {
  it('tells who listens to rooms what came into them, stayed and left', async () => {
    await using app = await createTestApp({ ...TRACKER, providers: [RoomHook] });
    await seedTracker(app);
    const { manager } = app.dataSource;
    const [stays, leaves, comes] = await manager.save(Issue, ['open', 'open', 'done'].map((status) => ({ title: 'a', status, projectId: 1 }))); // prettier-ignore
    const open = { action: 'watch', data: { room: 'open' } };
    const client = await app.connect(2);
    const { resume } = await subscribe(client, { resume: null }, open);
    await manager.update(Issue, stays.id, { title: 'b' });
    await manager.update(Issue, leaves.id, { status: 'done' });
    await manager.update(Issue, comes.id, { status: 'open' });
    expect(bare(await subscribe(client, { resume }, open))).toEqual([
      ['modified', { id: stays.id, status: 'open' }],
      ['removed', { pk: leaves.id }],
      ['added', { id: comes.id, status: 'open' }],
    ]);
    const other = { action: 'watch', data: { room: 'done' } };
    expect((await subscribe(client, { resume }, other)).recovered).toBe(false);
    expect((await subscribe(client, { resume })).recovered).toBe(false);
  });

  it('makes who missed a dispatched change refetch, and nobody else', async () => {
    await using app = await createTestApp({ ...TRACKER, providers: [RoomHook] });
    await seedTracker(app);
    const client = await app.connect(2);
    const open = { action: 'watch', data: { room: 'open' } };
    const [token, other] = [await subscribe(client, { resume: null }, open), await subscribe(client, { resume: null })];
    await app.dataSource.manager.save(Issue, { title: 'a', projectId: 1 });
    app.get(RoomHook).rooms.dispatch({ id: 7, type: 'added', after: { id: 7, status: 'open' } as Issue });
    await app.dataSource.manager.save(Issue, { title: 'b', projectId: 1 });
    expect((await subscribe(client, { resume: token.resume }, open)).recovered).toBe(false);
    expect((await subscribe(client, { resume: other.resume })).changes).toHaveLength(2);
    const later = await subscribe(client, { resume: null }, open);
    await app.dataSource.manager.save(Issue, { title: 'c', projectId: 1 });
    expect((await subscribe(client, { resume: later.resume }, open)).changes).toHaveLength(1);
  });

  it('works over plain WebSockets by the same headers', async () => {
    await using app = await createTestApp({ ...TRACKER, options: { plainWebSockets: [{ path: '/ws' }] } });
    await seedTracker(app);
    const open = () => new PlainClient(`${app.url}/ws?token=user-2`).open();
    const ask = async (client: PlainClient, resume: string | null): Promise<ResumedData> => {
      const data = { requestId: 's', method: 'SUBSCRIPTION', action: 'subscribe', headers: { resume } };
      client.send({ event: 'issues', data });
      const isAnswer = (frame: { data: { requestId?: string } }) => frame.data.requestId === 's';
      const found = await client.find<{ data: { requestId?: string; data: ResumedData } }>(isAnswer);
      return found.data.data;
    };
    await using first = await open();
    const { resume = null } = await ask(first, null);
    expect(resume).toEqual(expect.any(String));
    await app.dataSource.manager.save(Issue, { title: 'missed', projectId: 1 });
    await using second = await open();
    expect((await ask(second, resume)).changes).toMatchObject([{ type: 'added', data: { title: 'missed' } }]);
  });

  it('is not for signals, nor where code decides at the time who is told', async () => {
    const prices = new Subject<{ id: number; type: 'added'; after: { id: number } }>();
    @Hook('issues')
    class UnkeptHook extends IssueHook {
      prices = observer<{ id: number }>({
        source: prices,
        rooms: () => 'all',
        subscribingRooms: () => 'all',
        serialize: ({ id }) => ({ id }),
      });
      chosen = observer(Issue, { participants: (scopes) => scopes });
      written = observer(Issue, { visibility: () => ({ title: Raw((alias) => `${alias} <> ''`) }) });

      @Action({ methods: ['SUBSCRIPTION'] })
      watch(scope: ActionScope) {
        return this[(scope.data as { of: 'prices' | 'chosen' | 'written' }).of].subscribe(scope);
      }
    }
    await using app = await createTestApp({ ...TRACKER, providers: [UnkeptHook] });
    const client = await app.connect(2);
    for (const of of ['prices', 'chosen', 'written']) {
      const answer = await subscribe(client, { resume: null }, { action: 'watch', data: { of } });
      expect(Object.keys(answer)).toEqual(['channel', 'position', 'recovered']);
      expect(answer.recovered).toBe(false);
    }
  });

  it('does not reach requests in flight: a stream ends with its connection, and begins anew when it is asked again', async () => {
    let [running, ended] = [0, 0];
    @Hook('numbers')
    class NumbersHook extends BaseHook {
      @Action()
      async *count() {
        running++;
        try {
          for (let n = 0; ; n++) {
            yield n;
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        } finally {
          ended++;
        }
      }
    }
    await using app = await createTestApp({ entities: [], providers: [NumbersHook] });
    const items = (client: TestClient) => client.frames.map(({ frame }) => frame['data']);
    const ask = async (): Promise<TestClient> => {
      const client = await app.connect(2);
      client.socket.emit('numbers', { requestId: 's', method: 'GET', action: 'count' });
      return client;
    };
    const first = await ask();
    await first.until(() => items(first).length > 3);
    first.close();
    await vi.waitFor(() => expect([running, ended]).toEqual([1, 1]));
    const idle = await app.connect(2);
    const second = await ask();
    await second.until(() => items(second).length > 3);
    expect(items(second).slice(0, 3)).toEqual([0, 1, 2]);
    expect(items(idle)).toEqual([]);
  });

  it('does not reach messages: those have a memory of their own, and come again until they are acknowledged', async () => {
    await using app = await createTestApp({ entities: [], providers: [] });
    const messages = (client: TestClient) => client.frames.filter(({ event }) => event === '$message').map(({ frame }) => frame['data']); // prettier-ignore
    const first = await app.connect(2);
    first.close();
    await app.get(Messages).send({ user: 2 }, 'news', 'while away', { id: 'a' });
    for (let i = 0; i < 2; i++) {
      const again = await app.connect(2);
      await again.until(() => messages(again).length === 1);
      expect(messages(again)).toEqual(['while away']);
      if (i === 1) await again.call('$connection', '$acknowledge', 'POST', { data: { ids: ['a'] } });
      again.close();
    }
    await app.get(Messages).send({ user: 2 }, 'news', 'later', { id: 'b' });
    const last = await app.connect(2);
    await last.until(() => messages(last).length > 0);
    expect(messages(last)).toEqual(['later']);
  });

  it("is nothing that djira's clients get, whatever they send", async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    const client = await app.connect(2, { jira: undefined });
    const headers = { resume: null, snapshot: true };
    client.socket.emit('issues', { requestId: 's', method: 'POST', action: 'subscribe', headers });
    await client.until(() => client.frames.some(({ frame }) => frame['requestId'] === 's'));
    const answer = client.frames.find(({ frame }) => frame['requestId'] === 's')?.frame['data'] as object;
    expect(Object.keys(answer)).not.toContain('resume');
    expect(Object.keys(answer)).not.toContain('snapshot');
  });

  it('asks the database once for all who come back to a channel, not once for each', async () => {
    const logger = new Logger();
    const database = { type: 'better-sqlite3', database: ':memory:', logging: true, logger: logger as TypeORMLogger } as const;
    await using app = await createTestApp({ ...TRACKER, database });
    await seedTracker(app);
    const clients = await Promise.all(Array.from({ length: 40 }, () => app.connect(2)));
    const tokens = await Promise.all(clients.map((client) => subscribe(client, { resume: null })));
    for (const client of clients) client.close();
    for (let i = 0; i < 30; i++) await app.dataSource.manager.save(Issue, { title: `${i}`, projectId: 1 });
    const again = await Promise.all(clients.map(() => app.connect(2)));
    logger.count = 0;
    const began = performance.now();
    const answers = await Promise.all(again.map((client, i) => subscribe(client, { resume: tokens[i].resume })));
    expect(answers.every(({ recovered, changes }) => recovered && changes?.length === 30)).toBe(true);
    // What memberships say once, and for each second in which they come what is seen of the rows, and which refer to rows that are gone.
    const turns = 1 + Math.floor((performance.now() - began) / 990);
    expect(logger.count).toBeLessThanOrEqual(1 + 2 * turns);
  }); // prettier-ignore
});
