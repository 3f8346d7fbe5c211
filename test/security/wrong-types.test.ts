// A wrong value at every key of every frame, at both doors and in every format: a named refusal, and the connection goes on.

import { describe, expect, it } from 'vitest';
import { io } from 'socket.io-client';
import { EventContext, EventHandlers, LifecycleEvents, OnDisconnected, OnMessage } from 'nestjs-jira';
import { bundleFormat, xraptorFormat, zaptoolsFormat } from 'nestjs-jira/formats';
import { CODES, parseAnswer, type AnswerFrame } from 'nestjs-jira-protocol';
import { createTestApp, type TestApp } from '../support/app.js';
import { PlainClient } from '../support/plain.js';
import { seedTracker, TRACKER } from '../support/tracker.js';
import { rawSocket } from './hostile-support.js';

/** Calls of handlers that only the server may make, made by a client. */
let handled = 0;

@EventHandlers()
class Echo {
  @OnDisconnected() left({ payload }: EventContext<{ reason?: string }>) {
    if (payload.reason === undefined) handled++;
  }

  @OnMessage('echo') echo({ payload }: EventContext) {
    return payload;
  }
}

const WRONG: readonly unknown[] = [
  null, true, 0, -1, 1.5, 1e308, '', ' ', 'nonsense', '__proto__', '\u0000', 'x'.repeat(2_000), [], [[]], [null], ['a', 1], {}, { a: 1 }, { length: 3 },
  { toString: 1 }, { constructor: 1 }, JSON.parse('{ "__proto__": { "polluted": 1 } }'), { constructor: { prototype: 1 } },
]; // prettier-ignore

type Frame = Readonly<Record<string, unknown>>;

/** Frames that are right, by the event they are sent on. */
const RIGHT: readonly (readonly [event: string, frame: Frame])[] = [
  ['issues', { method: 'GET', action: 'list', data: {}, query: { page: 1, page_size: 1, ordering: 'id', status: 'open', status__in: 'open', search: '', $or: [{ status: 'open' }] }, headers: { a: '1' } }],
  ['issues', { method: 'GET', action: 'retrieve', query: { pk: 1, fields: 'id', expand: '' } }],
  ['issues', { method: 'POST', action: 'create', data: { title: 'T', projectId: 1, status: 'open' }, headers: { 'idempotency-key': 'k' } }],
  ['issues', { method: 'PATCH', action: 'update', query: { pk: 1 }, data: { title: 'T' } }],
  ['issues', { method: 'SUBSCRIPTION', action: 'subscribe', query: { status: 'open' } }],
  ['issues', { method: 'SUBSCRIPTION', action: 'unsubscribe', data: { target: 'x' } }],
  ['issues', { method: 'SUBSCRIPTION', action: '$cancel', data: { target: 'x' } }],
  ['$connection', { method: 'POST', action: '$authenticate', data: { token: 'user-1' } }],
  ['$connection', { method: 'POST', action: '$acknowledge', data: { ids: ['x'] } }],
  ['echo', { method: 'POST', action: '', data: {} }],
]; // prettier-ignore

/** The value with a wrong one in the place of each of its parts, itself included. */
function* wronged(value: unknown): Generator {
  yield* WRONG;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value))
    for (const wrong of wronged(part))
      yield Array.isArray(value) ? value.with(Number(key), wrong) : { ...value, [key]: wrong };
}

const open = async (): Promise<TestApp> => {
  const app = await createTestApp({
    ...TRACKER,
    providers: [...TRACKER.providers, Echo],
    options: {
      plainWebSockets: [
        { path: '/json' },
        { path: '/bundle', format: bundleFormat },
        { path: '/zap', format: zaptoolsFormat },
        { path: '/xr', format: xraptorFormat },
      ],
      limits: { malformedFrames: 1e6, requestsInFlight: 1e6, subscriptions: 1e6, burstSeconds: 1_000 },
    },
  });
  await seedTracker(app);
  return app;
};

/** A success, or an error of the table that is not the server's. */
function isNamed({ status, data }: AnswerFrame): boolean {
  const { code = '' } = (data ?? {}) as { code?: string };
  return status < 400 || (status < 500 && Object.hasOwn(CODES, code));
}

/** Socket.IO's and Node's own, and those that every object has. */
const OWN_NAMES = ['connect', 'connect_error', 'connection', 'disconnect', 'disconnecting', 'error', 'newListener', 'removeListener', 'new_namespace', 'connected', 'disconnected', 'message', 'data', 'close', 'upgrade', 'packet', 'drain', 'jira-oversize', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '$disconnect', '$session', '$message']; // prettier-ignore

describe('an event of a name that is somebody’s own', () => {
  it.each(OWN_NAMES)('%s: is refused or ends the connection, and fires nothing', async (name) => {
    await using app = await open();
    const ended = new Promise<string>((resolve) => {
      app.get(LifecycleEvents).on('jira.connection_closed', ({ reason }) => resolve(reason));
    });
    const socket = await rawSocket(app.url);
    const heard = new Promise<string>((resolve) => {
      socket.on('message', (data: Buffer) => data.toString().startsWith('437') && resolve(data.toString().slice(3)));
      socket.once('close', () => resolve('closed'));
    });
    socket.send(`427${JSON.stringify([name, { requestId: 'own', method: 'GET', action: 'list' }])}`);
    const outcome = await heard;
    if (outcome !== 'closed') socket.close();
    // What Socket.IO's own parser refuses is an error of the transport; never a disconnection that a client has made up.
    expect(outcome === 'closed' || /"status":40[04]/.test(outcome)).toBe(true);
    expect(await ended).toMatch(/^(parse error|transport (error|close)|forced close|server namespace disconnect)$/);
    expect((await app.connect(1)).socket.connected).toBe(true);
    expect(handled).toBe(0);
  });
});

describe('a wrong value', () => {
  it.each(RIGHT)('at each key of a request on %s is answered once, by name: %j', async (event, frame) => {
    await using app = await open();
    const client = await app.connect(1);
    let sent = 0;
    for (const wrong of wronged(frame)) {
      const isObject = typeof wrong === 'object' && wrong !== null && !Array.isArray(wrong);
      const requestId = `w${++sent}`;
      const payload = isObject ? { requestId, ...wrong } : wrong;
      const answer = (await client.socket.timeout(10_000).emitWithAck(event, payload)) as AnswerFrame;
      expect({ payload, isAnswer: parseAnswer(answer).ok, isNamed: isNamed(answer), answer }).toMatchObject({
        isAnswer: true,
        isNamed: true,
      });
    }
    expect(sent).toBeGreaterThan(WRONG.length * 3);
    expect(client.socket.connected).toBe(true);
    expect(({} as Frame)['polluted']).toBeUndefined();
  });

  it('as the id of a request is answered under the empty one', async () => {
    await using app = await open();
    const client = await app.connect(1);
    for (const requestId of WRONG.filter((id) => typeof id !== 'string' || id === '' || id.length > 128)) {
      const answer = (await client.socket.emitWithAck('issues', {
        requestId,
        method: 'GET',
        action: 'list',
      })) as AnswerFrame;
      expect(answer).toMatchObject({ requestId: '', status: 400, data: { code: 'MALFORMED_FRAME' } });
    }
  });

  it('in a handshake is refused by name, or is nobody', async () => {
    await using app = await open();
    for (const auth of wronged({ token: 'user-1', jira: 2 })) {
      const socket = io(app.url, {
        transports: ['websocket'],
        reconnection: false,
        forceNew: true,
        auth: auth as object,
      });
      const outcome = await new Promise<string>((resolve) => {
        socket.once('connect', () => resolve('connected'));
        socket.once('connect_error', (error) =>
          resolve((error as { data?: { code: string } }).data?.code ?? error.message),
        );
        socket.once('disconnect', () => resolve('closed'));
      });
      socket.close();
      expect(['connected', 'closed', 'MALFORMED_FRAME', 'UNAUTHENTICATED', 'UNKNOWN_PATH']).toContain(outcome);
    }
  });

  it.each([
    [
      '/json',
      {
        event: 'issues',
        data: { requestId: 'r', method: 'GET', action: 'list', query: {} },
        headers: {},
        requestId: 'e',
      },
    ],
    ['/json', { event: 'echo', data: {}, headers: {}, requestId: 'e' }],
    ['/bundle', { event: 'echo', headers: { a: '1' }, input_data: { a: 1 } }],
    ['/zap', { headers: { a: '1' }, eventName: 'echo', payload: { a: 1 } }],
    ['/xr', { request_id: 'r', route: 'echo', method: 'GET', header: {}, payload: '{}' }],
    ['/xr', { request_id: 'r', route: '/issues/list', method: 'GET', header: { query: {} }, payload: '{}' }],
  ])('at each key of a plain frame at %s leaves the connection as it is: %j', async (path, frame) => {
    await using app = await open();
    await using client = await new PlainClient(`${app.url}${path}?token=user-1`).open();
    let sent = 0;
    for (const wrong of wronged(frame)) {
      client.send(wrong);
      sent++;
    }
    for (const text of ['', '{', 'null', '"', '[1', '{"event":', '\u0000']) client.socket.send(text);
    expect(sent).toBeGreaterThan(WRONG.length);
    await using other = await new PlainClient(`${app.url}/json?token=user-2`).open();
    for (const one of path === '/json' ? [client, other] : [other]) {
      one.send({ event: 'issues', data: { requestId: 'last', method: 'GET', action: 'list' } });
      await one.find(({ data }: { data?: { requestId?: string } }) => data?.requestId === 'last');
    }
    expect(client.closed).toBeUndefined();
    expect(JSON.stringify(client.frames)).not.toMatch(/INTERNAL|Server error|polluted/);
  });
});
