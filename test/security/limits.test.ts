// Each limit is reached once: what is beyond it has a name, and what is within it works.

import { Logger } from '@nestjs/common';
import { io, type Socket } from 'socket.io-client';
import { describe, expect, it, vi } from 'vitest';
import {
  Authentication,
  EventContext,
  EventHandlers,
  JiraServer,
  LifecycleEvents,
  OnMessage,
  type JiraOptions,
  type Limits,
} from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { PlainClient } from '../support/plain.js';
import { seedTracker, TRACKER } from '../support/tracker.js';
import { slowSocket } from './slow-socket.js';

@EventHandlers()
class Doorman {
  @OnMessage('enter') enter({ payload, connection }: EventContext) {
    connection.join(payload as string);
    return connection.rooms.size;
  }
}

const APP = { ...TRACKER, providers: [...TRACKER.providers, Doorman] };

function appWith(limits: Partial<Limits>, options: JiraOptions = {}): Promise<TestApp> {
  return createTestApp({ ...APP, options: { ...options, limits } });
}

/** What a client is told when it is refused. */
async function refusalOf(url: string, options: object = {}): Promise<{ code?: string; status?: number } | 'connected'> {
  const socket = io(url, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    auth: { jira: 2 },
    ...options,
  });
  try {
    return await new Promise((resolve) => {
      socket.once('connect', () => resolve('connected'));
      socket.once('connect_error', (error) => resolve((error as { data?: object }).data ?? {}));
    });
  } finally {
    if (!socket.connected) socket.close();
  }
}

function disconnection({ socket }: TestClient | { socket: Socket }): Promise<{ reason: string; code?: number }> {
  return new Promise((resolve) => {
    socket.once('disconnect', (reason, details) =>
      resolve({ reason, code: (details as { context?: { code?: number } } | undefined)?.context?.code }),
    );
  });
}

function closings(app: TestApp): { next: Promise<string> } {
  const reasons = new Promise<string>((resolve) => {
    app.get(LifecycleEvents).on('jira.connection_closed', ({ reason }) => resolve(reason));
  });
  return { next: reasons };
}

const answers = (client: TestClient, status: number): number =>
  client.frames.filter(({ frame }) => frame['status'] === status).length;

describe('frames', () => {
  it('closes the connection with 1009 for a frame beyond frameBytes, and tells the server why', async () => {
    await using app = await appWith({ frameBytes: 1_000 });
    const client = await app.connect(1);
    const closed = closings(app);
    const gone = disconnection(client);
    client.socket.emit('issues', { requestId: 'r', method: 'GET', action: 'list', data: 'x'.repeat(2_000) });
    expect(await gone).toMatchObject({ code: 1009 });
    expect(await closed.next).toBe('FRAME_TOO_LARGE');
  });

  it('refuses a longer polling request with 413', async () => {
    await using app = await appWith({ frameBytes: 1_000 });
    const opened = await (await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`)).text();
    const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
    const body = '4'.repeat(2_000);
    const answer = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method: 'POST', body });
    expect(answer.status).toBe(413);
  });

  it.each([
    ['jsonDepth', { jsonDepth: 3 }, { a: { b: { c: {} } } }, /deeper than 3/],
    ['jsonKeys', { jsonKeys: 20 }, { ids: Array.from({ length: 20 }, (_, n) => n) }, /more than 20 keys/],
  ])('refuses data beyond %s', async (_name, limits, data, message) => {
    await using app = await appWith(limits);
    const client = await app.connect(1);
    expect(await client.call('issues', 'create', 'POST', { data })).toMatchObject({
      status: 400,
      data: { code: 'MALFORMED_FRAME', message: expect.stringMatching(message) },
    });
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses the key %s wherever it is', async (key) => {
    await using app = await appWith({});
    const client = await app.connect(1);
    const bad = JSON.parse(`{ "deep": [{ "${key}": { "polluted": 1 } }] }`) as object;
    for (const part of [{ data: bad }, { query: bad }, { headers: bad }])
      expect(await client.call('issues', 'list', 'GET', part)).toMatchObject({ data: { code: 'MALFORMED_FRAME' } });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('expels who sends more malformed frames than allowed, and answers those that say where to', async () => {
    await using app = await appWith({ malformedFrames: 3 });
    const client = await app.connect(1);
    const gone = disconnection(client);
    for (let n = 0; n < 3; n++) expect(await client.call('issues', 7 as never, 'GET')).toMatchObject({ status: 400 });
    client.socket.emit('issues', 'no object');
    await gone;
    expect(client.frames).toContainEqual({ event: '$disconnect', frame: { code: 'MALFORMED_FRAME', status: 400 } });
  });
});

describe('queries', () => {
  it.each([
    ['inValues', { inValues: 2 }, { status__in: 'open,doing,done' }],
    ['stringLength', { stringLength: 5 }, { title__icontains: 'longer' }],
    ['orderingFields', { orderingFields: 1 }, { ordering: 'id,title' }],
    ['terms', { terms: 1 }, { status: 'open', projectId: 1 }],
  ])('refuses what is beyond %s, naming the field', async (_name, limits, query) => {
    await using app = await appWith(limits);
    const client = await app.connect(1);
    expect(await client.call('issues', 'list', 'GET', { query })).toMatchObject({
      status: 400,
      data: { code: 'VALIDATION_FAILED', errors: expect.any(Object) },
    });
  });

  it('gives no more rows than pageSize', async () => {
    await using app = await appWith({ pageSize: 2 }, { pageSize: 1 });
    await seedTracker(app);
    const client = await app.connect(1);
    for (let n = 0; n < 3; n++) await client.call('issues', 'create', 'POST', { data: { title: 'T', projectId: 1 } });
    const { data } = await client.call('issues', 'list', 'GET', { query: { page_size: 50 } });
    expect((data as { results: unknown[] }).results).toHaveLength(2);
  });

  it('refuses to start where a limit is no whole number above 0', async () => {
    await expect(appWith({ requestsPerSecond: 0 })).rejects.toThrow('has the limit requestsPerSecond = 0.');
  });
});

describe('requests', () => {
  it('answers 429 to each request beyond the rate of its connection, and expels who goes on', async () => {
    await using app = await appWith({ requestsPerSecond: 1, refusedRequests: 10 });
    const [hasty, calm] = [await app.connect(1), await app.connect(2)];
    const gone = disconnection(hasty);
    for (let n = 0; n < 40; n++) hasty.socket.emit('issues', { requestId: `h${n}`, method: 'GET', action: 'list' });
    await gone;
    expect(answers(hasty, 429)).toBeGreaterThanOrEqual(10);
    expect(answers(hasty, 200)).toBeLessThanOrEqual(6);
    expect(hasty.frames).toContainEqual({ event: '$disconnect', frame: { code: 'TOO_MANY_REQUESTS', status: 429 } });
    expect(await calm.call('issues', 'list', 'GET')).toMatchObject({ status: 200 });
  });

  it('counts the requests of all connections of a user together', async () => {
    await using app = await appWith({ userRequestsPerSecond: 1 });
    const [phone, desk, other] = [await app.connect(1), await app.connect(1), await app.connect(2)];
    const statuses = async (client: TestClient): Promise<number[]> =>
      Promise.all(Array.from({ length: 4 }, async () => (await client.call('issues', 'list', 'GET')).status));
    const own = [...(await statuses(phone)), ...(await statuses(desk))];
    expect(own.filter((status) => status === 429).length).toBeGreaterThanOrEqual(1);
    expect(await statuses(other)).toEqual([200, 200, 200, 200]);
  });
});

describe('rooms', () => {
  it('lets a connection into no more rooms than allowed, at both doors', async () => {
    await using app = await appWith({ rooms: 3 }, { plainWebSockets: [{ path: '/ws' }] });
    const client = await app.connect(1);
    // A Socket.IO socket is in a room of its own.
    const enter = (room: string): Promise<{ status: number }> => client.socket.emitWithAck('enter', room) as never;
    const statuses: unknown[] = [];
    for (const room of ['a', 'b', 'c', 'd', 'a']) statuses.push((await enter(room)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 200]);
  });
});

describe('connections', () => {
  const clientAddress: JiraOptions['clientAddress'] = ({ headers }) => String(headers['x-address'] ?? '127.0.0.1');
  const from = (address: string): object => ({ extraHeaders: { 'x-address': address } });

  it('refuses more connections of one user, and admits when one has gone', async () => {
    await using app = await appWith({ connectionsPerUser: 2 });
    const [first] = [await app.connect(1), await app.connect(1)];
    const auth = { jira: 2, token: 'user-1' };
    expect(await refusalOf(app.url, { auth })).toEqual({ code: 'TOO_MANY_CONNECTIONS', status: 429 });
    expect(await refusalOf(app.url, { auth: { ...auth, token: 'user-2' } })).toBe('connected');
    const closed = closings(app);
    first?.close();
    await closed.next;
    expect(await refusalOf(app.url, { auth })).toBe('connected');
  });

  it('holds to the number of connections of a user when they come at the same moment', async () => {
    await using app = await appWith({ connectionsPerUser: 3 });
    const sockets = Array.from({ length: 12 }, () =>
      io(app.url, {
        transports: ['websocket'],
        reconnection: false,
        forceNew: true,
        auth: { jira: 2, token: 'user-1' },
      }),
    );
    await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<unknown>((resolve) =>
            socket.once('connect_error', resolve).once('connect', () => resolve(undefined)),
          ),
      ),
    );
    await vi.waitFor(() => expect(sockets.filter(({ connected }) => connected)).toHaveLength(3));
    for (const socket of sockets) socket.close();
  });

  it('refuses more connections and more handshakes of one address; the loopback is no address', async () => {
    await using app = await appWith({ connectionsPerAddress: 2, handshakesPerSecond: 1 }, { clientAddress });
    const tooMany = { code: 'TOO_MANY_CONNECTIONS', status: 429 };
    const outcomes: unknown[] = [];
    for (let n = 0; n < 3; n++) outcomes.push(await refusalOf(app.url, from('192.0.2.1')));
    expect(outcomes).toEqual(['connected', 'connected', tooMany]);
    for (let n = 0; n < 6; n++) outcomes.push(await refusalOf(app.url, from('192.0.2.1')));
    expect(outcomes.slice(3).every((outcome) => outcome !== 'connected')).toBe(true);
    expect(await refusalOf(app.url, from('192.0.2.2'))).toBe('connected');
    for (let n = 0; n < 8; n++) expect(await refusalOf(app.url)).toBe('connected');
  });

  it('ends a handshake whose authentication hangs', async () => {
    class Hanging extends Authentication {
      authenticate(): Promise<null> {
        return new Promise(() => {});
      }
    }
    await using app = await appWith({ handshakeTimeoutMs: 50 }, { authentication: [new Hanging()] });
    expect(await refusalOf(app.url)).toEqual({ code: 'TIMEOUT', status: 504 });
  });

  it('closes a connection that never completes its handshake', async () => {
    await using app = await appWith({ handshakeTimeoutMs: 50 });
    await using silent = await new PlainClient(`${app.url}/socket.io/?EIO=4&transport=websocket`).open();
    await silent.over();
    expect(silent.closed).toBeDefined();
  });

  it('refuses pages of other origins, by WebSocket as by polling, unless cors names them', async () => {
    const page = { extraHeaders: { Origin: 'https://evil.example' } };
    await using closed = await appWith({});
    expect(await refusalOf(closed.url, page)).toEqual({ code: 'PERMISSION_DENIED', status: 403 });
    expect(await refusalOf(closed.url, { extraHeaders: { Origin: closed.url } })).toBe('connected');
    const polled = await fetch(`${closed.url}/socket.io/?EIO=4&transport=polling`, {
      headers: { Origin: 'https://evil.example' },
    });
    expect(polled.headers.get('access-control-allow-origin')).toBeNull();
    await using open = await appWith({}, { socketIo: { cors: { origin: ['https://good.example'] } } });
    expect(await refusalOf(open.url, page)).toEqual({ code: 'PERMISSION_DENIED', status: 403 });
    expect(await refusalOf(open.url, { extraHeaders: { Origin: 'https://good.example' } })).toBe('connected');
  });
});

describe('slow clients', () => {
  it('closes a client that does not read, frees what it was sent, and lets it come back', async () => {
    await using app = await appWith({ bufferedBytes: 200_000 }, { plainWebSockets: [{ path: '/ws' }] });
    await seedTracker(app);
    const closed = closings(app);
    const slow = await slowSocket(app.url, 'user-1');
    const quick = await app.connect(2);
    const state = { isClosed: false };
    void closed.next.then(() => (state.isClosed = true));
    const server = app.get(JiraServer);
    for (let n = 0; n < 3_000 && !state.isClosed; n++) {
      server.emit('news', 'x'.repeat(10_000));
      await new Promise(setImmediate);
    }
    expect(await closed.next).toBe('SLOW_CLIENT');
    expect(await quick.call('issues', 'list', 'GET')).toMatchObject({ status: 200 });
    slow.destroy();
    const back = await app.connect(1);
    expect((await back.subscribe('issues')).channel).toBeTypeOf('string');
  });
});

describe('logs', () => {
  it('never show what a client authenticates with', async () => {
    const written: string[] = [];
    const note = (...parts: unknown[]): void => void written.push(JSON.stringify(parts.map(String)));
    const logs = (['log', 'error', 'warn', 'debug', 'verbose'] as const).map((level) =>
      vi.spyOn(Logger.prototype, level).mockImplementation(note),
    );
    class Broken extends Authentication {
      authenticate(): never {
        throw new Error('the verifier is away');
      }
    }
    try {
      await using app = await appWith({}, { authentication: [new Broken()], plainWebSockets: [{ path: '/ws' }] });
      const auth = { jira: 2, token: 'very-secret-token' };
      expect(await refusalOf(app.url, { auth })).toEqual({ code: 'INTERNAL', status: 500 });
      await new PlainClient(`${app.url}/ws?token=very-secret-token`).open().catch(() => undefined);
    } finally {
      for (const log of logs) log.mockRestore();
    }
    expect(written.join('\n')).toContain('the verifier is away');
    expect(written.join('\n')).not.toContain('very-secret-token');
  });
});
