import { BadRequestException, ConflictException, HttpException, NotFoundException } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import { Action, ActionScope, BaseHook, Hook, JiraServer } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { seedTracker, TRACKER } from '../support/tracker.js';
import { DjiraClient } from './djira-client.js';

@Hook('statuses')
class StatusHook extends BaseHook {
  @Action({ methods: ['POST'] })
  raise({ data }: ActionScope<{ status: number }>) {
    const { status } = data;
    if (status === 400) throw new BadRequestException('bad');
    if (status === 404) throw new NotFoundException();
    if (status === 409) throw new ConflictException();
    if (status === 500) throw new Error('secret');
    throw new HttpException('as it is', status);
  }

  @Action()
  extra({ extra }: ActionScope) {
    return extra;
  }

  @Action()
  async *count() {
    yield 1;
    yield 2;
    await Promise.resolve();
    yield 3;
  }
}

const APP = { ...TRACKER, providers: [...TRACKER.providers, StatusHook] };

describe('a djira client, unmodified (A28)', () => {
  it('creates, lists, retrieves, updates and destroys', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    using ada = await DjiraClient.connect(app.url, 'user-1');
    const data = { title: 'a', projectId: 1 };
    expect(await ada.request('issues', 'create', { method: 'POST', data })).toMatchObject({ status: 201, data: { id: 1, title: 'a' } }); // prettier-ignore
    expect(await ada.request('issues', 'list')).toMatchObject({ status: 200, data: { count: 1, next_page: null, previous_page: null } }); // prettier-ignore
    expect(await ada.request('issues', 'retrieve', { query: { pk: 1 } })).toMatchObject({
      status: 200,
      data: { id: 1 },
    });
    const change = { method: 'PATCH', query: { pk: 1 }, data: { status: 'done' } };
    expect(await ada.request('issues', 'update', change)).toMatchObject({ status: 200, data: { status: 'done' } });
    expect(await ada.request('issues', 'destroy', { method: 'DELETE', query: { pk: 1 } })).toEqual({ status: 204, data: null }); // prettier-ignore
    expect(ada.errors).toEqual([]);
  });

  it('is refused by status, with code, message and errors that it does not read', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    using ada = await DjiraClient.connect(app.url, 'user-1');
    const refusal = (...request: Parameters<DjiraClient['request']>) =>
      ada.request(...request).catch((error: unknown) => error as { status: number; data: unknown });
    for (const status of [400, 404, 409, 418, 429, 500, 503]) {
      const refused = await refusal('statuses', 'raise', { method: 'POST', data: { status } });
      expect(refused).toMatchObject({ status, data: { code: expect.any(String), message: expect.any(String) } });
      expect(JSON.stringify(refused.data)).not.toContain('secret');
    }
    expect(await refusal('issues', 'create', { method: 'POST', data: {} })).toMatchObject({
      status: 400,
      data: { code: 'VALIDATION_FAILED', errors: { title: expect.any(Array) } },
    });
    expect(await refusal('issues', 'nothing')).toMatchObject({ status: 404 });
    expect(await refusal('issues', 'list', { method: 'DELETE' })).toMatchObject({ status: 405 });
    expect(await refusal('nowhere', 'list')).toMatchObject({ status: 404, data: { code: 'UNKNOWN_NAMESPACE' } });
    expect(ada.errors).toEqual([]);
  });

  it('hears changes under the id of its subscription, as often as its own fault makes it, until it unsubscribes', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    using ada = await DjiraClient.connect(app.url, 'user-1');
    using grace = await DjiraClient.connect(app.url, 'user-2');
    const seen: unknown[] = [];
    await grace.request('issues', 'list');
    await grace.request('issues', 'list');
    const listeners = 3; // two lists and the subscription itself
    const { requestId, unsubscribe } = await grace.subscribe('issues', (_data, frame) => seen.push(frame));

    await ada.request('issues', 'create', { method: 'POST', data: { title: 'a', projectId: 1 } });
    await vi.waitFor(() => expect(seen).toHaveLength(listeners));
    const row = { id: 1, title: 'a', status: 'open', projectId: 1 };
    const head = { method: 'SUBSCRIPTION', action: 'subscribe', status: 200, requestId };
    expect(seen).toEqual(Array.from({ length: listeners }, () => ({ ...head, type: 'added', data: row })));

    seen.length = 0;
    await ada.request('issues', 'update', { method: 'PATCH', query: { pk: 1 }, data: { projectId: 2 } });
    await vi.waitFor(() => expect(seen).toHaveLength(listeners));
    expect(seen[0]).toEqual({ ...head, type: 'removed', data: { pk: 1 } });

    // Its unsubscribe has an id of its own: this socket's subscriptions on the hook end, and nobody else's.
    const others: unknown[] = [];
    await ada.subscribe('issues', (data) => others.push(data));
    expect(await unsubscribe()).toMatchObject({ status: 200 });
    seen.length = 0;
    await ada.request('issues', 'update', { method: 'PATCH', query: { pk: 1 }, data: { projectId: 1 } });
    await vi.waitFor(() => expect(others.length).toBeGreaterThan(0));
    await grace.request('issues', 'list');
    expect(seen).toEqual([]);
    expect([...ada.errors, ...grace.errors]).toEqual([]);
  });

  it('ends the subscription of the client for Dart, which sends DELETE under the id of the subscribe', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    using ada = await DjiraClient.connect(app.url, 'user-1');
    const { socket } = ada;
    const heard: Record<string, unknown>[] = [];
    socket.on('issues', (frame: Record<string, unknown>) => heard.push(frame));
    const send = (method: string, action: string, requestId: string) => {
      // Dart sends what it was not given as null.
      socket.emit('issues', { method, action, requestId, data: null, query: null });
      return vi.waitFor(() => {
        const answer = heard.find((frame) => frame['method'] === method && frame['requestId'] === requestId);
        expect(answer).toBeDefined();
        return answer;
      });
    };
    await send('POST', 'subscribe', 'one');
    await send('POST', 'subscribe', 'two');
    expect(await send('DELETE', 'unsubscribe', 'one')).toMatchObject({
      status: 200,
      action: 'unsubscribe',
      requestId: 'one',
    });
    heard.length = 0;
    await ada.request('issues', 'create', { method: 'POST', data: { title: 'a', projectId: 1 } });
    await vi.waitFor(() => expect(heard.filter(({ type }) => type === 'added')).toHaveLength(1));
    expect(heard.find(({ type }) => type === 'added')).toMatchObject({ requestId: 'two' });
  });

  it('is answered before its first change', async () => {
    await using app = await createTestApp(APP);
    await seedTracker(app);
    using ada = await DjiraClient.connect(app.url, 'user-1');
    using grace = await DjiraClient.connect(app.url, 'user-2');
    const create = (i: number) =>
      ada.request('issues', 'create', { method: 'POST', data: { title: `t${i}`, projectId: 1 } });
    const seen: unknown[] = [];
    for (let i = 0; i < 10; i++) await Promise.all([create(i), grace.subscribe('issues', (data) => seen.push(data))]);
    await create(10);
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(10));
    expect(grace.errors).toEqual([]);
  });

  it('gets a stream as one answer, and frames emitted by hand with a method it knows', async () => {
    await using app = await createTestApp(APP);
    using ada = await DjiraClient.connect(app.url, 'user-1');
    expect(await ada.request('statuses', 'count')).toEqual({ status: 200, data: [1, 2, 3] });
    const heard: unknown[] = [];
    ada.socket.on('statuses', (frame: unknown) => heard.push(frame));
    const server = app.get(JiraServer);
    server.emit('statuses', 'a text');
    server.emit('statuses', { news: true });
    server.emit('statuses', { method: 'GET', data: 1 });
    await vi.waitFor(() => expect(heard).toHaveLength(3));
    expect(heard).toEqual([
      { method: 'SUBSCRIPTION', status: 200, data: 'a text' },
      { method: 'SUBSCRIPTION', news: true },
      { method: 'GET', data: 1 },
    ]);
    expect(ada.errors).toEqual([]);
  });

  it('may leave out the method, the id, the data, the query and the headers, and send keys of its own', async () => {
    await using app = await createTestApp(APP);
    using ada = await DjiraClient.connect(app.url, 'user-1');
    const answer = new Promise<unknown>((resolve) => ada.socket.once('issues', resolve));
    ada.socket.emit('issues', { action: 'list', anything: 'else' });
    expect(await answer).toMatchObject({ status: 200, method: 'GET', action: 'list', requestId: expect.any(String) });
    const echo = new Promise<unknown>((resolve) => ada.socket.once('statuses', resolve));
    ada.socket.emit('statuses', { event: 'statuses', action: 'extra', requestId: 'x', device: { id: 7 } });
    expect(await echo).toMatchObject({ status: 200, requestId: 'x', data: { device: { id: 7 } } });
  });
});
