import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, Min } from 'class-validator';
import { io, Manager, type Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import {
  Action,
  ActionScope,
  BaseHook,
  EventContext,
  EventHandlers,
  Hook,
  JiraServer,
  OnMessage,
  WebSocketRoute,
  type HandshakeRefusal,
  type Params,
  type RouteContext,
} from 'nestjs-jira';
import { zaptoolsFormat } from 'nestjs-jira/formats';
import { createTestApp, type TestAppOptions } from '../support/app.js';
import { PlainClient } from '../support/plain.js';
import { IssueHook, seedTracker, TRACKER } from '../support/tracker.js';

class ThingParams {
  @Type(() => Number) @IsInt() @Min(1) id: number;
}

@Hook('things', { path: '/thing/:id', params: ThingParams })
class ThingHook extends BaseHook {
  @Action()
  look(scope: ActionScope<unknown, object, ThingParams>) {
    const next: number = scope.params.id + 1;
    scope.connection.join(`thing-${scope.params.id}`);
    return { id: scope.params.id, next, path: scope.path };
  }
}

@Hook('doors', { path: '/door/:name' })
class DoorHook extends BaseHook {
  @Action() name({ params }: ActionScope) {
    return params['name'] as unknown;
  }

  override async processHandshake(request: IncomingMessage, { name }: Params): Promise<HandshakeRefusal | null> {
    await Promise.resolve();
    if (name === 'open') return null;
    const body = `${name} is closed to ${String(request.headers['x-who'] ?? 'you')}\n`;
    return { status: 423, headers: { 'X-Door': String(name) }, body };
  }
}

@EventHandlers({ path: '/chat/:room' })
class ChatHandlers {
  @OnMessage('say') say({ payload, params, connection }: EventContext) {
    connection.send('said', { room: params['room'] as unknown, payload });
  }
}

@EventHandlers()
class RootHandlers {
  @OnMessage('say') say({ connection }: EventContext) {
    connection.send('said', 'at the root');
  }
}

@Injectable()
class Raw {
  @WebSocketRoute('/echo/:id')
  echo(socket: WebSocket, { path, params, connection }: RouteContext) {
    socket.send(JSON.stringify({ path, params, user: (connection.user as { id: number } | null)?.id ?? null }));
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  }

  @WebSocketRoute('/broken')
  async broken() {
    await Promise.resolve();
    throw new Error('secret');
  }
}

const APP: TestAppOptions = {
  ...TRACKER,
  providers: [...TRACKER.providers, ThingHook, DoorHook, ChatHandlers, RootHandlers, Raw],
};

async function connect(url: string, auth: object = { jira: 2 }): Promise<Socket> {
  const socket = io(url, { auth, transports: ['websocket'], reconnection: false, forceNew: true });
  await new Promise<void>((resolve, reject) => {
    socket.on('connect', resolve);
    socket.on('connect_error', (error) => {
      socket.disconnect();
      reject(error);
    });
  });
  return socket;
}

function ask(socket: Socket, event: string, action: string): Promise<unknown> {
  return socket.timeout(5_000).emitWithAck(event, { requestId: 'r', method: 'GET', action }) as Promise<unknown>;
}

describe('a hook with a path', () => {
  it('is a Socket.IO namespace, with parameters typed and validated', async () => {
    await using app = await createTestApp(APP);
    const socket = await connect(`${app.url}/thing/7`);
    expect(await ask(socket, 'things', 'look')).toMatchObject({
      status: 200,
      data: { id: 7, next: 8, path: '/thing/7' },
    });
    // One path, one set of hooks.
    expect(await ask(socket, 'issues', 'list')).toMatchObject({ status: 404, data: { code: 'UNKNOWN_NAMESPACE' } });
    const news = once(socket as never, 'news');
    app.get(JiraServer).emit('news', 1, { room: 'thing-7' });
    expect(await news).toEqual([1]);
    socket.disconnect();
  });

  it('shares a connection with others: who is left hears why it ends', async () => {
    await using app = await createTestApp(APP);
    const manager = new Manager(app.url, { transports: ['websocket'], reconnection: false });
    const stays = manager.socket('/thing/1', { auth: { jira: 2 } });
    await once(stays as never, 'connect');
    const leaves = manager.socket('/thing/2', { auth: { jira: 2 } });
    await once(leaves as never, 'connect');
    leaves.disconnect();
    const told = once(stays as never, '$disconnect');
    stays.emit('things', 'x'.repeat(200_000));
    expect(await told).toEqual([{ code: 'FRAME_TOO_LARGE', status: 413 }]);
  });

  it('is a URL of plain WebSockets', async () => {
    await using app = await createTestApp(APP);
    await using plain = await new PlainClient(`${app.url}/thing/7?x=1`).open();
    plain.send({ event: 'things', data: { requestId: 'r', method: 'GET', action: 'look' } });
    expect(await plain.find(() => true)).toMatchObject({ data: { data: { id: 7, next: 8, path: '/thing/7' } } });
    plain.send({ event: 'news' });
    app.get(JiraServer).emit('news', 1, { room: 'thing-7' });
    await plain.find<{ event: string }>(({ event }) => event === 'news');
  });

  it('is not reached from elsewhere', async () => {
    await using app = await createTestApp(APP);
    const ada = await app.connect(1);
    expect(await ada.call('things', 'look', 'GET')).toMatchObject({ status: 404 });
  });

  it('announces changes to its subscribers, as any', async () => {
    @Hook('routed', { path: '/project/:name' })
    class RoutedHook extends IssueHook {}
    await using app = await createTestApp({ ...TRACKER, providers: [...TRACKER.providers, RoutedHook] });
    await seedTracker(app);
    const a = await connect(`${app.url}/project/a`, { jira: 2, token: 'user-1' });
    const b = await connect(`${app.url}/project/b`, { jira: 2, token: 'user-1' });
    await using plain = await new PlainClient(`${app.url}/project/c?token=user-1`).open();
    const heard = [a, b].map((socket) => once(socket as never, 'routed'));
    const subscribe = { requestId: 's', method: 'SUBSCRIPTION', action: 'subscribe' };
    for (const socket of [a, b])
      expect(await socket.timeout(5_000).emitWithAck('routed', subscribe)).toMatchObject({ status: 200 });
    plain.send({ event: 'routed', data: subscribe });
    await plain.find(() => true);
    const ada = await app.connect(1);
    await ada.call('issues', 'create', 'POST', { data: { title: 'x', projectId: 1 } });
    for (const one of heard) expect((await one)[0]).toMatchObject({ type: 'added', data: { title: 'x' } });
    await plain.find<{ data: { type?: string } }>(({ data }) => data.type === 'added');
    a.disconnect();
    b.disconnect();
  });
});

describe('a path where nothing is', () => {
  it.each(['/nothing', '/thing/seven', '/thing/0', '/thing/7/more', '/thing/%E0%A4%A'])(
    '%s is refused with a code by Socket.IO, closed with 4040 as a plain WebSocket',
    async (path) => {
      await using app = await createTestApp(APP);
      await expect(connect(`${app.url}${path}`)).rejects.toMatchObject({ data: { code: 'UNKNOWN_PATH', status: 404 } });
      await using plain = new PlainClient(`${app.url}${path}`);
      await plain.over();
      expect(plain.closed).toEqual({ code: 4040, reason: 'not found' });
    },
  );

  it('is answered by HTTP 404 before the upgrade with rejectAtHandshake', async () => {
    const plainWebSockets = [{ path: '/ws', rejectAtHandshake: true }];
    await using app = await createTestApp({ ...APP, options: { plainWebSockets } });
    for (const path of ['/nothing', '/thing/seven']) {
      await using plain = new PlainClient(`${app.url}${path}`);
      await plain.over();
      expect(plain.refused).toMatchObject({ status: 404, body: 'not found\n' });
    }
  });

  it('is left to another listener of the same server', async () => {
    await using app = await createTestApp({
      ...APP,
      configure: (nest) => {
        const server = nest.getHttpServer() as Server;
        server.on('upgrade', (request: IncomingMessage, socket: NodeJS.WritableStream) => {
          if (request.url === '/other') socket.end('HTTP/1.1 418 Mine\r\nContent-Length: 0\r\n\r\n');
        });
      },
    });
    await using plain = new PlainClient(`${app.url}/other`);
    await plain.over();
    expect(plain.refused).toMatchObject({ status: 418 });
  });

  it('holds no namespace in memory, however many are tried', async () => {
    await using app = await createTestApp(APP);
    for (let i = 0; i < 5; i++) await connect(`${app.url}/guess/${i}`).catch(() => {});
    const names = [...namespacesOf(app.get(JiraServer))];
    expect(names.filter((name) => name.startsWith('/guess'))).toEqual([]);
  });
});

/** The names of the Socket.IO namespaces a server holds. */
function namespacesOf(server: JiraServer): Iterable<string> {
  const { sink } = server as unknown as { sink: { socketIo: { server: { server: { _nsps: Map<string, unknown> } } } } };
  // oxlint-disable-next-line no-underscore-dangle -- Socket.IO lists its namespaces nowhere else
  return sink.socketIo.server.server._nsps.keys();
}

describe('processHandshake', () => {
  it('refuses a plain WebSocket with status, headers and body, and lets others in', async () => {
    await using app = await createTestApp(APP);
    await using refused = new PlainClient(`${app.url}/door/red`, { headers: { 'x-who': 'Ada' } });
    await refused.over();
    expect(refused.refused).toMatchObject({
      status: 423,
      body: 'red is closed to Ada\n',
      headers: { 'x-door': 'red' },
    });
    await using open = await new PlainClient(`${app.url}/door/open`).open();
    open.send({ event: 'doors', data: { requestId: 'r', method: 'GET', action: 'name' } });
    expect(await open.find(() => true)).toMatchObject({ data: { status: 200, data: 'open' } });
  });

  it('refuses over Socket.IO with its status and a code', async () => {
    await using app = await createTestApp(APP);
    await expect(connect(`${app.url}/door/red`)).rejects.toMatchObject({
      message: 'red is closed to you\n',
      data: { code: 'BAD_REQUEST', status: 423 },
    });
    (await connect(`${app.url}/door/open`)).disconnect();
  });

  it('is asked of raw handlers and event handlers too, by each URL of theirs', async () => {
    @Injectable()
    class Guarded {
      processHandshake(_request: IncomingMessage, { id }: Params): HandshakeRefusal | null {
        return id === '123' ? null : { status: 404, body: `thing '${String(id)}' not found\n` };
      }
      @WebSocketRoute('/raw/:id') detail(socket: WebSocket, { params }: RouteContext) {
        socket.send(String(params['id']));
      }
    }
    @EventHandlers({ path: '/closed' })
    class Closed {
      processHandshake(): Promise<HandshakeRefusal> {
        return Promise.resolve({ status: 410, body: 'gone\n' });
      }
      @OnMessage('knock') knock() {}
    }
    await using app = await createTestApp({ entities: [], providers: [Guarded, Closed] });
    await using there = await new PlainClient(`${app.url}/raw/123`).open();
    await there.until(() => there.frames.length === 1);
    expect(there.frames).toEqual([123]);
    await using missing = new PlainClient(`${app.url}/raw/7`);
    await using closed = new PlainClient(`${app.url}/closed`);
    await Promise.all([missing.over(), closed.over()]);
    expect(missing.refused).toMatchObject({ status: 404, body: "thing '7' not found\n" });
    expect(closed.refused).toMatchObject({ status: 410, body: 'gone\n' });
    await expect(connect(`${app.url}/closed`)).rejects.toMatchObject({ message: 'gone\n', data: { status: 410 } });
  });

  it('without a path is a mistake told at boot', async () => {
    @Hook('pathless')
    class Pathless extends BaseHook {
      override processHandshake() {
        return null;
      }
    }
    @EventHandlers()
    class Handlers {
      processHandshake() {}
      @OnMessage('knock') knock() {}
    }
    for (const provider of [Pathless, Handlers]) {
      const boot = createTestApp({ entities: [], providers: [provider] });
      await expect(boot).rejects.toThrow(`${provider.name} has processHandshake(), but no path of its own`);
    }
  });
});

describe('event handlers with a path', () => {
  it('have a book of their own, in a format of their own', async () => {
    const plainWebSockets = [{ path: '/ws' }, { path: '/chat/:room', format: zaptoolsFormat }];
    await using app = await createTestApp({ ...APP, options: { plainWebSockets } });
    await using chat = await new PlainClient(`${app.url}/chat/blue`).open();
    chat.send({ eventName: 'say', payload: 'hi' });
    expect(await chat.find(() => true)).toEqual({
      headers: {},
      eventName: 'said',
      payload: { room: 'blue', payload: 'hi' },
    });
    await using root = await new PlainClient(`${app.url}/ws`).open();
    root.send({ event: 'say', data: 'hi' });
    expect(await root.find(() => true)).toEqual({ event: 'said', data: 'at the root' });
  });
});

describe('a raw handler', () => {
  it('owns text and binary frames of its URL, behind the same authentication', async () => {
    await using app = await createTestApp(APP);
    await using raw = await new PlainClient(`${app.url}/echo/a%20b?token=user-3`).open();
    raw.socket.send('{ not json');
    raw.socket.send(Buffer.from([0, 255, 7]));
    await raw.until(() => raw.frames.length === 3);
    expect(raw.frames).toEqual([
      { path: '/echo/a%20b', params: { id: 'a b' }, user: 3 },
      '{ not json',
      Buffer.from([0, 255, 7]),
    ]);
    await using expired = new PlainClient(`${app.url}/echo/1?token=expired`);
    await expired.over();
    expect(expired.refused).toMatchObject({ status: 401 });
  });

  it('that fails closes its connection with 1011 and tells nothing', async () => {
    await using app = await createTestApp(APP);
    await using raw = new PlainClient(`${app.url}/broken`);
    await raw.over();
    expect(raw.closed).toEqual({ code: 1011, reason: '' });
  });

  it('is sent nothing of ours, at a shutdown neither', async () => {
    const app = await createTestApp(APP);
    await using raw = await new PlainClient(`${app.url}/echo/1`).open();
    await raw.until(() => raw.frames.length === 1);
    await app.close();
    await raw.over();
    expect(raw.frames).toHaveLength(1);
    expect(raw.closed?.code).toBe(1012);
  });

  it('is not reached by Socket.IO', async () => {
    await using app = await createTestApp(APP);
    await expect(connect(`${app.url}/echo/1`)).rejects.toMatchObject({ data: { code: 'UNKNOWN_PATH' } });
  });

  it.each([
    ['a path that is none', 'thing', /Wrong\.handle\(\) has the path "thing": it must begin with "\/"/],
    ['the path of a hook', '/thing/:id', /has the same path as .*: "\/thing\/:id"/],
  ])('with %s fails at boot', async (_what, path, message) => {
    @Injectable()
    class Wrong {
      @WebSocketRoute(path) handle() {
        return null;
      }
    }
    await expect(createTestApp({ entities: [], providers: [ThingHook, Wrong] })).rejects.toThrow(message);
  });
});
