import { describe, expect, it, vi } from 'vitest';
import { EventContext, EventHandlers, LifecycleEvents, OnConnected, OnMessage } from 'nestjs-jira';
import { bundleFormat, xraptorFormat, zaptoolsFormat, type MessageFormat } from 'nestjs-jira/formats';
import { Hub } from '../../libs/jira/src/live/delivery/hub.js';
import { createTestApp, type TestApp, type TestAppOptions } from '../support/app.js';
import { PlainClient } from '../support/plain.js';
import { seedTracker, TRACKER } from '../support/tracker.js';

const connected: string[] = [];

@EventHandlers()
class Handlers {
  @OnConnected() arrive({ connection }: EventContext) {
    connected.push(connection.id);
  }
  @OnMessage('hello') hello({ eventName, payload, headers, connection }: EventContext) {
    connection.send('hello', { eventName, payload, headers });
    return { heard: payload };
  }
  @OnMessage('fail') fail() {
    throw new Error('secret');
  }
  @OnMessage('sub') sub({ method, action }: EventContext) {
    return action === 'unsubscribe' ? { ended: method } : new Promise(() => {});
  }
}

function appWith(format: MessageFormat): TestAppOptions {
  return {
    ...TRACKER,
    providers: [...TRACKER.providers, Handlers],
    options: { plainWebSockets: [{ path: '/ws', format }] },
  };
}

/** Sends these raw texts, and resolves with how many frames were counted as unanswerable. */
async function drop(app: TestApp, client: PlainClient, texts: readonly (string | Buffer)[]): Promise<number> {
  let count = 0;
  const all = new Promise<number>((resolve) =>
    app.get(LifecycleEvents).on('jira.malformed_frame', () => {
      if (++count === texts.length) resolve(count);
    }),
  );
  for (const text of texts) client.socket.send(text);
  return all;
}

describe('the format of zaptools', () => {
  it('takes and gives { headers, eventName, payload }; what nobody handles is silent', async () => {
    await using app = await createTestApp(appWith(zaptoolsFormat));
    connected.length = 0;
    await using client = await new PlainClient(`${app.url}/ws`).open();
    const bad = ['{', '7', '{"eventName":""}', '{"payload":1}', Buffer.from('{"eventName":"hello"}')];
    const unknown = ['{"eventName":"nobody","payload":1}', '{"eventName":"connected","payload":{}}'];
    expect(await drop(app, client, [...bad, ...unknown])).toBe(7);
    client.send({ eventName: 'fail' });
    client.send({ headers: 'bad', eventName: 'hello', payload: 1 });
    client.send({ headers: { a: { b: 1 } }, eventName: 'hello', payload: { c: null } });
    await client.until(() => client.frames.length === 2);
    expect(client.frames).toEqual([
      { headers: {}, eventName: 'hello', payload: { eventName: 'hello', payload: 1, headers: {} } },
      {
        headers: {},
        eventName: 'hello',
        payload: { eventName: 'hello', payload: { c: null }, headers: { a: { b: 1 } } },
      },
    ]);
    expect(connected).toEqual([expect.stringMatching(/^zpt-[0-9a-f]{8}-[0-9a-f]{4}-4/)]);
  });

  it('says nothing of the protocol at a shutdown', async () => {
    const app = await createTestApp(appWith(zaptoolsFormat));
    await using client = await new PlainClient(`${app.url}/ws`).open();
    await app.close();
    await client.over();
    expect(client.frames).toEqual([]);
    expect(client.closed?.code).toBe(1012);
  });
});

describe('the format of the bundle', () => {
  it('takes { event, headers, input_data } and gives { event, data }', async () => {
    await using app = await createTestApp(appWith(bundleFormat));
    await using client = await new PlainClient(`${app.url}/ws`).open();
    expect(await drop(app, client, ['nonsense', '{"event":5}', '{}', '{"event":"nobody"}'])).toBe(4);
    client.send({ event: 'hello', headers: { n: 1, t: true, s: 'x', nested: {}, nothing: null } });
    client.send({ event: 'hello', headers: [1], input_data: { a: 1 } });
    await client.until(() => client.frames.length === 2);
    expect(client.frames).toEqual([
      { event: 'hello', data: { eventName: 'hello', payload: [], headers: { n: '1', t: 'true', s: 'x' } } },
      { event: 'hello', data: { eventName: 'hello', payload: { a: 1 }, headers: {} } },
    ]);
  });

  it('reaches hooks with requests of the protocol, and keeps its extractors with another converter', async () => {
    const format: MessageFormat = {
      ...bundleFormat,
      name: 'reversed',
      converter: {
        read: (raw) => JSON.parse([...raw].toReversed().join('')) as unknown,
        write: (value) => [...JSON.stringify(value)].toReversed().join(''),
      },
    };
    await using app = await createTestApp(appWith(format));
    await seedTracker(app);
    await using client = await new PlainClient(`${app.url}/ws?token=user-1`).open();
    const frame = { requestId: 'r', method: 'GET', action: 'list' };
    client.socket.send(format.converter.write({ event: 'issues', input_data: frame }));
    await client.until(() => client.frames.length === 1);
    expect(format.converter.read(String(client.frames[0]))).toMatchObject({
      event: 'issues',
      data: { requestId: 'r', status: 200, data: { count: 0 } },
    });
  });
});

describe('the format of x-raptor', () => {
  interface Answer {
    request_id: string;
    payload: string;
    method: string;
    header: object;
  }

  function send(client: PlainClient, request_id: string, method: string, route: string, payload: unknown = {}): void {
    client.send({ request_id, method, route, header: {}, payload: JSON.stringify(payload) });
  }

  async function answer(client: PlainClient, id: string): Promise<Answer & { body: unknown }> {
    const found = await client.find<Answer>(({ request_id }) => request_id === id);
    return { ...found, body: JSON.parse(found.payload) as unknown };
  }

  it('answers what a handler returns under the request_id, in the method asked by, in any case', async () => {
    await using app = await createTestApp(appWith(xraptorFormat));
    await using client = await new PlainClient(`${app.url}/ws`).open();
    send(client, 'a', 'post', 'hello', { x: 1 });
    const heard = await answer(client, 'a');
    expect(heard).toEqual({
      request_id: 'a',
      method: 'POST',
      header: {},
      payload: '{"heard":{"x":1}}',
      body: { heard: { x: 1 } },
    });
    send(client, 'b', 'GET', 'nobody');
    expect((await answer(client, 'b')).body).toEqual({ message: 'Not registered' });
    send(client, 'c', 'PUT', 'fail');
    expect(await answer(client, 'c')).toMatchObject({ method: 'PUT', body: { message: 'fail' } });
    send(client, 'd', 'SUB', 'sub');
    send(client, 'd', 'UNSUB', 'sub');
    expect(await answer(client, 'd')).toMatchObject({ method: 'UNSUB', body: { ended: 'SUBSCRIPTION' } });
  });

  it('drops malformed frames', async () => {
    await using app = await createTestApp(appWith(xraptorFormat));
    await using client = await new PlainClient(`${app.url}/ws?token=user-1`).open();
    const bad = [
      '{',
      '{}',
      '{"request_id":"x","route":"hello","method":"GET","payload":{}}',
      '{"request_id":"x","route":"hello","method":"GET","payload":"{"}',
      '{"route":"issues/list","method":"GET","payload":"{}"}',
      '{"request_id":"x","route":"issues/list","method":"FETCH","payload":"{}"}',
    ];
    expect(await drop(app, client, bad)).toBe(bad.length);
    expect(client.frames).toEqual([]);
  });

  it('reaches hooks by routes, and sends changes under the request_id of the SUB', async () => {
    await using app = await createTestApp(appWith(xraptorFormat));
    await seedTracker(app);
    await using client = await new PlainClient(`${app.url}/ws?token=user-1`).open();
    send(client, 's', 'SUB', '/issues/subscribe', { status: 'open' });
    // Nothing answers a SUB.
    await vi.waitUntil(() => app.get(Hub).count().channels === 1);
    send(client, 'c', 'POST', '/issues/create', { title: 'Far', projectId: 1 });
    expect((await answer(client, 'c')).body).toMatchObject({ id: 1, title: 'Far' });
    expect(await answer(client, 's')).toMatchObject({ method: 'SUB', body: { type: 'added', data: { title: 'Far' } } });
    send(client, 'g', 'GET', 'issues/retrieve', { pk: 1 });
    expect((await answer(client, 'g')).body).toMatchObject({ id: 1 });
    send(client, 'x', 'GET', 'issues/nothing');
    expect((await answer(client, 'x')).body).toEqual({ message: 'Not registered' });
    send(client, 'y', 'GET', 'issues/retrieve', { pk: 99 });
    expect((await answer(client, 'y')).body).toEqual({ message: 'fail' });
    send(client, 's', 'UNSUB', 'issues/subscribe');
    send(client, 'c2', 'POST', 'issues/create', { title: 'Again', projectId: 1 });
    await answer(client, 'c2');
    send(client, 'end', 'GET', 'nobody');
    await answer(client, 'end');
    const changes = client.frames.filter((frame) => (frame as Answer).method === 'SUB');
    expect(changes).toHaveLength(1);
  });
});
