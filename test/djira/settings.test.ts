import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  Action,
  ActionScope,
  Authentication,
  AuthenticationFailed,
  BaseHook,
  BearerTokenAuthentication,
  Connections,
  Hook,
  ModelHook,
  PageNumberPagination,
  Permission,
  type Authenticated,
  type Connection,
  type Handshake,
  type HookScope,
} from 'nestjs-jira';
import { createTestApp, TestClient, type TestApp } from '../support/app.js';
import { Issue, IssueView, seedTracker, TRACKER } from '../support/tracker.js';

/** Names the caller by a key of the handshake's `auth`, or refuses it. */
@Injectable()
class KeyAuthentication extends Authentication {
  override authenticate({ auth }: Handshake): Authenticated | null {
    if (auth['key'] === undefined) return null;
    if (auth['key'] !== 'open sesame') throw new AuthenticationFailed();
    return { user: { id: 'keyholder' } };
  }
}

/** Uses everything a scope has. */
class EchoHook extends BaseHook {
  @Action({ methods: ['POST'] })
  echo(scope: ActionScope) {
    const { sid, namespace, action, method, requestId, data, query, headers, path } = scope;
    scope.emit('to the caller', { status: 206 });
    scope.emit('to the room', { room: 'lobby' });
    const url = scope.buildAbsoluteUri('/media/1.png');
    const isSame = scope.environ === scope.handshake || scope.environ.url === scope.handshake.url;
    return {
      sid,
      namespace,
      action,
      method,
      requestId,
      data,
      query,
      headers,
      path,
      url,
      isSame,
      user: scope.user as unknown,
    };
  }

  @Action()
  enter({ connection }: ActionScope) {
    connection.join('lobby');
    return [...connection.rooms];
  }
}

/** Refuses at each of the three points whoever says so in the handshake or the query. */
@Injectable()
class Picky extends Permission {
  override canConnect({ handshake }: Connection): boolean {
    return handshake.auth['picky'] !== 'connection';
  }
  override hasPermission({ query }: HookScope): boolean {
    return query['picky'] !== 'request';
  }
  override hasObjectPermission(_scope: HookScope, object: object): boolean {
    return (object as Issue).title !== 'locked';
  }
}

@Hook('bare')
class BareHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  ordering = ['id'];
  pagination = null;
}

class OneByOne extends PageNumberPagination {}

@Hook('small')
class SmallHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  ordering = ['id'];
  pagination = OneByOne;
  pageSize = 1;
}

const refusalOf = async ({ url }: TestApp, auth: Record<string, unknown>): Promise<unknown> => {
  const client = new TestClient(url, { jira: 2, ...auth });
  const outcome = await client.connected().then(
    () => 'in',
    (error: unknown) => (error as { data?: unknown }).data,
  );
  client.close();
  return outcome;
};

describe('authentication (A10)', () => {
  it('asks each class in turn, and the first that recognizes the credentials decides', async () => {
    const options = { authentication: [KeyAuthentication, BearerTokenAuthentication], hooks: { echo: EchoHook } };
    await using app = await createTestApp({ ...TRACKER, options });
    const who = async (auth: Record<string, unknown>) => {
      const client = await app.connect(undefined, auth);
      return ((await client.call('echo', 'echo', 'POST')).data as { user: unknown }).user;
    };
    expect(await who({ key: 'open sesame' })).toEqual({ id: 'keyholder' });
    expect(await who({ key: 'open sesame', token: 'user-1' })).toEqual({ id: 'keyholder' });
    expect(await who({ token: 'user-1' })).toEqual({ id: 1 });
    expect(await who({})).toBeNull();
    expect(await refusalOf(app, { key: 'wrong', token: 'user-1' })).toEqual({ code: 'UNAUTHENTICATED', status: 401 });
  });

  it('is none by default: everybody is anonymous, whatever they say', async () => {
    await using app = await createTestApp({ ...TRACKER, options: { authentication: [], hooks: { echo: EchoHook } } });
    const client = await app.connect(1);
    expect(await client.call('echo', 'echo', 'POST')).toMatchObject({ status: 200, data: { user: null } });
  });
});

describe('permissions (A11)', () => {
  it('are asked at the connection, at each request and for each object', async () => {
    await using app = await createTestApp({ ...TRACKER, options: { permissions: [Picky] } });
    await seedTracker(app);
    await app.dataSource.manager.save(Issue, [{ title: 'free', projectId: 1 }, { title: 'locked', projectId: 1 }]); // prettier-ignore
    expect(await refusalOf(app, { picky: 'connection' })).toEqual({ code: 'UNAUTHENTICATED', status: 401 });
    const ada = await app.connect(1);
    expect(await ada.call('issues', 'list', 'GET', { query: { picky: 'request' } })).toMatchObject({
      status: 403,
      data: { code: 'PERMISSION_DENIED' },
    });
    const retrieve = (pk: number) => ada.call('issues', 'retrieve', 'GET', { query: { pk } });
    expect(await retrieve(1)).toMatchObject({ status: 200 });
    expect(await retrieve(2)).toMatchObject({ status: 403 });
    expect(await ada.call('issues', 'destroy', 'DELETE', { query: { pk: 2 } })).toMatchObject({ status: 403 });
  });
});

describe('the scope (A8) and what is emitted by hand (A9)', () => {
  it('has all that djira’s has, and reaches the caller and a room in the standard envelope', async () => {
    await using app = await createTestApp({ ...TRACKER, options: { hooks: { echo: EchoHook } } });
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    expect(await grace.call('echo', 'enter', 'GET')).toMatchObject({ status: 200, data: ['lobby'] });
    const request = { requestId: 'e1', data: { a: 1 }, query: { b: '2' }, headers: { c: 3 } };
    const { host } = new URL(app.url);
    expect(await ada.call('echo', 'echo', 'POST', request)).toMatchObject({
      status: 200,
      data: {
        ...request, sid: ada.socket.id, namespace: 'echo', action: 'echo', method: 'POST', path: '/socket.io/',
        url: `http://${host}/media/1.png`, isSame: true, user: { id: 1 },
      },
    }); // prettier-ignore
    await grace.until(() => grace.frames.length > 0);
    const envelope = { method: 'POST', action: 'echo' };
    expect(ada.frames).toEqual([
      { event: 'echo', frame: { ...envelope, status: 206, requestId: 'e1', data: 'to the caller' } },
    ]);
    expect(grace.frames).toEqual([{ event: 'echo', frame: { ...envelope, status: 200, data: 'to the room' } }]);
  });
});

describe('pages (A7)', () => {
  it('have their edges, the size of the settings, of the hook, or of the client within its bound', async () => {
    const providers = [...TRACKER.providers, BareHook, SmallHook];
    await using app = await createTestApp({ ...TRACKER, providers, options: { pageSize: 2, limits: { pageSize: 3 } } });
    await seedTracker(app);
    await app.dataSource.manager.save(
      Issue,
      Array.from({ length: 5 }, (_, i) => ({ title: `t${i}`, projectId: 1 })),
    );
    const ada = await app.connect(1);
    const page = async (query: object, hook = 'issues') => {
      const { data } = await ada.call(hook, 'list', 'GET', {
        query: { ...(hook === 'issues' && { ordering: 'id' }), ...query },
      });
      const { count, next_page, previous_page, results } = data as Record<string, unknown> & { results: Issue[] };
      return [count, previous_page, next_page, results.map(({ id }) => id)];
    };
    expect(await page({})).toEqual([5, null, 2, [1, 2]]);
    expect(await page({ page: '2' })).toEqual([5, 1, 3, [3, 4]]);
    for (const last of [3, '3', 4, 99_999]) expect(await page({ page: last })).toEqual([5, 2, null, [5]]);
    for (const invalid of ['', 'x', 0, -1, 1.5, null, '1e9'])
      expect(await page({ page: invalid })).toEqual([5, null, 2, [1, 2]]);
    expect(await page({ page_size: 99 })).toEqual([5, null, 2, [1, 2, 3]]);
    expect(await page({ status: 'done' })).toEqual([0, null, null, []]);
    expect(await page({ page: 2 }, 'small')).toEqual([5, 1, 3, [2]]);
    const { data } = await ada.call('bare', 'list', 'GET');
    expect((data as Issue[]).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
  });

  it('are of 16 rows unless something else is said', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    await app.dataSource.manager.save(
      Issue,
      Array.from({ length: 17 }, () => ({ title: 't', projectId: 1 })),
    );
    const { data } = await (await app.connect(1)).call('issues', 'list', 'GET');
    expect(data).toMatchObject({ count: 17, next_page: 2 });
    expect((data as { results: unknown[] }).results).toHaveLength(16);
  });
});

describe('who is online (A23), and who has gone (A25)', () => {
  it('is told by Connections; a lost socket leaves no connection and no subscription behind', async () => {
    await using app = await createTestApp(TRACKER);
    const connections = app.get(Connections);
    const [phone, laptop] = [await app.connect(1), await app.connect(1)];
    await phone.subscribe('issues');
    expect(connections.byUser({ id: 1 }).map(({ id }) => id)).toEqual([phone.socket.id, laptop.socket.id]);
    expect([connections.isOnline({ id: 1 }), connections.isOnline(2), connections.size]).toEqual([true, false, 2]);
    phone.close();
    await laptop.call('issues', 'list', 'GET');
    await expect.poll(() => connections.size).toBe(1);
    expect(connections.isOnline({ id: 1 })).toBe(true);
  });
});
