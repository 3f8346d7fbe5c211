import { IoAdapter } from '@nestjs/platform-socket.io';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { io, type Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { createTestApp, type TestAppOptions, type TestClient } from '../support/app.js';
import { TRACKER } from '../support/tracker.js';

@WebSocketGateway()
class ChatGateway {
  @SubscribeMessage('chat')
  say(@MessageBody() text: string, @ConnectedSocket() socket: { id: string }) {
    return { text, from: socket.id };
  }
}

@WebSocketGateway({ namespace: 'admin' })
class AdminGateway {
  @SubscribeMessage('ping')
  ping() {
    return 'pong';
  }
}

@WebSocketGateway({ maxHttpBufferSize: 5_000_000 })
class UploadGateway {}

@WebSocketGateway({ path: '/uploads.io', maxHttpBufferSize: 5_000_000 })
class OwnServerGateway {
  @SubscribeMessage('upload')
  upload(@MessageBody() text: string) {
    return text.length;
  }
}

async function connect(url: string, options: object = {}): Promise<Socket> {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, ...options });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
  return socket;
}

// The testing kit's own ping interval would be in the way of a server that another gateway made.
const OPTIONS = { socketIo: { pingInterval: undefined } };

/** Ours is the bound of the frames, whoever made the server. */
async function isRefusedTooLarge({ socket }: TestClient): Promise<void> {
  const tooLarge = new Promise<string>((resolve) => socket.once('disconnect', resolve));
  socket.emit('issues', 'x'.repeat(200_000));
  expect(await tooLarge).toBe('transport close');
}

describe('other gateways of the application', () => {
  it('share our namespace: each event has one answer, from whom it belongs to', async () => {
    await using app = await createTestApp({
      ...TRACKER,
      options: OPTIONS,
      providers: [...TRACKER.providers, ChatGateway],
    });
    const ada = await app.connect(1);
    expect(await ada.socket.timeout(2_000).emitWithAck('chat', 'hello')).toEqual({
      text: 'hello',
      from: ada.socket.id,
    });
    const request = { requestId: 'a', method: 'GET', action: 'list' };
    expect(await ada.socket.timeout(2_000).emitWithAck('chat', request)).toEqual({
      text: request,
      from: ada.socket.id,
    });
    expect(await ada.call('issues', 'list', 'GET')).toMatchObject({ status: 200 });
    expect(await ada.call('nowhere', 'list', 'GET')).toMatchObject({ status: 404 });
    expect(ada.frames).toEqual([]);
    await isRefusedTooLarge(ada);
  });

  it('have a namespace of their own, which our handshake does not guard', async () => {
    await using app = await createTestApp({
      ...TRACKER,
      options: OPTIONS,
      providers: [...TRACKER.providers, AdminGateway],
    });
    const socket = await connect(`${app.url}/admin`, { auth: { token: 'nonsense' } });
    expect(await socket.timeout(2_000).emitWithAck('ping', null)).toBe('pong');
    socket.disconnect();
    const ada = await app.connect(1);
    expect(await ada.call('issues', 'list', 'GET')).toMatchObject({ status: 200 });
  });

  it('have a path, and so a server and options of their own', async () => {
    await using app = await createTestApp({ ...TRACKER, providers: [...TRACKER.providers, OwnServerGateway] });
    const socket = await connect(app.url, { path: '/uploads.io' });
    expect(await socket.timeout(5_000).emitWithAck('upload', 'x'.repeat(1_000_000))).toBe(1_000_000);
    socket.disconnect();
    await isRefusedTooLarge(await app.connect(1));
  });

  it('and an adapter of the application that listens to clients itself hears them', async () => {
    class CountingAdapter extends IoAdapter {
      readonly clients: string[] = [];

      override bindClientConnect(server: { on(event: string, listener: (socket: Socket) => void): void }): void {
        server.on('connection', ({ id }) => this.clients.push(id ?? ''));
      }
    }
    let adapter: CountingAdapter | undefined;
    await using app = await createTestApp({
      ...TRACKER,
      configure: (nest) => nest.useWebSocketAdapter((adapter = new CountingAdapter(nest))),
    });
    const ada = await app.connect(1);
    expect(adapter?.clients).toEqual([ada.socket.id]);
  });

  it('that made the server with other options fail the boot, by name', async () => {
    const bootFault = (extra: Partial<TestAppOptions>): Promise<string> =>
      createTestApp({ ...TRACKER, ...extra }).then(
        async (app) => app.close().then(() => 'none'),
        (error: unknown) => String(error),
      );
    expect(await bootFault({ providers: [...TRACKER.providers, UploadGateway] })).toMatch(
      /JiraModule sets the Socket\.IO option maxHttpBufferSize = 100000, but UploadGateway created the server with 5000000\. Give both the same/,
    );
    class GenerousAdapter extends IoAdapter {
      override createIOServer(port: number, options?: object) {
        return super.createIOServer(port, { ...options, maxHttpBufferSize: 7 } as never) as never;
      }
    }
    const adapted = createTestApp({
      ...TRACKER,
      configure: (app) => app.useWebSocketAdapter(new GenerousAdapter(app)),
    });
    await expect(adapted).rejects.toThrow(/but the app's WebSocket adapter created the server with 7/);
  });
});
