import { describe, expect, it } from 'vitest';
import { Action, ActionScope, BaseHook, Hook, type HookScope, type JiraMiddleware, type Next } from 'nestjs-jira';
import { createTestApp, TestClient } from '../support/app.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';

@Hook('tools')
class ToolHook extends BaseHook {
  calls = 0;

  @Action({ methods: ['GET', 'POST'], name: 'ping' })
  answer(scope: ActionScope) {
    return { pong: scope.data ?? null, user: (scope.user as { id: number } | null)?.id ?? null };
  }

  @Action()
  explode() {
    throw new Error('the password is hunter2');
  }

  @Action({ timeoutMs: 50 })
  hang() {
    return new Promise(() => undefined);
  }

  @Action()
  nothing() {}

  helper() {
    this.calls++;
    return 'secret';
  }
}

const WITH_TOOLS = { ...TRACKER, providers: [...TRACKER.providers, ToolHook] };

describe('one request, one answer', () => {
  it('refuses everything that is not a marked action', async () => {
    await using app = await createTestApp(WITH_TOOLS);
    const client = await app.connect(1);
    for (const action of [
      'constructor',
      '__proto__',
      'helper',
      'answer',
      'toString',
      'hasOwnProperty',
      'onRegister',
      'checkObjectPermissions',
      'permissions',
    ]) {
      expect(await client.call('tools', action, 'GET')).toMatchObject({
        status: 404,
        action,
        data: { code: 'UNKNOWN_ACTION' },
      });
    }
    for (const action of ['getObject', 'getStore', 'save', 'performCreate', 'visibility', 'serialize', 'getQuery']) {
      expect(await client.call('issues', action, 'POST')).toMatchObject({
        status: 404,
        data: { code: 'UNKNOWN_ACTION' },
      });
    }
    expect(app.get(ToolHook).calls).toBe(0);
  });

  it('answers an unknown namespace, a wrong method, a thrown error, a timeout and nothing at all', async () => {
    await using app = await createTestApp(WITH_TOOLS);
    const client = await app.connect(1);
    expect(await client.call('nowhere', 'list', 'GET')).toMatchObject({
      status: 404,
      data: { code: 'UNKNOWN_NAMESPACE' },
    });
    expect(await client.call('tools', 'ping', 'DELETE')).toMatchObject({
      status: 405,
      data: { code: 'METHOD_NOT_ALLOWED' },
    });
    const failed = await client.call('tools', 'explode', 'GET', { requestId: 'boom' });
    expect(failed).toEqual({
      requestId: 'boom', method: 'GET', action: 'explode', status: 500,
      data: { code: 'INTERNAL', message: 'Server error (request boom).' },
    }); // prettier-ignore
    expect(await client.call('tools', 'hang', 'GET')).toMatchObject({ status: 504, data: { code: 'TIMEOUT' } });
    expect(await client.call('tools', 'nothing', 'GET')).toMatchObject({ status: 204, data: null });
    expect(await client.call('tools', 'ping', 'POST', { data: [1] })).toMatchObject({
      status: 200,
      data: { pong: [1], user: 1 },
    });
  });

  it('answers by an event of the namespace when there is no acknowledgement', async () => {
    await using app = await createTestApp(WITH_TOOLS);
    const client = await app.connect(1);
    client.socket.emit('tools', { requestId: 'quiet', method: 'GET', action: 'ping' });
    await client.until(() => client.frames.length > 0);
    expect(client.frames).toEqual([
      {
        event: 'tools',
        frame: { requestId: 'quiet', method: 'GET', action: 'ping', status: 200, data: { pong: null, user: 1 } },
      },
    ]);
  });

  it('answers a requestId in flight with DUPLICATE_REQUEST, and cancels the first on $cancel', async () => {
    await using app = await createTestApp({ ...WITH_TOOLS, options: { limits: { actionTimeoutMs: 5_000 } } });
    const client = await app.connect(1);
    const first = client.call('tools', 'hang', 'GET', { requestId: 'same' });
    expect(await client.call('tools', 'ping', 'GET', { requestId: 'same' })).toMatchObject({
      status: 409,
      data: { code: 'DUPLICATE_REQUEST' },
    });
    expect(await client.call('tools', '$cancel', 'SUBSCRIPTION', { data: { target: 'same' } })).toMatchObject({
      status: 200,
    });
    expect(await first).toMatchObject({ status: 409, data: { code: 'CANCELLED' } });
    expect(await client.call('tools', '$cancel', 'SUBSCRIPTION', { data: { target: 'same' } })).toMatchObject({
      status: 404,
    });
  });

  it('names what is wrong with each kind of malformed frame, and serves the next good one', async () => {
    await using app = await createTestApp(WITH_TOOLS);
    const client = await app.connect(1);
    const good = { requestId: 'x', method: 'GET', action: 'ping' };
    let deep: unknown = 1;
    for (let i = 0; i < 40; i++) deep = { deep };
    const malformed: [unknown, RegExp][] = [
      [undefined, /must be an object/],
      [null, /must be an object, not null/],
      ['text', /not a string/],
      [7, /not a number/],
      [true, /not a boolean/],
      [[good], /not an array/],
      [{}, /"requestId"/],
      [{ ...good, requestId: 7 }, /"requestId"/],
      [{ ...good, requestId: '' }, /"requestId"/],
      [{ ...good, requestId: 'x'.repeat(200) }, /"requestId"/],
      [{ ...good, method: undefined }, /"method"/],
      [{ ...good, method: 'get' }, /"method" must be one of GET/],
      [{ ...good, method: ['GET'] }, /"method"/],
      [{ ...good, action: undefined }, /"action"/],
      [{ ...good, action: { name: 'ping' } }, /"action"/],
      [{ ...good, action: 'p'.repeat(200) }, /"action"/],
      [{ ...good, query: 'status=open' }, /"query" must be an object/],
      [{ ...good, query: [1] }, /"query" must be an object/],
      [{ ...good, headers: 1 }, /"headers" must be an object/],
      [{ ...good, data: deep }, /nested deeper/],
      [{ ...good, data: Array.from({ length: 3_000 }, () => 0) }, /more than 2000 keys/],
      [{ ...good, data: JSON.parse('{"__proto__": {"isAdmin": true}}') }, /"__proto__" is not allowed/],
      [{ ...good, data: { constructor: 1 } }, /"constructor" is not allowed/],
      [{ ...good, data: Buffer.from('binary') }, /binary/],
    ];
    expect(malformed.length).toBeGreaterThanOrEqual(20);
    for (const [frame, reason] of malformed) {
      const answer = (await client.socket.timeout(5_000).emitWithAck('tools', frame)) as Record<string, unknown>;
      expect(answer).toMatchObject({
        status: 400,
        data: { code: 'MALFORMED_FRAME' },
      });
      expect((answer['data'] as { message: string }).message).toMatch(reason);
    }
    // Without an acknowledgement, one that carries its id is answered by an event, one without is not.
    client.socket.emit('tools', { ...good, method: 'get' });
    client.socket.emit('tools', { ...good, requestId: undefined });
    expect(await client.call('tools', 'ping', 'GET')).toMatchObject({ status: 200 });
    expect(client.frames.map(({ frame }) => frame['requestId'])).toEqual(['x']);
  });

  it('leaves other events to the gateways and listeners of the application', async () => {
    await using app = await createTestApp(WITH_TOOLS);
    const client = await app.connect(1);
    client.socket.emit('chat', 'hello');
    client.socket.emit('chat');
    expect(await client.call('tools', 'ping', 'GET')).toMatchObject({ status: 200 });
    expect(client.frames).toEqual([]);
  });
});

describe('the handshake', () => {
  const refusal = async (app: { url: string }, auth: Record<string, unknown>): Promise<unknown> => {
    const client = new TestClient(app.url, auth);
    const error = await client.connected().then(
      () => undefined,
      (reason: unknown) => ({ data: (reason as { data?: unknown }).data }),
    );
    client.close();
    return error;
  };

  it('refuses a wrong token with a code and a status', async () => {
    await using app = await createTestApp(TRACKER);
    const data = { code: 'UNAUTHENTICATED', status: 401 };
    expect(await refusal(app, { jira: 2, token: 'forged' })).toMatchObject({ data });
    expect(await refusal(app, { jira: 2, token: { $ne: '' } })).toMatchObject({ data });
    expect(await refusal(app, { jira: 2, token: 'x'.repeat(9_000) })).toMatchObject({ data });
  });

  it('lets the anonymous in, whom each permission then judges', async () => {
    await using app = await createTestApp(WITH_TOOLS);
    const nobody = await app.connect();
    expect(await nobody.call('tools', 'ping', 'GET')).toMatchObject({ status: 200, data: { user: null } });
    expect(await nobody.call('issues', 'list', 'GET')).toMatchObject({
      status: 401,
      data: { code: 'UNAUTHENTICATED' },
    });
    expect(await nobody.call('issues', 'subscribe', 'SUBSCRIPTION')).toMatchObject({ status: 401 });
  });

  it('refuses a connection that a global permission refuses', async () => {
    const { IsAuthenticated } = await import('nestjs-jira');
    await using app = await createTestApp({ ...TRACKER, options: { permissions: [IsAuthenticated] } });
    expect(await refusal(app, { jira: 2 })).toMatchObject({ data: { code: 'UNAUTHENTICATED', status: 401 } });
    await app.connect(1);
  });
});

describe('lists and inputs', () => {
  it('pages, filters by the allow-list alone, and names every wrong key', async () => {
    await using app = await createTestApp({ ...TRACKER, options: { pageSize: 2 } });
    await seedTracker(app);
    const titles = ['alpha', 'beta', 'Alphabet', 'gamma', 'delta'];
    await app.dataSource.manager.save(
      Issue,
      titles.map((title, i) => ({ title, projectId: 1, status: i % 2 ? 'open' : 'done' })),
    );
    const ada = await app.connect(1);
    const list = async (query: object): Promise<Record<string, unknown>> =>
      (await ada.call('issues', 'list', 'GET', { query })) as unknown as Record<string, unknown>;
    const ids = async (query: object): Promise<unknown> =>
      ((await list(query))['data'] as { results: { id: number }[] }).results.map(({ id }) => id);

    expect(await list({ ordering: 'id' })).toMatchObject({ data: { count: 5, next_page: 2, previous_page: null } });
    expect(await list({ ordering: 'id', page: 99 })).toMatchObject({
      data: { next_page: null, previous_page: 2, results: [{ id: 5 }] },
    });
    expect(await list({ page: 'x' })).toMatchObject({ data: { previous_page: null } });
    expect(await ids({ ordering: '-id', page_size: 3 })).toEqual([5, 4, 3]);
    expect(await ids({ status: 'open', ordering: 'id' })).toEqual([2, 4]);
    expect(await ids({ status__in: 'open,doing', ordering: 'id' })).toEqual([2, 4]);
    expect(await ids({ title__icontains: 'ALPHA', ordering: 'id' })).toEqual([1, 3]);
    expect(await ids({ title__icontains: '%' })).toEqual([]);
    expect(await list({ secret: 'x', title__exact: 'a', projectId: 'abc', ordering: 'secret' })).toMatchObject({
      status: 400,
      data: {
        code: 'VALIDATION_FAILED',
        errors: { secret: [expect.any(String)], title__exact: [expect.any(String)], projectId: [expect.any(String)] },
      },
    });
    expect(await list({ ordering: 'secret' })).toMatchObject({
      status: 400,
      data: { errors: { ordering: [expect.any(String)] } },
    });
  });

  it('never lets an undeclared field reach the entity, and shows only declared ones', async () => {
    await using app = await createTestApp(TRACKER);
    await seedTracker(app);
    const ada = await app.connect(1);
    const create = (data: unknown) => ada.call('issues', 'create', 'POST', { data });
    expect(await create({ title: 'x', projectId: 1, secret: 'mine', id: 77 })).toMatchObject({
      status: 400,
      data: { code: 'VALIDATION_FAILED', errors: { secret: [expect.any(String)], id: [expect.any(String)] } },
    });
    expect(await create({ title: '', projectId: 1 })).toMatchObject({
      status: 400,
      data: { errors: { title: [expect.any(String)] } },
    });
    expect(await create({ title: 'x'.repeat(201), status: 'gone', projectId: 1 })).toMatchObject({
      status: 400,
      data: { errors: { title: [expect.any(String)], status: [expect.any(String)] } },
    });
    for (const data of [null, [], 'text', 7, undefined]) expect(await create(data)).toMatchObject({ status: 400 });
    expect(await app.dataSource.manager.count(Issue)).toBe(0);

    await app.dataSource.manager.save(Issue, { title: 'hush', projectId: 1, secret: 'key' });
    const { data } = await ada.call('issues', 'retrieve', 'GET', { query: { pk: 1 } });
    expect(data).toEqual({ id: 1, title: 'hush', status: 'open', projectId: 1 });
    expect(await ada.call('issues', 'retrieve', 'GET')).toMatchObject({
      status: 400,
      data: { errors: { pk: [expect.any(String)] } },
    });
    // PUT is a full update, PATCH a partial one.
    expect(await ada.call('issues', 'update', 'PUT', { query: { pk: 1 }, data: { status: 'done' } })).toMatchObject({
      status: 400,
      data: { errors: { title: expect.any(Array) } },
    });
    expect(await ada.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { status: 'done' } })).toMatchObject({
      status: 200,
    });
    const stored = await app.dataSource.manager.findOneOrFail(Issue, {
      where: { id: 1 },
      select: { id: true, secret: true, title: true },
    });
    expect(stored).toMatchObject({ title: 'hush', secret: 'key' });
  });
});

describe('middleware', () => {
  it('surrounds each request: may change the scope and the answer, or answer by itself', async () => {
    const log: string[] = [];
    class Outer implements JiraMiddleware {
      async use(scope: HookScope, next: Next) {
        log.push(`> ${scope.action}`);
        const answer = await next();
        log.push(`< ${answer.status}`);
        answer.data = { ...(answer.data as object), wrapped: true };
        return answer;
      }
    }
    const short = async (scope: HookScope, next: Next) => (scope.headers['short'] ? { cached: true } : next());
    await using app = await createTestApp({ ...WITH_TOOLS, options: { middleware: [Outer, short] } });
    const client = await app.connect(1);
    expect(await client.call('tools', 'ping', 'GET')).toMatchObject({
      status: 200,
      data: { pong: null, wrapped: true },
    });
    expect(await client.call('tools', 'ping', 'GET', { headers: { short: true } })).toMatchObject({
      data: { cached: true, wrapped: true },
    });
    expect(await client.call('tools', 'explode', 'GET')).toMatchObject({ status: 500 });
    expect(log).toEqual(['> ping', '< 200', '> ping', '< 200', '> explode']);
  });

  it('that returns nothing without next() is an answered error, not silence', async () => {
    const broken = async () => undefined;
    await using app = await createTestApp({ ...WITH_TOOLS, options: { middleware: [broken] } });
    const client = await app.connect(1);
    expect(await client.call('tools', 'ping', 'GET')).toMatchObject({ status: 500, data: { code: 'INTERNAL' } });
  });
});
