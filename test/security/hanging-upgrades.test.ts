// Upgrades that are nobody's: answered and ended at once, and a shutdown does not wait for them.

import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.js';
import { freePort } from '../support/free-port.js';
import { PlainClient } from '../support/plain.js';
import { TRACKER } from '../support/tracker.js';

/** Asks for an upgrade, and never ends its own side. */
function upgrade(url: string, path: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port), allowHalfOpen: true });
  const lines = [`GET ${path} HTTP/1.1`, `Host: ${hostname}`, 'Connection: Upgrade', 'Upgrade: websocket'];
  const key = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
  socket.write([...lines, ...key, '', ''].join('\r\n'));
  return new Promise((resolve) => socket.once('connect', () => resolve(socket)));
}

async function answerTo(url: string, path: string): Promise<string> {
  const socket = await upgrade(url, path);
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
  socket.on('error', () => {});
  await once(socket, 'end');
  socket.destroy();
  return answer.split('\r\n', 1)[0] ?? '';
}

const NOBODYS = ['/socket.io', '/socket.ioX', '/socket.io?EIO=4&transport=websocket', '/', '/elsewhere', '//x', '*'];

describe("an upgrade to a URL that is nobody's", () => {
  it.each(NOBODYS)('is answered and ended: %s', async (path) => {
    await using app = await createTestApp(TRACKER);
    expect(await answerTo(app.url, path)).toBe('HTTP/1.1 404 Not Found');
    expect(await (await app.connect(1)).call('issues', 'list', 'GET')).toMatchObject({ status: 200 });
  });

  it('is answered beside plain WebSockets as unknown paths are', async () => {
    await using app = await createTestApp({ ...TRACKER, options: { plainWebSockets: [{ path: '/ws' }] } });
    for (const path of ['/socket.io', '/socket.ioX', '/wsX']) {
      await using client = new PlainClient(`${app.url}${path}`);
      await client.over();
      expect(client.closed).toEqual({ code: 4040, reason: 'not found' });
    }
  });

  it('is ended on a port of our own, whatever its path', async () => {
    const port = await freePort();
    await using app = await createTestApp({ ...TRACKER, options: { socketIo: { port } } });
    const url = `http://127.0.0.1:${port}`;
    for (const path of NOBODYS) expect(await answerTo(url, path)).toBe('');
    expect(await answerTo(url, '/socket.io/?EIO=4&transport=websocket')).toBe('HTTP/1.1 101 Switching Protocols');
    expect(app.url).not.toBe(url);
  });

  it('holds no shutdown, though many clients never end their side', async () => {
    const app = await createTestApp(TRACKER);
    const sockets = await Promise.all(Array.from({ length: 50 }, (_, i) => upgrade(app.url, NOBODYS[i % 3] ?? '/')));
    for (const socket of sockets) socket.on('error', () => {}).resume();
    // It would wait for them for ever.
    await expect(app.close()).resolves.toBeUndefined();
    for (const socket of sockets) socket.destroy();
  });
});

describe("a plain WebSocket whose path begins like Socket.IO's", () => {
  it('is answered', async () => {
    const options = { socketIo: { path: '/ws' }, plainWebSockets: [{ path: '/ws-plain' }, { path: '/ws' }] };
    await using app = await createTestApp({ ...TRACKER, options });
    for (const path of ['/ws-plain', '/ws']) {
      await using client = await new PlainClient(`${app.url}${path}?token=user-1`).open();
      client.send({ event: 'issues', data: { requestId: 'a', method: 'GET', action: 'list' } });
      expect(await client.find(() => true)).toMatchObject({ data: { status: 200, requestId: 'a' } });
    }
  });
});
