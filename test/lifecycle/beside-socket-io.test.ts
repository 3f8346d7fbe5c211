// What an application does with Socket.IO beside the library.

import { IoAdapter } from '@nestjs/platform-socket.io';
import { AbstractWsAdapter, SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { Adapter } from 'socket.io-adapter';
import type { Server } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { WebSocketServer as WsServer } from 'ws';
import { describe, expect, it } from 'vitest';
import { Action, ActionScope, BaseHook, Hook, JiraServer } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestAppOptions } from '../support/app.js';
import { seedTracker, TRACKER } from '../support/tracker.js';

async function bootWith(extra: Partial<TestAppOptions>): Promise<string> {
  try {
    await using app = await createTestApp({ ...TRACKER, ...extra });
    return app.url.startsWith('http') ? 'booted' : app.url;
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

@WebSocketGateway()
class ChatGateway {
  @WebSocketServer() server: Server;

  @SubscribeMessage('chat') say(): string {
    return 'said';
  }
}

/** As `WsAdapter` of @nestjs/platform-ws: its servers are those of the package `ws`. */
class WsAdapter extends AbstractWsAdapter {
  create(): WsServer {
    return new WsServer({ noServer: true });
  }
  bindMessageHandlers(): void {}
}

describe('options of the Socket.IO server', () => {
  const beside = (socketIo: object): Promise<string> =>
    bootWith({
      options: { socketIo: { pingInterval: undefined, ...socketIo } },
      providers: [...TRACKER.providers, ChatGateway],
    });
  const allowRequest = (_request: unknown, callback: (error: null, isAllowed: boolean) => void): void =>
    callback(null, true);
  class OwnAdapter extends Adapter {}

  it.each<[string, unknown]>([
    ['allowRequest', allowRequest],
    ['cookie', { name: 'io' }],
    ['adapter', OwnAdapter],
    ['parser', { Encoder: Map, Decoder: Map }],
    ['connectTimeout', 1_234],
    ['transports', ['websocket']],
    ['cors', { origin: ['https://app.example'] }],
    ['perMessageDeflate', true],
    ['httpCompression', false],
    ['allowEIO3', true],
    ['serveClient', false],
    ['upgradeTimeout', 7],
    ['allowUpgrades', false],
  ])('that vanish because a gateway made the server first fail the boot: %s', async (name, value) => {
    expect(await beside({ [name]: value })).toMatch(
      new RegExp(
        `^ConfigurationError: JiraModule sets the Socket\\.IO option ${name} = .*but ChatGateway created the server with`,
      ),
    );
  });

  it('that are what the server has anyway are no fault', async () => {
    expect(await beside({ serveClient: undefined, pingTimeout: 20_000, transports: ['polling', 'websocket'] })).toBe(
      'booted',
    );
  });

  it('hold where the server is ours, those that Socket.IO completes included', async () => {
    const socketIo = { cookie: { name: 'io' }, perMessageDeflate: true, allowRequest, adapter: OwnAdapter } as object;
    expect(await bootWith({ options: { socketIo } })).toBe('booted');
  });

  it('may not ask for connectionStateRecovery, here or by another gateway', async () => {
    expect(await bootWith({ options: { socketIo: { connectionStateRecovery: {} } } })).toMatch(
      /^ConfigurationError: JiraModule has the Socket\.IO option "connectionStateRecovery".*Remove it: clients subscribe again/,
    );
    @WebSocketGateway({ connectionStateRecovery: {} })
    class RecoveringGateway {}
    const options = { socketIo: { pingInterval: undefined } };
    expect(await bootWith({ options, providers: [...TRACKER.providers, RecoveringGateway] })).toMatch(
      /^ConfigurationError: JiraModule shares its Socket\.IO server with RecoveringGateway, which has connectionStateRecovery/,
    );
  });
});

describe("a WebSocket adapter that is not Socket.IO's", () => {
  it('is a ConfigurationError, and ends no process', async () => {
    expect(await bootWith({ configure: (app) => app.useWebSocketAdapter(new WsAdapter(app) as never) })).toMatch(
      /^ConfigurationError: JiraModule needs Socket\.IO, but the application uses WsAdapter\. Remove app\.useWebSocketAdapter\(new WsAdapter\(…\)\); plain/,
    );
    expect(await bootWith({ configure: (app) => app.useWebSocketAdapter(new IoAdapter(app)) })).toBe('booted');
  });
});

@Hook('things', { path: '/thing/:id' })
class ThingHook extends BaseHook {
  @Action() look({ params }: ActionScope) {
    return params['id'] as unknown;
  }
}

const BESIDE = {
  ...TRACKER,
  options: { socketIo: { pingInterval: undefined } },
  providers: [...TRACKER.providers, ThingHook, ChatGateway],
};

function connect(url: string): Promise<Socket | { data?: unknown }> {
  const socket = io(url, { auth: { jira: 2, token: 'user-1' }, transports: ['websocket'], reconnection: false, forceNew: true }); // prettier-ignore
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', (error) => {
      socket.disconnect();
      resolve(error as { data?: unknown });
    });
  });
}

describe('namespaces that the application opens by a pattern, after the hooks have paths', () => {
  it('let their clients in; those of the hooks and unknown paths are what they were', async () => {
    await using app = await createTestApp(BESIDE);
    const { server } = app.get(ChatGateway);
    for (const pattern of [/^\/room-\d+$/, /^\/hall-\d+$/])
      server
        .of(pattern)
        .on(
          'connection',
          (socket) => void socket.on('ask', (answer: (text: string) => void) => answer(socket.nsp.name)),
        );
    for (const path of ['/room-1', '/hall-2', '/room-1']) {
      const room = (await connect(`${app.url}${path}`)) as Socket;
      expect(await room.timeout(5_000).emitWithAck('ask')).toBe(path);
      room.disconnect();
    }
    const thing = (await connect(`${app.url}/thing/7`)) as Socket;
    const look = { requestId: 'a', method: 'GET', action: 'look' };
    expect(await thing.timeout(5_000).emitWithAck('things', look)).toMatchObject({ status: 200, data: '7' });
    thing.disconnect();
    for (let round = 0; round < 2; round++)
      expect(await connect(`${app.url}/nowhere`)).toMatchObject({ data: { code: 'UNKNOWN_PATH', status: 404 } });
  });
});

describe('paths that clients ask for', () => {
  it('are not kept once nobody is at them: refused ones, and those of hooks', async () => {
    await using app = await createTestApp(BESIDE);
    const { _nsps: all } = app.get(ChatGateway).server;
    const namespaces = (): string[] => [...all.keys()].filter((name) => name !== '/');
    const stays = (await connect(`${app.url}/thing/0`)) as Socket;
    for (let i = 1; i <= 20; i++) {
      expect(await connect(`${app.url}/nowhere/${i}`)).toMatchObject({ data: { code: 'UNKNOWN_PATH' } });
      ((await connect(`${app.url}/thing/${i}`)) as Socket).disconnect();
    }
    await expect.poll(namespaces).toEqual(['/thing/0']);

    // One leaves while another comes to the same path: who came is reached, by what is sent to all too.
    const look = { requestId: 'a', method: 'GET', action: 'look' };
    for (let i = 0; i < 20; i++) {
      const leaving = (await connect(`${app.url}/thing/again`)) as Socket;
      leaving.disconnect();
      const coming = (await connect(`${app.url}/thing/again`)) as Socket;
      expect(await coming.timeout(20_000).emitWithAck('things', look)).toMatchObject({ data: 'again' });
      const news = new Promise((resolve) => void coming.once('news', resolve));
      app.get(JiraServer).emit('news', i);
      expect(await news).toBe(i);
      coming.disconnect();
    }
    expect(await stays.timeout(20_000).emitWithAck('things', look)).toMatchObject({ data: '0' });
    stays.disconnect();
  });
});

describe('frames that somebody listens to', () => {
  const change = { type: 'added', data: expect.objectContaining({ title: 'told' }) as unknown };

  async function start(): Promise<TestApp> {
    const app = await createTestApp(BESIDE);
    await seedTracker(app);
    return app;
  }

  it('reach onAnyOutgoing, changes included, and the client hears them once', async () => {
    await using app = await start();
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    await ada.subscribe('issues');
    await grace.subscribe('issues');
    const sent: unknown[] = [];
    const { server } = app.get(ChatGateway);
    server.sockets.sockets.get(ada.socket.id ?? '')?.onAnyOutgoing((...args: unknown[]) => sent.push(args));
    await grace.call('issues', 'create', 'POST', { data: { title: 'told', projectId: 1 } });
    await ada.nextChanges('issues', 1);
    app.get(JiraServer).emit('news', 'x');
    await expect
      .poll(() => sent)
      .toEqual([
        ['issues', expect.objectContaining(change)],
        ['news', 'x'],
      ]);
    await grace.nextChanges('issues', 1);
    expect(ada.changes('issues')).toHaveLength(1);
  });

  it('reach packetCreate of the engine, as an admin UI counts them: changes and answers', async () => {
    await using app = await start();
    const { server } = app.get(ChatGateway);
    const packets: string[] = [];
    server.engine.on('connection', (raw: { on(event: string, listener: (packet: { data?: unknown }) => void): void }) =>
      raw.on('packetCreate', ({ data }) => packets.push(String(data))),
    );
    const ada = await app.connect(1);
    await ada.subscribe('issues');
    await ada.call('issues', 'create', 'POST', { data: { title: 'told', projectId: 1 } });
    await ada.nextChanges('issues', 1);
    expect(packets.filter((text) => text.includes('"added"') && text.includes('told'))).toHaveLength(1);
    expect(packets.filter((text) => text.includes('"status":201'))).toHaveLength(1);
  });
});
