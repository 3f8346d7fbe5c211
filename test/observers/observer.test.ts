import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import {
  Action,
  ActionScope,
  BaseHook,
  Hook,
  HookScope,
  JiraServer,
  OnChange,
  observer,
  type Change,
  type RoomDiff,
  type Signal,
} from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';

@Entity()
class Comment {
  @PrimaryGeneratedColumn() id: number;
  @Column() issueId: number;
  @Column() text: string;
}

interface Price {
  readonly ticker: string;
  readonly value: number;
}

const prices = new Subject<Signal<Price>>();
const handled: { change: Change<Comment>; rooms: RoomDiff }[] = [];

@Hook('comments')
class CommentHook extends BaseHook {
  constructor(private readonly jira: JiraServer) {
    super();
  }

  byIssue = observer(Comment, {
    rooms: (comment) => `issue ${comment.issueId}`,
    subscribingRooms: (scope) => (scope.query['issues'] as number[]).map((id) => `issue ${id}`),
    serialize: (comment) => ({ id: comment.id, text: comment.text }),
  });

  personal = observer(Comment, {
    visibility: () => true,
    serialize: (comment, scope) => ({ id: comment.id, isMine: comment.issueId === scope.user.id }),
  });

  bare = observer(Comment, { visibility: () => ({ issueId: 1 }) });

  chosen = observer(Comment, {
    visibility: () => true,
    participants: (scopes, comment) => scopes.filter(({ user }) => user.id === comment.issueId),
  });

  byHand = observer(Comment, {
    visibility: () => true,
    handler: (change, rooms) => {
      handled.push({ change, rooms });
      if (change.type !== 'added') return undefined;
      this.jira.emit('news', { text: change.after?.text });
      return false;
    },
  });

  prices = observer<Price>({
    source: prices,
    rooms: (price) => price.ticker,
    subscribingRooms: (scope) => scope.query['ticker'] as string,
    serialize: (price) => price.value,
  });

  @Action({ methods: ['SUBSCRIPTION', 'GET', 'POST'] })
  watch(scope: ActionScope) {
    return this[scope.query['observer'] as 'byIssue'].subscribe(scope);
  }

  @Action({ methods: ['SUBSCRIPTION'] })
  unwatch(scope: ActionScope) {
    this.byIssue.unsubscribe(scope);
  }

  // What waiting for a client to be settled asks for.
  @Action({ methods: ['SUBSCRIPTION'] })
  subscribe(scope: ActionScope) {
    return this.bare.subscribe(scope);
  }

  @Action({ methods: ['SUBSCRIPTION'] })
  unsubscribe(scope: ActionScope) {
    this.bare.unsubscribe(scope);
  }

  @Action({ methods: ['POST'] })
  poke() {
    this.bare.dispatch({ id: 99, type: 'modified', before: { id: 99, issueId: 1, text: '' }, after: { id: 99, issueId: 1, text: '' } }); // prettier-ignore
  }
}

@Injectable()
class Listener {
  constructor(private readonly jira: JiraServer) {}

  @OnChange(Comment, { serialize: ({ text }) => ({ text }) })
  announce(change: Change<Comment>, data: unknown) {
    this.jira.emit('heard', { type: change.type, id: change.id, data });
  }

  @OnChange(Comment)
  fail() {
    throw new Error('planned');
  }
}

const COMMENTS = { entities: [Comment], providers: [CommentHook, Listener] };

const watch = async (client: TestClient, name: string, query: object = {}): Promise<string> => {
  const answer = await client.call('comments', 'watch', 'SUBSCRIPTION', { query: { observer: name, ...query } });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer));
  return answer.requestId;
};
const seen = (client: TestClient): unknown[] =>
  client.changes('comments').map(({ type, id, data }) => [type, id, data]);
const save = (app: TestApp, comment: object): Promise<unknown> => app.dataSource.manager.save(Comment, comment);

describe('an observer', () => {
  it('tells each room what it sees: the row arrived, stayed, or left', async () => {
    await using app = await createTestApp(COMMENTS);
    const [one, two, both] = [await app.connect(1), await app.connect(2), await app.connect(3)];
    await watch(one, 'byIssue', { issues: [1] });
    await watch(two, 'byIssue', { issues: [2] });
    await watch(both, 'byIssue', { issues: [1, 2] });
    await save(app, { issueId: 1, text: 'a' });
    await save(app, { id: 1, text: 'b' });
    await save(app, { id: 1, issueId: 2 });
    await app.dataSource.manager.delete(Comment, 1);
    await both.nextChanges('comments', 4);
    await one.settled('comments');
    await two.settled('comments');
    const row = (text: string): object => ({ id: 1, text });
    expect(seen(one)).toEqual([['added', 1, row('a')], ['modified', 1, row('b')], ['removed', 1, { pk: 1 }]]); // prettier-ignore
    expect(seen(two)).toEqual([['added', 1, row('b')], ['removed', 1, row('b')]]); // prettier-ignore
    expect(both.changes('comments').map(({ type }) => type)).toEqual(['added', 'modified', 'modified', 'removed']);
    expect(JSON.stringify([one.frames, two.frames, both.frames])).not.toContain('issue ');
  });

  it('refuses who has no room, and every method but SUBSCRIPTION', async () => {
    await using app = await createTestApp(COMMENTS);
    const ada = await app.connect(1);
    const ask = (method: 'SUBSCRIPTION' | 'GET' | 'POST', issues: number[]) =>
      ada.call('comments', 'watch', method, { query: { observer: 'byIssue', issues } });
    expect(await ask('SUBSCRIPTION', [])).toMatchObject({ status: 403, data: { code: 'PERMISSION_DENIED' } });
    expect(await ask('GET', [1])).toMatchObject({ status: 405 });
    expect(await ask('POST', [1])).toMatchObject({ status: 405 });
  });

  it('ends by unsubscribe, and only the one that is named', async () => {
    await using app = await createTestApp(COMMENTS);
    const ada = await app.connect(1);
    const first = await watch(ada, 'byIssue', { issues: [1] });
    await watch(ada, 'byIssue', { issues: [2] });
    expect(await ada.call('comments', 'unwatch', 'SUBSCRIPTION', { data: { target: first } })).toMatchObject({ status: 204 }); // prettier-ignore
    expect(await ada.call('comments', 'unwatch', 'SUBSCRIPTION', { data: { target: first } })).toMatchObject({ data: { code: 'UNKNOWN_SUBSCRIPTION' } }); // prettier-ignore
    await save(app, [{ issueId: 1, text: 'a' }, { issueId: 2, text: 'b' }]); // prettier-ignore
    await ada.nextChanges('comments', 1);
    await ada.settled('comments');
    expect(seen(ada)).toEqual([['added', 2, { id: 2, text: 'b' }]]);
  });

  it('serializes for each subscriber where the serializer reads the scope', async () => {
    await using app = await createTestApp(COMMENTS);
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    await watch(ada, 'personal');
    await watch(grace, 'personal');
    await save(app, { issueId: 1, text: 'a' });
    await ada.nextChanges('comments', 1);
    await grace.nextChanges('comments', 1);
    expect(seen(ada)).toEqual([['added', 1, { id: 1, isMine: true }]]);
    expect(seen(grace)).toEqual([['added', 1, { id: 1, isMine: false }]]);
  });

  it('obeys its visibility, and names no more than the key by default', async () => {
    await using app = await createTestApp(COMMENTS);
    const ada = await app.connect(1);
    await watch(ada, 'bare');
    await save(app, [{ issueId: 2, text: 'hidden' }, { issueId: 1, text: 'shown' }]); // prettier-ignore
    await ada.nextChanges('comments', 1);
    await ada.settled('comments');
    expect(seen(ada)).toEqual([['added', 2, { pk: 2 }]]);
  });

  it('delivers to participants alone', async () => {
    await using app = await createTestApp(COMMENTS);
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    const request = await watch(ada, 'chosen');
    await watch(grace, 'chosen');
    await save(app, [{ issueId: 1, text: 'for ada' }, { issueId: 2, text: 'for grace' }]); // prettier-ignore
    await ada.nextChanges('comments', 1);
    await grace.nextChanges('comments', 1);
    await ada.settled('comments');
    await grace.settled('comments');
    expect(seen(ada)).toEqual([['added', 1, { pk: 1 }]]);
    expect(ada.changes('comments')[0]?.requestId).toBe(request);
    expect(seen(grace)).toEqual([['added', 2, { pk: 2 }]]);
  });

  it('calls its handler once a change, and sends nothing that the handler has sent', async () => {
    await using app = await createTestApp(COMMENTS);
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    await watch(ada, 'byHand');
    await watch(grace, 'byHand');
    handled.length = 0;
    await save(app, { issueId: 1, text: 'a' });
    await save(app, { id: 1, text: 'b' });
    await grace.nextChanges('comments', 1);
    await ada.nextChanges('comments', 1);
    expect(handled.map(({ change }) => change.type)).toEqual(['added', 'modified']);
    expect(seen(ada)).toEqual([['modified', 1, { pk: 1 }]]);
    expect(ada.frames.filter(({ event }) => event === 'news').map(({ frame }) => frame)).toEqual([{ text: 'a' }]);
  });

  it('hears signals of the application, and changes dispatched by hand', async () => {
    await using app = await createTestApp(COMMENTS);
    const ada = await app.connect(1);
    await watch(ada, 'prices', { ticker: 'ACME' });
    await watch(ada, 'bare');
    prices.next({ id: 'ACME', type: 'added', after: { ticker: 'ACME', value: 7 } });
    prices.next({ id: 'OTHER', type: 'added', after: { ticker: 'OTHER', value: 8 } });
    await ada.call('comments', 'poke', 'POST');
    await ada.settled('comments');
    expect(seen(ada)).toEqual([['added', 'ACME', 7], ['modified', 99, { pk: 99 }]]); // prettier-ignore
  });

  it('leaves nothing behind when its subscribers are gone', async () => {
    await using app = await createTestApp(COMMENTS);
    const { Hub } = await import('../../libs/jira/src/live/delivery/hub.js');
    const { Connections } = await import('nestjs-jira');
    const clients = [await app.connect(1), await app.connect(1), await app.connect(2)];
    for (const client of clients) {
      await watch(client, 'byIssue', { issues: [1, 2] });
      await watch(client, 'personal');
    }
    const connections = app.get(Connections);
    expect(connections.byUser({ id: 1 })).toHaveLength(2);
    expect([connections.isOnline(2), connections.isOnline(3)]).toEqual([true, false]);
    expect(connections.all()[0]?.createdAt).toBeInstanceOf(Date);
    for (const client of clients) client.close();
    await expect.poll(() => connections.size).toBe(0);
    expect(app.get(Hub).count()).toEqual({ channels: 0, shared: 0, subscriptions: 0, connections: 0 });
    expect(connections.isOnline(1)).toBe(false);
  });
});

describe('@OnChange', () => {
  it('gives the change and its serialized row to any provider, and its errors harm nobody', async () => {
    await using app = await createTestApp(COMMENTS);
    const ada = await app.connect(1);
    await watch(ada, 'bare');
    await save(app, { issueId: 1, text: 'a' });
    await save(app, { id: 1, text: 'b' });
    await ada.until(() => ada.frames.filter(({ event }) => event === 'heard').length === 2);
    expect(ada.frames.filter(({ event }) => event === 'heard').map(({ frame }) => frame)).toEqual([
      { type: 'added', id: 1, data: { text: 'a' } },
      { type: 'modified', id: 1, data: { text: 'b' } },
    ]);
    expect(seen(ada)).toHaveLength(2);
  });
});

describe('the boot', () => {
  const fault = async (hook: abstract new () => BaseHook): Promise<string> => {
    const starting = createTestApp({ entities: [Comment], providers: [hook as never] });
    return starting.then(async (app) => (await app.close(), 'started'), (error: unknown) => (error as Error).message); // prettier-ignore
  };

  it('refuses an observer of rows that are not its own and that says nobody who may see them', async () => {
    @Hook('open')
    class OpenHook extends BaseHook {
      all = observer(Comment);
    }
    expect(await fault(OpenHook)).toMatch(/^OpenHook\.all observes rows .* Set "visibility"/);
  });

  it('refuses rooms without subscribers, and subscribers without rooms', async () => {
    @Hook('rooms')
    class RoomsHook extends BaseHook {
      some = observer(Comment, { visibility: () => true, rooms: () => 'x' });
    }
    @Hook('rooms')
    class SubscribersHook extends BaseHook {
      some = observer(Comment, { subscribingRooms: (scope: HookScope) => String(scope.user.id) });
    }
    expect(await fault(RoomsHook)).toMatch(/^RoomsHook\.some has rooms that no one can subscribe to/);
    expect(await fault(SubscribersHook)).toMatch(
      /^SubscribersHook\.some subscribes to rooms that no change is sent to/,
    );
  });

  it('refuses an entity that no data source has', async () => {
    class Stranger {
      id: number;
    }
    @Hook('strange')
    class StrangeHook extends BaseHook {
      some = observer(Stranger, { visibility: () => true });
    }
    expect(await fault(StrangeHook)).toMatch(/^StrangeHook\.some uses the entity Stranger, which no data source knows/);
  });
});
