import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EventContext, EventHandlers, OnMessage } from 'nestjs-jira';
import { xraptorFormat, zaptoolsFormat } from 'nestjs-jira/formats';
import { createTestApp } from '../support/app.js';
import { fencesOf } from '../support/markdown.js';
import { runPython } from '../support/plain.js';
import { describeWith } from '../support/services.js';
import { seedTracker, TRACKER } from '../support/tracker.js';

@EventHandlers()
class Handlers {
  @OnMessage('hello') hello({ payload, connection }: EventContext) {
    connection.send('hello', payload);
    return payload;
  }
}

/** Connects, sends the given texts (`wait`: first take a frame), and prints what comes back until `count` frames have come. */
const TALK = `
import asyncio, json, sys, aiohttp
async def main(url, count, *texts):
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as ws:
            async def take():
                print((await asyncio.wait_for(ws.receive(), 10)).data, flush=True)
            for text in texts:
                await (take() if text == "wait" else ws.send_str(text))
            for _ in range(int(count) - texts.count("wait")):
                await take()
asyncio.run(main(*sys.argv[1:]))
`;

/** A WebSocket client of nothing but the standard library: what a microcontroller would do. */
const BARE = `
import base64, json, os, socket, struct, sys
host, port, path, text = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4].encode()
s = socket.create_connection((host, port))
key = base64.b64encode(os.urandom(16)).decode()
s.sendall(f"GET {path} HTTP/1.1\\r\\nHost: {host}:{port}\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Key: {key}\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n".encode())
f = s.makefile("rb")
print(f.readline().decode().split()[1])
while f.readline() != b"\\r\\n":
    pass
mask = os.urandom(4)
s.sendall(struct.pack("!BB", 0x81, 0x80 | len(text)) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(text)))
first, length = f.read(2)
length = struct.unpack("!H", f.read(2))[0] if length == 126 else length
print(f.read(length).decode())
`;

describeWith('python', 'a plain WebSocket client in Python', (python) => {
  it('of thirty lines, as docs/languages.md shows it, calls and subscribes', async () => {
    await using app = await createTestApp({ ...TRACKER, options: { plainWebSockets: [{ path: '/ws' }] } });
    await seedTracker(app);
    const guide = readFileSync(join(import.meta.dirname, '../../docs/languages.md'), 'utf8');
    const [program = ''] = fencesOf(guide).flatMap(({ language, text }) => (language === 'python' ? [text] : []));
    expect(program).toContain('http://localhost:3000/ws?token=demo-ada');
    const lines = await runPython(
      python,
      program.replace('http://localhost:3000/ws?token=demo-ada', `${app.url}/ws?token=user-1`),
    );
    expect(lines[0]).toMatch(/^channel \S+$/);
    expect(lines.join('\n')).toMatch(/^created 201 .*'title': 'Ship it'/m);
  });

  it('subscribes to a hook and sees the change it makes', async () => {
    await using app = await createTestApp({ ...TRACKER, options: { plainWebSockets: [{ path: '/ws' }] } });
    await seedTracker(app);
    const url = `${app.url}/ws?token=user-1`;
    const subscribe = { requestId: 's', method: 'SUBSCRIPTION', action: 'subscribe' };
    const create = { requestId: 'c', method: 'POST', action: 'create', data: { title: 'Py', projectId: 1 } };
    const [first, second] = [subscribe, create].map((data) => JSON.stringify({ event: 'issues', data }));
    const lines = await runPython(python, TALK, url, '3', first, 'wait', second);
    const frames = lines.map((line) => JSON.parse(line) as { event: string; data: object });
    expect(frames).toHaveLength(3);
    expect(frames[0]).toMatchObject({ event: 'issues', data: { requestId: 's', status: 200 } });
    expect(frames.slice(1)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ data: expect.objectContaining({ requestId: 'c', status: 201 }) }),
        expect.objectContaining({ data: expect.objectContaining({ type: 'added' }) }),
      ]),
    );
  });

  it('speaks the dialects of zaptools and x-raptor', async () => {
    const plainWebSockets = [
      { path: '/zap', format: zaptoolsFormat },
      { path: '/xr', format: xraptorFormat },
    ];
    await using app = await createTestApp({ entities: [], providers: [Handlers], options: { plainWebSockets } });
    const zap = JSON.stringify({ headers: {}, eventName: 'hello', payload: 'Hi' });
    expect(await runPython(python, TALK, `${app.url}/zap`, '1', zap)).toEqual([
      '{"headers":{},"eventName":"hello","payload":"Hi"}',
    ]);
    const xr = JSON.stringify({ request_id: '1', payload: '{"a": 1}', header: {}, route: 'hello', method: 'POST' });
    const lines = await runPython(python, TALK, `${app.url}/xr`, '2', xr);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual({
      request_id: '1',
      payload: '{"a":1}',
      header: {},
      method: 'POST',
    });
  });

  it('of the standard library alone is enough', async () => {
    await using app = await createTestApp({
      entities: [],
      providers: [Handlers],
      options: { plainWebSockets: [{ path: '/ws' }] },
    });
    const { hostname, port } = new URL(app.url);
    const lines = await runPython(python, BARE, hostname, port, '/ws', '{"event":"hello","data":42}');
    expect(lines).toEqual(['101', '{"event":"hello","data":42}']);
  });
});
