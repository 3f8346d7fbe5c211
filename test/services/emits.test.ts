// What an application emits reaches the clients of every server once, with a cluster adapter of Socket.IO and without.

import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import { expect, it, vi } from 'vitest';
import { EventContext, EventHandlers, JiraServer, OnConnected, OnMessage, type JiraOptions } from 'nestjs-jira';
import { redisCluster } from 'nestjs-jira/redis';
import { createTestApp, type TestApp } from '../support/app.js';
import { clusterAdapter } from '../support/cluster-adapter.js';
import { PlainClient } from '../support/plain.js';
import { describeWith } from '../support/services.js';

@EventHandlers()
class Lobby {
  @OnConnected() enter({ connection }: EventContext) {
    connection.join('lobby');
  }
}

@EventHandlers({ path: '/room/:name' })
class Room {
  @OnConnected() enter({ connection }: EventContext) {
    connection.join('lobby');
  }
  @OnMessage('ready') ready() {
    return null;
  }
}

async function routed({ url }: TestApp): Promise<{ socket: Socket; events: unknown[] }> {
  const socket = io(`${url}/room/blue`, { auth: { jira: 2, token: 'user-1' }, transports: ['websocket'], forceNew: true }); // prettier-ignore
  const events: unknown[] = [];
  socket.onAny((event: string, data: unknown) => events.push([event, data]));
  await socket.emitWithAck('ready', null);
  return { socket, events };
}

describeWith('redis', 'what is emitted at one of two servers', (url) => {
  it.each([
    ['Socket.IO in memory', (): JiraOptions['socketIo'] => ({})],
    ['a cluster adapter of Socket.IO', () => ({ adapter: clusterAdapter() as never })],
  ])('arrives once at every client, with %s', async (_name, socketIoOf) => {
    const prefix = `test:${randomUUID()}:`;
    const socketIo = socketIoOf();
    const start = () =>
      createTestApp({
        entities: [],
        providers: [Lobby, Room],
        options: { socketIo, plainWebSockets: [{ path: '/ws' }], ...redisCluster({ url, prefix }) },
      });
    await using one = await start();
    await using two = await start();
    const clients = [await one.connect(1), await two.connect(1)];
    const rooms = [await routed(one), await routed(two)];
    await using plainOne = await new PlainClient(`${one.url}/ws`).open();
    await using plainTwo = await new PlainClient(`${two.url}/ws`).open();
    const heard = [
      ...clients.map(
        ({ frames }) =>
          () =>
            frames.map(({ event, frame }) => [event, frame]),
      ),
      ...rooms.map(
        ({ events }) =>
          () =>
            events,
      ),
      ...[plainOne, plainTwo].map(
        ({ frames }) =>
          () =>
            (frames as { event: string; data: unknown }[]).map(({ event, data }) => [event, data]),
      ),
    ];
    const server = one.get(JiraServer);
    server.emit('all', { n: 1, at: new Date(0) });
    server.emit('room', Buffer.from('in the lobby').toString(), { room: 'lobby' });
    server.emit('nobody', null, { room: 'empty' });
    server.emit('here', 3, { local: true });
    two.get(JiraServer).emit('there', 4);
    const wanted = [['all', { n: 1, at: '1970-01-01T00:00:00.000Z' }], ['room', 'in the lobby'], ['there', 4]]; // prettier-ignore
    const byName = (events: readonly unknown[]) => events.toSorted((a, b) => String(a).localeCompare(String(b)));
    for (const [i, of] of heard.entries()) {
      const own = i % 2 === 0 ? [...wanted, ['here', 3]] : wanted;
      await vi.waitFor(() => expect(byName(of())).toEqual(byName(own)));
    }
    // What would come twice by the PubSub has come before this does to the last of them, a plain client of the other.
    server.emit('end', 5);
    for (const of of heard) await vi.waitFor(() => expect(of().filter((event) => String(event) === 'end,5')).toHaveLength(1)); // prettier-ignore
    expect(heard.map((of) => of().length)).toEqual([5, 4, 5, 4, 5, 4]);
    for (const { socket } of rooms) socket.disconnect();
  });
});
