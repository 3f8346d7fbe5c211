import { describe, expect, it } from 'vitest';
import type { Crud } from 'nestjs-jira-client';
import { dehydrate, hydrate, liveStore, rowStore, type LiveStore } from 'nestjs-jira-client/store';
import { inspect } from '../../libs/client/src/client.js';
import { Bench, failureOf, reached } from './support.js';
import { TrackerClients } from './tracker-clients.js';

const titles = (store: LiveStore<{ title: string }>): string[] => store.getSnapshot().rows.map(({ title }) => title);
const nothing = (): void => undefined;

describe('a live store', () => {
  it('follows the server, and tells of each new snapshot', async () => {
    await using tracker = await TrackerClients.start();
    const [ada, grace] = [tracker.client(1).hook('issues'), tracker.client(2).hook('issues')];
    const store = liveStore(grace, { status: 'open' });
    expect(store.getSnapshot()).toEqual({ rows: [], status: 'loading', isStale: false });
    let told = 0;
    const stop = store.subscribe(() => told++);
    await store.ready;
    await ada.create({ title: 'a', projectId: 1 });
    await ada.create({ title: 'of another project', projectId: 2 });
    await ada.create({ title: 'b', projectId: 1 });
    await expect.poll(() => titles(store)).toEqual(['a', 'b']);
    await ada.patch(1, { status: 'done' });
    await expect.poll(() => titles(store)).toEqual(['b']);
    expect(told).toBeGreaterThan(1);
    stop();
    stop();
  });

  it('keeps the identity of what did not change, over refetches too', async () => {
    await using tracker = await TrackerClients.start();
    const issues = tracker.client(1).hook('issues');
    for (const title of ['a', 'b', 'c']) await issues.create({ title, projectId: 1 });
    const store = liveStore(issues);
    const stop = store.subscribe(nothing);
    await store.ready;
    const before = store.getSnapshot();
    await issues.patch(2, { title: 'B' });
    await expect.poll(() => titles(store)).toEqual(['a', 'B', 'c']);
    const { rows } = store.getSnapshot();
    expect(rows[0]).toBe(before.rows[0]);
    expect(rows[2]).toBe(before.rows[2]);
    expect(store.getSnapshot()).toBe(store.getSnapshot());
    stop();
  });

  it('is the same for equal queries, by one subscription, which is kept for a moment', async () => {
    await using tracker = await TrackerClients.start();
    const jira = tracker.client(1);
    const issues = jira.hook('issues');
    const store = liveStore(issues, { status: 'open', ordering: 'title' }, { keepMs: 50 });
    expect(liveStore(jira.hook('issues'), { ordering: 'title', status: 'open' })).toBe(store);
    expect(liveStore(issues, { status: 'done' })).not.toBe(store);
    const stops = Array.from({ length: 10 }, () => store.subscribe(nothing));
    await store.ready;
    expect(inspect(jira)).toMatchObject({ subscriptions: 1 });
    for (const stop of stops) stop();
    store.subscribe(nothing)();
    expect(inspect(jira)).toMatchObject({ subscriptions: 1 });
    expect(store.getSnapshot().status).toBe('ready');
    await expect.poll(() => inspect(jira)['subscriptions']).toBe(0);
    expect(liveStore(issues, { status: 'open', ordering: 'title' })).not.toBe(store);
    // Whoever still has the old one can go on with it.
    store.subscribe(nothing);
    await store.ready;
    expect(inspect(jira)).toMatchObject({ subscriptions: 1 });
  });

  it('says that it is stale while the connection is away', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c').on('issues.list', ({ answer }) => answer([{ id: 1, title: 'a' }]));
    const jira = bench.client();
    const store = liveStore(jira.hook('issues'));
    const seen: string[] = [];
    store.subscribe(() => seen.push(`${store.getSnapshot().status} ${store.getSnapshot().isStale}`));
    await store.ready;
    bench.server.cut();
    await reached(jira, 'disconnected');
    await expect.poll(() => seen).toEqual(['ready false', 'ready true', 'ready false']);
  });

  it('shows nothing any more once it is refused, and says why', async () => {
    await using bench = await Bench.start();
    bench.server
      .channel('issues', () => 'c')
      .on('issues.list', ({ answer }) => answer([{ id: 1, title: 'a' }]))
      .on('secrets.subscribe', ({ refuse }) => refuse('PERMISSION_DENIED'));
    const jira = bench.client({ onError: nothing });
    const refused = liveStore(jira.hook('secrets'), undefined, { keepMs: 20 });
    expect(await failureOf(refused.ready)).toMatchObject({ code: 'PERMISSION_DENIED' });
    const store = liveStore(jira.hook('issues'));
    store.subscribe(nothing);
    await store.ready;
    jira.close();
    await expect
      .poll(() => store.getSnapshot())
      .toMatchObject({ rows: [], status: 'failed', error: { code: 'CLOSED' } });
  });

  it('of one row follows that row alone, and is empty while it is out of sight', async () => {
    await using tracker = await TrackerClients.start();
    const [ada, jira] = [tracker.client(1).hook('issues'), tracker.client(2)];
    for (const title of ['a', 'b']) await ada.create({ title, projectId: 1 });
    const heard: unknown[] = [];
    await jira.hook<Crud<object>>('issues').subscribe({ pk: 1 }, ({ id }) => heard.push(id)).ready;
    const store = rowStore(jira.hook('issues'), 1);
    store.subscribe(nothing);
    await store.ready;
    expect(titles(store)).toEqual(['a']);
    await ada.patch(2, { title: 'B' });
    await ada.patch(1, { title: 'A' });
    await expect.poll(() => titles(store)).toEqual(['A']);
    await ada.patch(1, { projectId: 2 });
    await expect.poll(() => titles(store)).toEqual([]);
    await ada.patch(1, { projectId: 1 });
    await expect.poll(() => titles(store)).toEqual(['A']);
    await ada.destroy(1);
    await expect.poll(() => titles(store)).toEqual([]);
    expect(new Set(heard)).toEqual(new Set([1]));
    const none = rowStore(jira.hook('issues'), 99);
    await none.ready;
    expect(none.getSnapshot()).toMatchObject({ status: 'ready', rows: [] });
  });

  it('begins with the rows that a server fetched', async () => {
    await using tracker = await TrackerClients.start();
    const [server, browser] = [tracker.client(1), tracker.client(1)];
    await server.hook('issues').create({ title: 'a', projectId: 1 });
    await liveStore(server.hook('issues'), { status: 'open' }).ready;
    const state: unknown = JSON.parse(JSON.stringify(dehydrate(server)));
    hydrate(browser, state as ReturnType<typeof dehydrate>);
    const store = liveStore(browser.hook('issues'), { status: 'open' });
    expect(titles(store)).toEqual(['a']);
    const before = store.getSnapshot().rows;
    store.subscribe(nothing);
    await expect.poll(() => store.getSnapshot().isStale).toBe(false);
    expect(store.getSnapshot().rows).toBe(before);
  });
});
