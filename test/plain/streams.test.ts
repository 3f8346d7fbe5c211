// Many answers to one request over plain WebSockets: how they are ended, and who waits for whom.

import { once } from 'node:events';
import { expect, it, describe, vi } from 'vitest';
import { Action, ActionScope, BaseHook, Broadcast, EventContext, EventHandlers, Hook, OnMessage } from 'nestjs-jira';
import { xraptorFormat } from 'nestjs-jira/formats';
import { createTestApp } from '../support/app.js';
import { PlainClient } from '../support/plain.js';

const ITEM_BYTES = 10_000;
let pulled = 0;
let open = 0;

@Hook('ticks')
class TickHook extends BaseHook {
  @Action({ methods: ['SUBSCRIPTION', 'GET'] })
  async *watch({ data }: ActionScope<{ count?: number } | undefined>) {
    open++;
    try {
      for (pulled = 0; pulled < (data?.count ?? Infinity); pulled++) {
        yield { n: pulled, filler: 'x'.repeat(data?.count ? ITEM_BYTES : 1) };
        if (!data?.count) await new Promise((resolve) => setTimeout(resolve, 1));
      }
    } finally {
      open--;
    }
  }
}

@EventHandlers()
class Rooms {
  constructor(private readonly broadcast: Broadcast) {}

  @OnMessage('/room') async room(context: EventContext<{ id: string }>) {
    const room = this.broadcast.room(context.payload.id);
    if (context.action !== 'unsubscribe') return void (await room.add(context));
    return { left: await room.remove(context), size: await room.size() };
  }
}

interface Frame {
  readonly event: string;
  readonly data: { readonly requestId: string; readonly status: number; readonly data: { n: number } };
}
interface Response {
  readonly request_id: string;
  readonly method: string;
  readonly payload: string;
}

const start = () =>
  createTestApp({
    entities: [],
    providers: [TickHook, Rooms],
    options: { plainWebSockets: [{ path: '/ws' }, { path: '/xr', format: xraptorFormat }] },
  });

function send(client: PlainClient, request_id: string, method: string, route: string, payload: unknown): void {
  client.send({ request_id, method, route, header: {}, payload: JSON.stringify(payload) });
}

const answersOf = (client: PlainClient, id: string) =>
  (client.frames as Response[]).filter(({ request_id }) => request_id === id);

describe('a stream over a plain WebSocket', () => {
  it('is pulled as fast as its client reads, and ends with 200', async () => {
    await using app = await start();
    await using client = await new PlainClient(`${app.url}/ws`).open();
    const { socket } = client;
    socket.pause();
    const count = 3_000;
    socket.send(JSON.stringify({ event: 'ticks', data: { requestId: 't', method: 'GET', action: 'watch', data: { count } } })); // prettier-ignore
    // The buffers of both ends of the connection take some megabytes; then the source waits.
    let before = -1;
    await vi.waitUntil(() => pulled > 0 && pulled === before || void (before = pulled), { interval: 200 }); // prettier-ignore
    expect(pulled).toBeLessThan(count);
    socket.resume();
    await client.find<Frame>(({ data }) => data.status === 200);
    const items = (client.frames as Frame[]).slice(0, -1).map(({ data }) => [data.requestId, data.status, data.data.n]);
    expect(items).toEqual(Array.from({ length: count }, (_, n) => ['t', 206, n]));
    expect(open).toBe(0);
  });

  it('is ended by UNSUB with its id in the format of x-raptor, without an answer; the id is free again', async () => {
    await using app = await start();
    await using client = await new PlainClient(`${app.url}/xr`).open();
    for (let round = 0; round < 2; round++) {
      client.frames.length = 0;
      send(client, 's', 'SUB', 'ticks/watch', {});
      await client.until(() => answersOf(client, 's').length >= 2);
      expect(JSON.parse(answersOf(client, 's')[0].payload)).toEqual({ n: 0, filler: 'x' });
      send(client, 's', 'UNSUB', 'ticks/watch', {});
      await vi.waitUntil(() => open === 0);
      send(client, 'end', 'GET', 'nobody', {});
      await client.find<Response>(({ request_id }) => request_id === 'end');
      expect(new Set(answersOf(client, 's').map(({ method }) => method))).toEqual(new Set(['SUB']));
    }
  });

  it('is ended by its connection', async () => {
    await using app = await start();
    await using client = await new PlainClient(`${app.url}/ws`).open();
    client.send({ event: 'ticks', data: { requestId: 't', method: 'GET', action: 'watch' } });
    await client.find<Frame>(({ data }) => data.status === 206);
    const closed = once(client.socket, 'close');
    client.socket.close();
    await closed;
    await expect.poll(() => open).toBe(0);
  });
});

describe('a SUB of x-raptor on an event', () => {
  it('joins a room, gets its posts under its id, and UNSUB runs the handler under the same id', async () => {
    await using app = await start();
    await using client = await new PlainClient(`${app.url}/xr`).open();
    const room = app.get(Broadcast).room('lobby');
    send(client, 's', 'SUB', '/room', { id: 'lobby' });
    await vi.waitUntil(async () => (await room.size()) === 1);
    await room.post({ text: 'one', channel: 'of theirs' });
    await client.until(() => answersOf(client, 's').length === 1);
    expect(answersOf(client, 's')[0]).toEqual({
      request_id: 's',
      method: 'SUB',
      header: {},
      payload: '{"text":"one","channel":"of theirs"}',
    });
    send(client, 's', 'UNSUB', '/room', { id: 'lobby' });
    await client.until(() => answersOf(client, 's').length === 2);
    expect(answersOf(client, 's')[1]).toMatchObject({ method: 'UNSUB', payload: '{"left":true,"size":0}' });
  });
});
