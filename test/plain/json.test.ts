import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  Connections,
  EventContext,
  EventHandlers,
  JiraServer,
  LifecycleEvents,
  OnConnected,
  OnMessage,
} from 'nestjs-jira';
import { createTestApp, type TestAppOptions } from '../support/app.js';
import { PlainClient } from '../support/plain.js';
import { seedTracker, TRACKER } from '../support/tracker.js';

interface Frame {
  event: string;
  data: { requestId?: string; status?: number; type?: string; data?: unknown; channel?: string; code?: string };
}

@EventHandlers()
class RoomHandlers {
  @OnConnected() arrive({ connection }: EventContext) {
    connection.join('lobby');
  }
  @OnMessage('hello') hello({ payload, headers, connection }: EventContext) {
    connection.send('heard', { payload, headers });
    return 'answered';
  }
}

const APP: TestAppOptions = {
  ...TRACKER,
  providers: [...TRACKER.providers, RoomHandlers],
  options: { plainWebSockets: [{ path: '/ws' }] },
};

function request(requestId: string, method: string, action: string, rest: object = {}): unknown {
  return { event: 'issues', data: { requestId, method, action, ...rest } };
}

describe('a plain WebSocket in frames of protocol version 2', () => {
  it('calls and subscribes beside Socket.IO: a change at one door is told at the other', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    await using plain = await new PlainClient(`${app.url}/ws?token=user-1`).open();
    const grace = await app.connect(2);
    await grace.subscribe('issues');
    plain.send(request('s', 'SUBSCRIPTION', 'subscribe'));
    const subscribed = await plain.find<Frame>(({ data }) => data.requestId === 's');
    expect(subscribed).toMatchObject({ event: 'issues', data: { status: 200, data: { channel: expect.any(String) } } });

    plain.send(request('c', 'POST', 'create', { data: { title: 'By wire', projectId: 1 } }));
    const created = await plain.find<Frame>(({ data }) => data.requestId === 'c');
    expect(created.data).toMatchObject({ status: 201, data: { id: 1, title: 'By wire' } });
    expect((await grace.nextChanges('issues', 1))[0]).toMatchObject({ type: 'added', data: { title: 'By wire' } });

    await grace.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { status: 'done' } });
    const modified = await plain.find<Frame>(({ data }) => data.type === 'modified');
    expect(modified.data).toMatchObject({ id: 1, data: { status: 'done' } });
    expect(modified.data.channel).toBe((subscribed.data.data as { channel: string }).channel);

    plain.send(request('u', 'SUBSCRIPTION', 'unsubscribe', { data: { target: 's' } }));
    await plain.find<Frame>(({ data }) => data.requestId === 'u');
    await grace.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { status: 'open' } });
    plain.send(request('l', 'GET', 'list'));
    await plain.find<Frame>(({ data }) => data.requestId === 'l');
    expect(plain.frames.filter((frame) => (frame as Frame).data.type === 'modified')).toHaveLength(1);
  });

  it('is in the same rooms, and hears what the application sends', async () => {
    await using app = await createTestApp(APP);
    await using plain = await new PlainClient(`${app.url}/ws`).open();
    const ada = await app.connect(1);
    plain.send({ event: 'hello', requestId: 'h', data: { a: 1 }, headers: { lang: 'en' } });
    expect(await plain.find<Frame>(({ event }) => event === 'heard')).toEqual({
      event: 'heard',
      data: { payload: { a: 1 }, headers: { lang: 'en' } },
    });
    expect(await plain.find<Frame>(({ data }) => data.requestId === 'h')).toMatchObject({
      event: 'hello',
      data: { status: 200, data: 'answered' },
    });
    app.get(JiraServer).emit('news', 'all of you', { room: 'lobby' });
    expect(await plain.find<Frame>(({ event }) => event === 'news')).toEqual({ event: 'news', data: 'all of you' });
    await ada.until(() => ada.frames.some(({ event }) => event === 'news'));
  });

  it('authenticates by query, header or subprotocol, and is refused by HTTP', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    const ways = [
      new PlainClient(`${app.url}/ws?token=user-1`),
      new PlainClient(`${app.url}/ws`, { headers: { authorization: 'Bearer user-1' } }),
      new PlainClient(`${app.url}/ws`, { protocols: ['jira', 'bearer.user-1'] }),
    ];
    for (const client of ways) {
      await using plain = await client.open();
      plain.send(request('l', 'GET', 'list'));
      expect(await plain.find<Frame>(({ data }) => data.requestId === 'l')).toMatchObject({ data: { status: 200 } });
      expect(['jira', '']).toContain(plain.socket.protocol);
    }
    await using nobody = new PlainClient(`${app.url}/ws?token=expired`);
    await nobody.over();
    expect(nobody.refused).toMatchObject({ status: 401 });
    expect(JSON.parse(nobody.refused?.body ?? '')).toMatchObject({ code: 'UNAUTHENTICATED' });
    await using foreign = new PlainClient(`${app.url}/ws?token=user-1`, { origin: 'https://evil.example' });
    await foreign.over();
    expect(foreign.refused).toMatchObject({ status: 403 });
    await using own = new PlainClient(`${app.url}/ws?token=user-1`, { origin: app.url });
    await own.open();
  });

  it('answers bad frames by a named error, counts them, and goes on', async () => {
    await using app = await createTestApp(APP);
    const reasons: string[] = [];
    app.get(LifecycleEvents).on('jira.malformed_frame', ({ reason }) => reasons.push(reason));
    await using plain = await new PlainClient(`${app.url}/ws`).open();
    const bad = ['{', '[]', 'null', '{}', '{"event":7}', '{"event":"issues"}', '{"event":"nobody","data":1}'];
    for (const text of bad) plain.socket.send(text);
    plain.socket.send(Buffer.from([1, 2, 3]));
    plain.socket.send(
      '{"event":"issues","data":{"requestId":"p","method":"GET","action":"list","query":{"__proto__":1}}}',
    );
    expect(await plain.find<Frame>(({ data }) => data.requestId === 'p')).toMatchObject({
      data: { status: 400, data: { code: 'MALFORMED_FRAME' } },
    });
    const errors = plain.frames.filter((frame) => (frame as Frame).event === '$error');
    expect(errors).toHaveLength(bad.length + 1);
    for (const error of errors) expect(error).toMatchObject({ data: { code: 'MALFORMED_FRAME' } });
    expect(reasons).toHaveLength(bad.length + 1);
  });

  it('compresses if asked, and a frame that is too large when inflated is too large', async () => {
    const webSocket = { perMessageDeflate: { threshold: 100 } };
    await using app = await createTestApp({
      ...APP,
      options: { plainWebSockets: [{ path: '/ws' }, { path: '/small', webSocket }], limits: { frameBytes: 10_000 } },
    });
    await using large = await new PlainClient(`${app.url}/ws`).open();
    await using small = await new PlainClient(`${app.url}/small`).open();
    expect([large, small].map(({ socket }) => socket.extensions)).toEqual(['', 'permessage-deflate']);
    for (const client of [large, small]) {
      client.send({ event: 'hello', requestId: 'h', data: 'x'.repeat(5_000) });
      await client.find<Frame>(({ data }) => data.requestId === 'h');
    }
    app.get(JiraServer).emit('news', 'y'.repeat(50_000));
    const bytesOf = ({ socket }: PlainClient): number =>
      (socket as unknown as { _socket: { bytesRead: number } })._socket.bytesRead; // oxlint-disable-line no-underscore-dangle
    for (const client of [large, small]) await client.find<Frame>(({ event }) => event === 'news');
    expect(bytesOf(large)).toBeGreaterThan(50_000);
    expect(bytesOf(small)).toBeLessThan(2_000);
    small.socket.send(JSON.stringify({ event: 'hello', data: 'z'.repeat(20_000) }));
    await small.over();
    expect(small.closed?.code).toBe(1009);
  });

  it('takes JSON in several lines, and says so of several objects in one message', async () => {
    await using app = await createTestApp(APP);
    await using plain = await new PlainClient(`${app.url}/ws`).open();
    plain.socket.send(JSON.stringify({ event: 'hello', requestId: 'h', data: { a: 1 } }, null, 2));
    expect(await plain.find<Frame>(({ data }) => data.requestId === 'h')).toMatchObject({ data: { status: 200 } });
    plain.socket.send('{"event":"hello"}\n{"event":"hello"}\n');
    const refused = await plain.find<Frame>(({ event }) => event === '$error');
    const message = 'The frame could not be parsed: a message must hold one JSON object; this one holds several.';
    expect(refused.data).toEqual({ code: 'MALFORMED_FRAME', message });
  });

  it('closes for a frame that is too large, a client that is silent, and one that does not read', async () => {
    const plainWebSockets = [{ path: '/ws' }, { path: '/brisk', pingIntervalMs: 40 }];
    await using app = await createTestApp({
      ...APP,
      options: { plainWebSockets, limits: { frameBytes: 500, bufferedBytes: 50_000 } },
    });
    await using big = await new PlainClient(`${app.url}/ws`).open();
    big.send({ event: 'hello', data: 'x'.repeat(600) });
    await big.over();
    expect(big.closed?.code).toBe(1009);

    await using mute = await new PlainClient(`${app.url}/brisk`, { autoPong: false }).open();
    await using lively = await new PlainClient(`${app.url}/brisk`).open();
    await mute.over();
    expect(mute.closed?.code).toBe(1006);
    expect(lively.closed).toBeUndefined();

    await using slow = await new PlainClient(`${app.url}/ws`).open();
    const gone = new Promise((resolve) => app.get(LifecycleEvents).on('jira.connection_closed', resolve));
    slow.socket.pause();
    const flood = 'x'.repeat(100_000);
    const server = app.get(JiraServer);
    const send = (): void => {
      for (let i = 0; i < 20; i++) server.emit('flood', flood, { room: 'lobby' });
    };
    const pump = setInterval(send, 5);
    await gone;
    clearInterval(pump);
  });

  it('is told of a shutdown, and answered what is in flight', async () => {
    const app = await createTestApp(APP);
    await using plain = await new PlainClient(`${app.url}/ws?token=user-1`).open();
    plain.send(request('l', 'GET', 'list'));
    await plain.find<Frame>(({ data }) => data.requestId === 'l');
    await app.close();
    await plain.over();
    expect(plain.frames).toContainEqual({ event: '$reconnect', data: { afterMs: expect.any(Number) } });
    expect(plain.closed?.code).toBe(1012);
  });

  it('has a server of its own if asked, which answers nothing else', async () => {
    const port = await freePort();
    const plainWebSockets = [{ path: '/own', port, host: '127.0.0.1', rejectAtHandshake: true }];
    const app = await createTestApp({ ...APP, options: { plainWebSockets } });
    const url = `http://127.0.0.1:${port}`;
    await using plain = await new PlainClient(`${url}/own?token=user-1`).open();
    plain.send(request('l', 'GET', 'list'));
    expect(await plain.find<Frame>(({ data }) => data.requestId === 'l')).toMatchObject({ data: { status: 200 } });
    await using lost = new PlainClient(`${url}/elsewhere`);
    await lost.over();
    expect(lost.refused?.status).toBe(404);
    expect((await fetch(`${url}/own`)).status).toBe(426);
    await using wrong = new PlainClient(`${app.url}/own`);
    await wrong.over();
    expect(wrong.socket.readyState).not.toBe(WebSocket.OPEN);
    await app.close();
    await plain.over();
    await expect(fetch(`${url}/own`)).rejects.toThrow('fetch failed');
  });

  it('leaves nothing behind when it goes', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    const gone = new Promise((resolve) => app.get(LifecycleEvents).on('jira.remove_connection', resolve));
    const plain = await new PlainClient(`${app.url}/ws?token=user-1`).open();
    plain.send(request('s', 'SUBSCRIPTION', 'subscribe'));
    await plain.find<Frame>(({ data }) => data.requestId === 's');
    expect(app.get(Connections).isOnline(1)).toBe(true);
    plain.socket.terminate();
    await gone;
    expect(app.get(Connections).size).toBe(0);
    const { sink } = app.get(JiraServer) as unknown as { sink: { plain: Record<string, Map<unknown, unknown>> } };
    const held = Object.entries(sink.plain).map(([name, { size }]) => [name, size]);
    expect(held).toEqual([
      ['connections', 0],
      ['rooms', 0],
      ['channels', 0],
    ]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
