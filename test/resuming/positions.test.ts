// Quiet subscriptions move on, and frames that something on the way has swallowed are noticed.

import { createClient, type Crud } from 'nestjs-jira-client';
import { expect, it, vi } from 'vitest';
import { createTestApp } from '../support/app.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';
import { Proxy } from './support/proxy.js';

type Api = { issues: Crud<{ id: number; title: string }> };

const start = async (resume: object) => {
  const app = await createTestApp({ ...TRACKER, options: { resume } });
  await seedTracker(app);
  return app;
};

it('says how far a quiet subscription was told, so that it can come back beyond the history of then', async () => {
  await using app = await start({ positionMs: 20, history: { commits: 3 } });
  const client = await app.connect(2);
  const first = await client.call('issues', 'subscribe', 'SUBSCRIPTION', { headers: { resume: null } });
  const { resume } = first.data as { resume: string };
  let position: unknown;
  for (let i = 0; i < 10; i++) {
    await app.dataSource.manager.save(Issue, { title: 'of others', projectId: 2 });
    const known = client.frames.length;
    await client.until(() => client.frames.length > known + 1);
    const { event, frame } = client.frames.at(-1) as (typeof client.frames)[number];
    expect([event, frame['frames']]).toEqual(['$position', 0]);
    position = frame['position'];
  }
  client.close();
  await app.dataSource.manager.save(Issue, { title: 'missed', projectId: 1 });
  const again = await app.connect(2);
  const stale = await again.call('issues', 'subscribe', 'SUBSCRIPTION', { headers: { resume } });
  expect(stale.data).toMatchObject({ recovered: false });
  const answer = await again.call('issues', 'subscribe', 'SUBSCRIPTION', { headers: { resume, position } });
  expect(answer.data).toMatchObject({ recovered: true, changes: [{ type: 'added', data: { title: 'missed' } }] });
});

it('says nothing to who did not ask for a token', async () => {
  await using app = await start({ positionMs: 5 });
  const [plain, asking] = [await app.connect(2), await app.connect(2)];
  await plain.subscribe('issues');
  await asking.call('issues', 'subscribe', 'SUBSCRIPTION', { headers: { resume: null } });
  await asking.until(() => asking.frames.length > 3);
  await plain.settled('issues');
  expect(plain.frames).toEqual([]);
});

it('counts the frames of every kind, so that a client which has them all is left alone', async () => {
  await using app = await start({ positionMs: 10 });
  const { manager } = app.dataSource;
  const jira = createClient<Api>(app.url, { auth: app.authOf(2) });
  const [states, told]: [string[], string[]] = [[], []];
  const hook = jira.hook('issues');
  const first = hook.subscribe(({ type }) => told.push(type), { onState: (state) => states.push(state) });
  const second = hook.subscribe({ status: 'open' }, ({ type }) => told.push(type), { onState: (state) => states.push(state) });
  const third = hook.subscribe(({ type }) => told.push(type), { onState: (state) => states.push(state) });
  await Promise.all([first.ready, second.ready, third.ready]);
  for (let i = 0; i < 20; i++) {
    await manager.save(Issue, [{ title: 'a', projectId: 1 }, { title: 'b', projectId: 1 }]);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await vi.waitFor(() => expect(told).toHaveLength(120));
  expect(states).toEqual(['subscribed', 'subscribed', 'subscribed']);
  jira.close();
}); // prettier-ignore

it('makes a client whose frames were swallowed subscribe again, and tells it what was in them', async () => {
  await using app = await start({ positionMs: 50 });
  const { manager } = app.dataSource;
  await using proxy = await Proxy.to(app.url);
  const jira = createClient<Api>(proxy.url, { auth: app.authOf(2), transports: ['websocket'], reconnectMinMs: 1 });
  const [states, told]: [unknown[], string[]] = [[], []];
  const subscription = jira.hook('issues').subscribe(
    (change) => told.push(`${change.type} ${(change.data)?.title}`),
    { onState: (state, _reason, recovered) => states.push([state, recovered]) },
  );
  await subscription.ready;
  await manager.save(Issue, { title: 'heard', projectId: 1 });
  await vi.waitFor(() => expect(told).toEqual(['added heard']));
  proxy.isDeaf = true;
  await manager.save(Issue, { title: 'swallowed', projectId: 1 });
  await vi.waitFor(() => expect(proxy.swallowed).toBeGreaterThan(0));
  proxy.isDeaf = false;
  await vi.waitFor(() => expect(told).toContain('added swallowed'));
  expect(states).toEqual([['subscribed', undefined], ['subscribing', undefined], ['subscribed', true]]);
  await manager.save(Issue, { title: 'next', projectId: 1 });
  await vi.waitFor(() => expect(told.at(-1)).toBe('added next'));
  expect(told.filter((one) => one === 'added swallowed')).toHaveLength(1);
  jira.close();
}); // prettier-ignore
