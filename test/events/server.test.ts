// What an application sends by hand: `JiraServer.send` and `emit`, to clients of either door.

import { describe, expect, it } from 'vitest';
import { Connections, EventContext, EventHandlers, JiraServer, OnMessage } from 'nestjs-jira';
import { zaptoolsFormat } from 'nestjs-jira/formats';
import { createTestApp } from '../support/app.js';
import { PlainClient } from '../support/plain.js';
import { TRACKER } from '../support/tracker.js';

@EventHandlers()
class Handlers {
  @OnMessage('enter') enter({ connection, payload }: EventContext<string>) {
    connection.join(payload);
  }
}

const APP = {
  ...TRACKER,
  providers: [...TRACKER.providers, Handlers],
  options: { plainWebSockets: [{ path: '/ws' }, { path: '/zap', format: zaptoolsFormat }] },
};

describe('JiraServer.send (D7)', () => {
  it('reaches one connection, by either door, and tells whether there is one', async () => {
    await using app = await createTestApp(APP);
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    await using plain = await new PlainClient(`${app.url}/zap?token=user-3`).open();
    const server = app.get(JiraServer);
    const [{ id: plainId }] = app.get(Connections).byUser(3);
    expect(server.send(ada.socket.id ?? '', 'news', { n: 1 })).toBe(true);
    expect(server.send(plainId, 'news', { n: 2 })).toBe(true);
    expect(server.send('nobody', 'news', { n: 3 })).toBe(false);
    server.emit('end', null);
    for (const client of [ada, grace]) await client.until(() => client.frames.some(({ event }) => event === 'end'));
    await plain.until(() => plain.frames.length === 2);
    expect(ada.frames).toEqual([{ event: 'news', frame: { n: 1 } }, { event: 'end', frame: null }]); // prettier-ignore
    expect(grace.frames).toEqual([{ event: 'end', frame: null }]);
    expect(plain.frames[0]).toEqual({ headers: {}, eventName: 'news', payload: { n: 2 } });
    plain.socket.close();
    await expect.poll(() => server.send(plainId, 'news', {})).toBe(false);
  });

  it('puts an event named as a hook into the envelope of a frame, and refuses reserved names', async () => {
    await using app = await createTestApp(APP);
    const ada = await app.connect(1);
    const server = app.get(JiraServer);
    server.send(ada.socket.id ?? '', 'issues', { status: 200, data: 'by hand' });
    server.send(ada.socket.id ?? '', 'issues', 'bare');
    await ada.until(() => ada.frames.length === 2);
    expect(ada.frames.map(({ frame }) => frame)).toEqual([
      { method: 'SUBSCRIPTION', status: 200, data: 'by hand' },
      { method: 'SUBSCRIPTION', status: 200, data: 'bare' },
    ]);
    for (const name of ['disconnect', '$error'])
      expect(() => server.send(ada.socket.id ?? '', name, {})).toThrow(`"${name}" is a reserved event name.`);
  });
});

describe('a room of connections', () => {
  it('has members by both doors, and those who left hear nothing', async () => {
    await using app = await createTestApp(APP);
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    await using plain = await new PlainClient(`${app.url}/ws`).open();
    await using left = await new PlainClient(`${app.url}/ws?token=user-3`).open();
    await ada.socket.emitWithAck('enter', 'lobby');
    for (const client of [plain, left]) {
      client.send({ event: 'enter', data: 'lobby', requestId: 'e' });
      await client.until(() => client.frames.length === 1);
      client.frames.length = 0;
    }
    app.get(Connections).byUser(3)[0].leave('lobby');
    app.get(JiraServer).emit('news', 1, { room: 'lobby' });
    app.get(JiraServer).emit('end', 2);
    const hasEnd = (frames: readonly unknown[]) => () =>
      (frames as { event: string }[]).some(({ event }) => event === 'end');
    for (const client of [ada, grace]) await client.until(hasEnd(client.frames));
    for (const client of [plain, left]) await client.until(hasEnd(client.frames));
    expect(ada.frames.map(({ event }) => event)).toEqual(['news', 'end']);
    expect(grace.frames.map(({ event }) => event)).toEqual(['end']);
    expect(plain.frames).toEqual([{ event: 'news', data: 1 }, { event: 'end', data: 2 }]); // prettier-ignore
    expect(left.frames).toEqual([{ event: 'end', data: 2 }]);
  });
});
