// Faults of the ancestor that are not to be copied, each with its name. (The settings it ignores: test/djira.)

import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { createClient } from 'nestjs-jira-client';
import {
  Action,
  ActionScope,
  BaseHook,
  Connections,
  EventContext,
  EventHandlers,
  Hook,
  IsAuthenticated,
  observer,
  OnMessage,
  Permission,
  type HookScope,
} from 'nestjs-jira';
import { inspect } from '../../libs/client/src/client.js';
import { Hub } from '../../libs/jira/src/live/delivery/hub.js';
import { createTestApp } from '../support/app.js';
import { PlainClient } from '../support/plain.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column() room: string;
}

@Hook('notes')
class NoteHook extends BaseHook {
  inRooms = observer(Note, {
    rooms: (note) => note.room,
    subscribingRooms: () => ['a', 'b', 'c'],
    serialize: ({ id, room }) => ({ id, room }),
  });
  anywhere = observer(Note, { visibility: () => true });

  @Action({ methods: ['SUBSCRIPTION'] }) watchRooms(scope: ActionScope) {
    return this.inRooms.subscribe(scope);
  }
  @Action({ methods: ['SUBSCRIPTION'] }) watch(scope: ActionScope) {
    return this.anywhere.subscribe(scope);
  }
  @Action({ methods: ['GET'] }) same() {
    return 'by GET';
  }
}

@Hook('others')
class OtherHook extends BaseHook {
  @Action({ methods: ['POST'] }) same() {
    return 'by POST';
  }
  @Action({ methods: ['GET'] }) url(scope: ActionScope) {
    return scope.buildAbsoluteUri('/here');
  }
}

@Hook('closed')
class ClosedHook extends BaseHook {
  permissions = [IsAuthenticated];
  @Action({ methods: ['GET'] }) read() {
    return 'for users';
  }
}

class OnlyUsersConnect extends Permission {
  override canConnect({ user }: { user: unknown }): boolean {
    return user !== null;
  }
  hasPermission(_scope: HookScope): boolean {
    return true;
  }
}

const NOTES = { entities: [...TRACKER.entities, Note], providers: [...TRACKER.providers, NoteHook, OtherHook, ClosedHook] }; // prettier-ignore

describe('faults of djira', () => {
  it('sends an observed row to every client: here to its subscribers alone', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    const [watching, idle] = [await app.connect(1), await app.connect(1)];
    await watching.subscribe('issues');
    await app.dataSource.manager.save(Issue, { title: 'T', projectId: 1 });
    await watching.nextChanges('issues', 1);
    await idle.settled('issues');
    expect(idle.changes('issues')).toEqual([]);
  });

  it('shares one dictionary of methods among hooks: here each action has its own', async () => {
    await using app = await createTestApp(NOTES);
    const client = await app.connect(1);
    expect(await client.call('notes', 'same', 'GET')).toMatchObject({ status: 200, data: 'by GET' });
    expect(await client.call('others', 'same', 'POST')).toMatchObject({ status: 200, data: 'by POST' });
    expect(await client.call('notes', 'same', 'POST')).toMatchObject({ status: 405 });
    expect(await client.call('others', 'same', 'GET')).toMatchObject({ status: 405 });
  });

  it('leaves an unknown action and a refused permission unanswered: here both are told', async () => {
    await using app = await createTestApp(NOTES);
    const client = await app.connect();
    expect(await client.call('notes', 'nothing', 'GET')).toMatchObject({ status: 404, data: { code: 'UNKNOWN_ACTION' } });
    expect(await client.call('closed', 'read', 'GET')).toMatchObject({ status: 401, data: { code: 'UNAUTHENTICATED' } });
  }); // prettier-ignore

  it('stops after the first room: here a subscription watches all of them', async () => {
    await using app = await createTestApp(NOTES);
    const client = await app.connect(1);
    expect(await client.call('notes', 'watchRooms', 'SUBSCRIPTION')).toMatchObject({ status: 200 });
    for (const room of ['a', 'b', 'elsewhere', 'c']) await app.dataSource.manager.save(Note, { room });
    const rooms = (await client.nextChanges('notes', 3)).map(({ data }) => (data as { room: string }).room);
    expect(rooms).toEqual(['a', 'b', 'c']);
  });

  it('has no working default for rooms: here an observer without them is heard', async () => {
    await using app = await createTestApp(NOTES);
    const client = await app.connect(1);
    await client.call('notes', 'watch', 'SUBSCRIPTION');
    await app.dataSource.manager.save(Note, { room: 'any' });
    expect(await client.nextChanges('notes', 1)).toMatchObject([{ type: 'added' }]);
  });

  it('serializes the whole table for a page, and counts wrongly: here a page is one page', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    await app.dataSource.manager.save(
      Issue,
      Array.from({ length: 20 }, (_, n) => ({ title: `${n}`, projectId: 1 })),
    );
    const client = await app.connect(1);
    const { data } = await client.call('issues', 'list', 'GET', { query: { page_size: 3 } });
    expect(data).toMatchObject({ count: 20, next_page: 2, previous_page: null });
    expect((data as { results: unknown[] }).results).toHaveLength(3);
  });

  it('filters by any field, filter_fields or not: here by those that are listed', async () => {
    await using app = await createTestApp(TRACKER);
    const client = await app.connect(1);
    expect(await client.call('issues', 'list', 'GET', { query: { secret: 'x' } })).toMatchObject({ status: 400 });
  });

  it('fires before the commit: here what rolls back is never told', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    const client = await app.connect(1);
    await client.subscribe('issues');
    const { dataSource } = app;
    const failed = dataSource.transaction(async (manager) => {
      await manager.save(Issue, { title: 'never', projectId: 1 });
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await dataSource.manager.save(Issue, { title: 'committed', projectId: 1 });
    expect(await client.nextChanges('issues', 1)).toMatchObject([{ data: { title: 'committed' } }]);
  });

  it('crashes without a session: here a scope needs none', async () => {
    await using app = await createTestApp({ ...NOTES, options: { plainWebSockets: [{ path: '/ws' }] } });
    await using plain = await new PlainClient(`${app.url}/ws`).open();
    plain.send({ event: 'others', data: { requestId: 'u', method: 'GET', action: 'url' } });
    const { data } = await plain.find<{ data: { requestId?: string; status?: number } }>((frame) => frame.data.requestId === 'u'); // prettier-ignore
    expect(data).toMatchObject({ status: 200, data: expect.stringMatching(/\/here$/) });
  });

  it('never calls can_connect: here it refuses the handshake', async () => {
    await using app = await createTestApp({ ...TRACKER, options: { permissions: [OnlyUsersConnect] } });
    await expect(app.connect()).rejects.toMatchObject({ data: { status: 401 } });
    await app.connect(1);
  });

  it('has listener maps in the client that never shrink: here what is over is forgotten', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    const client = createClient(app.url, { auth: app.authOf(1) });
    try {
      const issues = client.hook('issues');
      await issues.list();
      const idle = inspect(client);
      await Promise.all(Array.from({ length: 30 }, () => issues.list()));
      const stops = Array.from({ length: 10 }, (_none, i) => issues.subscribe({ projectId: i }, () => undefined));
      await Promise.all(stops.map((stop) => stop.ready));
      expect(inspect(client)).toMatchObject({ subscriptions: 10, channels: 10 });
      for (const stop of stops) stop();
      await expect.poll(() => inspect(client)).toEqual(idle);
      await expect
        .poll(() => app.get(Hub).count())
        .toEqual({ channels: 0, subscriptions: 0, connections: 0, shared: 0 });
    } finally {
      client.close();
    }
  });

  it('knows one socket of a user, online for ever: here all, until they are gone', async () => {
    await using app = await createTestApp(TRACKER);
    const connections = app.get(Connections);
    const [phone, desk] = [await app.connect(1), await app.connect(1)];
    expect(connections.byUser(1)).toHaveLength(2);
    phone.close();
    await expect.poll(() => connections.byUser(1).length).toBe(1);
    expect(connections.isOnline(1)).toBe(true);
    desk.close();
    await expect.poll(() => connections.isOnline(1)).toBe(false);
  });
});

@EventHandlers({ path: '/one' })
class First {
  @OnMessage('hello') hello({ connection }: EventContext) {
    connection.send('heard', 'first');
  }
}
@EventHandlers({ path: '/two' })
class Second {
  @OnMessage('hello') hello({ connection }: EventContext) {
    connection.send('heard', 'second');
  }
}

describe('a fault of zaptools', () => {
  it('shares one book of events among all registers: here each URL has its own', async () => {
    const plainWebSockets = [{ path: '/one' }, { path: '/two' }];
    await using app = await createTestApp({ ...TRACKER, providers: [First, Second], options: { plainWebSockets } });
    const heard: unknown[] = [];
    for (const path of ['one', 'two']) {
      await using plain = await new PlainClient(`${app.url}/${path}`).open();
      plain.send({ event: 'hello', data: {} });
      heard.push(await plain.find<{ event: string }>(({ event }) => event === 'heard'));
    }
    expect(heard).toMatchObject([{ data: 'first' }, { data: 'second' }]);
  });
});
