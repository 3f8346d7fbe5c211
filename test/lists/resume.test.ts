// Clients of live lists that come back: what they were shown goes on, and what they missed is told as the difference.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Expose } from 'class-transformer';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient, type ClientOptions, type JiraClient } from 'nestjs-jira-client';
import { dehydrate, hydrate, liveStore, type Dehydrated } from 'nestjs-jira-client/store';
import type { ListenedData, RelistedData } from 'nestjs-jira-protocol';
import { Authorization, Hook, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { Hub } from '../../libs/jira/src/live/delivery/hub.js';
import { Proxy } from '../resuming/support/proxy.js';
import { createTestApp, type TestApp } from '../support/app.js';

@Entity()
class Job {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'int' }) rank: number;
  @Column() team: string;
}
class JobView {
  @Expose() id: number;
  @Expose() rank: number;
}

/** What each user may see, as the tests set it. */
const teams = new Map<unknown, string>();
/** What his rights wait for. */
let gate: Promise<void> | undefined;

@Hook('jobs')
class JobHook extends ModelHook<Job> {
  entity = Job;
  output = JobView;
  pageSize = 3;
  orderingFields = ['rank'];
  override ordering = ['rank'];
  override async visibility({ user }: HookScope): Promise<Visibility<Job>> {
    await gate;
    return { team: teams.get(user?.id) ?? 'red' };
  }
}

/** What it shows is code: its lists are read, not kept sorted. */
@Hook('asked')
class AskedHook extends JobHook {
  override serialize({ id, rank }: Job) {
    return { id, rank };
  }
}

let app: TestApp;
let clients: JiraClient[];
let reads: number;
const onWindow = (message: unknown): void => {
  if ((message as { event: string }).event === 'read') reads++;
};

beforeEach(async () => {
  teams.clear();
  clients = [];
  gate = undefined;
  const options = { limits: { heldFrames: 2 } };
  app = await createTestApp({ entities: [Job], providers: [JobHook, AskedHook], options });
  await jobs().insert(Array.from({ length: 12 }, (_, i) => ({ rank: 10 * i, team: 'red' })));
  reads = 0;
  subscribe('nestjs-jira:window', onWindow);
});

afterEach(async () => {
  unsubscribe('nestjs-jira:window', onWindow);
  for (const client of clients) client.close();
  await app.close();
});

const jobs = () => app.dataSource.getRepository(Job);

function connect(user = 1, url = app.url, options: Partial<ClientOptions> = {}): JiraClient {
  const jira = createClient(url, { auth: app.authOf(user), reconnectMinMs: 1, resetJitterMs: 10, ...options });
  clients.push(jira);
  return jira;
}

/** What `listen` answers to a client that was shown what `resume` names. */
function listen(jira: JiraClient, resume: string | null, namespace = 'jobs'): Promise<ListenedData | RelistedData> {
  return jira.request(namespace, 'listen', { method: 'SUBSCRIPTION', headers: { resume } }) as Promise<ListenedData | RelistedData>; // prettier-ignore
}

/** Ends the connection, and waits for the server to notice. */
async function leave(jira: JiraClient): Promise<void> {
  const before = app.get(Hub).count().connections;
  jira.close();
  await expect.poll(() => app.get(Hub).count().connections).toBe(before - 1);
}

describe('a client that comes back to a live list', () => {
  it('is told that nothing changed, without a row and without a query', async () => {
    const first = connect();
    const { resume = '' } = await listen(first, null);
    await leave(first);
    const before = reads;
    const again = await listen(connect(), resume);
    expect(again).toMatchObject({ recovered: true, ops: [], count: 12, complete: false, resume });
    expect(again).not.toHaveProperty('rows');
    expect(reads).toBe(before);
  });

  it('is told the difference and no more, rows that came and went in between not among it', async () => {
    const first = connect();
    const { resume = '' } = await listen(first, null);
    await leave(first);
    await jobs().update(12, { rank: 5 });
    const { id } = await jobs().save({ rank: 1, team: 'red' });
    await jobs().update(id, { team: 'blue' });
    const again = await listen(connect(), resume);
    expect(again.recovered && again.ops).toEqual([
      { op: 'removed', at: 2, id: 3 },
      { op: 'added', at: 1, id: 12, row: { id: 12, rank: 5 } },
    ]);
    expect(again.resume).not.toBe(resume);
    expect(again.count).toBe(12);
  });

  it('is told of a list that is read at every change what one read says, and nothing that it has', async () => {
    const first = connect();
    const { resume = '' } = await listen(first, null, 'asked');
    await leave(first);
    const second = connect();
    expect(await listen(second, resume, 'asked')).toMatchObject({ recovered: true, ops: [], resume });
    await leave(second);
    const before = reads;
    await jobs().delete(1);
    await app.get(Hub).idle();
    const again = await listen(connect(), resume, 'asked');
    expect(again.recovered && again.ops.map(({ op, id }) => [op, id])).toEqual([['removed', 1], ['added', 4]]); // prettier-ignore
    expect(reads).toBe(before + 1);
  });

  it('is answered whole where the rights are others, and again once they are as before', async () => {
    const first = connect();
    const { resume = '' } = await listen(first, null);
    await leave(first);
    teams.set(1, 'blue');
    const blue = connect();
    expect(await listen(blue, resume)).toMatchObject({ recovered: false, rows: [], ids: [] });
    await leave(blue);
    teams.delete(1);
    expect(await listen(connect(), resume)).toMatchObject({ recovered: true, ops: [] });
  });

  it('is answered whole after a name of no list, another list’s among them', async () => {
    const first = connect();
    const { resume = '' } = await listen(first, null);
    for (const [name, namespace] of [
      ['x', 'jobs'],
      ['', 'jobs'],
      ['__proto__', 'jobs'],
      [resume, 'asked'],
    ] as const)
      // prettier-ignore
      expect(await listen(first, name, namespace)).toMatchObject({ recovered: false, ids: [1, 2, 3] });
    await expect(listen(first, 'x'.repeat(1_000))).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('is answered whole where more became of the list than is remembered, which is what others were shown', async () => {
    const change = async (): Promise<void> => {
      for (let rank = 1; rank <= 20; rank++) await jobs().update(12, { rank: rank % 10 });
      await app.get(Hub).idle();
    };
    const first = connect();
    const { resume = '' } = await listen(first, null);
    await leave(first);
    await change();
    const second = connect();
    expect(await listen(second, resume)).toMatchObject({ recovered: true, ops: [{ op: 'removed' }, { op: 'added' }] });
    await change();
    expect(await listen(connect(), resume)).toMatchObject({ recovered: false, ids: [1, 12, 2] });
  });

  it('leaves no list behind where it ended it itself', async () => {
    const jira = connect();
    const list = jira.listen(jira.hook('jobs').action('list'), () => undefined);
    await list.ready;
    list();
    await expect.poll(() => app.get(Hub).count().channels).toBe(0);
  });

  it('goes on by itself: the same rows after a cut that nothing happened in, the steps after another', async () => {
    await using proxy = await Proxy.to(app.url);
    const jira = connect(1, proxy.url);
    const shown: [ids: number[], ops: unknown][] = [];
    const states: unknown[] = [];
    const list = jira.listen(
      jira.hook('jobs').action('list'),
      (rows, { ops }) => shown.push([(rows as Job[]).map(({ id }) => id), ops]),
      { onState: (state, _reason, recovered) => state === 'subscribed' && states.push(recovered) },
    );
    await list.ready;
    const before = reads;
    await cut(proxy, () => Promise.resolve());
    await expect.poll(() => states).toEqual([undefined, true]);
    expect([shown.length, reads]).toEqual([1, before]);
    await cut(proxy, () => jobs().update(2, { rank: 1_000 }));
    await expect.poll(() => shown.length).toBe(2);
    expect(shown[1]).toEqual([[1, 3, 4], [{ op: 'removed', at: 1, id: 2 }, { op: 'added', at: 2, id: 4, row: { id: 4, rank: 30 } }]]); // prettier-ignore
    expect([states, reads]).toEqual([[undefined, true, true], before]);
    await jobs().delete(1);
    await expect.poll(() => shown.at(-1)?.[0]).toEqual([3, 4, 5]);
  });

  it('takes no steps from a list that it was not shown, and comes back to the one that it was', async () => {
    await using proxy = await Proxy.to(app.url);
    const jira = connect(1, proxy.url, { transports: ['websocket'] });
    const shown: number[][] = [];
    const list = jira.listen(jira.hook('jobs').action('list'), (rows) => shown.push((rows as Job[]).map(({ id }) => id))); // prettier-ignore
    await list.ready;
    proxy.isDeaf = true;
    await jobs().delete(1);
    await expect.poll(() => proxy.swallowed).toBeGreaterThan(0);
    proxy.isDeaf = false;
    await jobs().update(12, { rank: 5 });
    await expect
      .poll(() => shown)
      .toEqual([
        [1, 2, 3],
        [12, 2, 3],
      ]);
    proxy.isDeaf = true;
    await jobs().delete(12);
    await expect.poll(() => proxy.swallowed).toBeGreaterThan(0);
    await cut(proxy, () => Promise.resolve());
    proxy.isDeaf = false;
    await expect.poll(() => shown.at(-1)).toEqual([2, 3, 4]);
  });

  it('is right after a reset, whatever it is told before it listens again', async () => {
    const jira = connect(1, app.url, { resetJitterMs: 300 });
    const shown: number[][] = [];
    const list = jira.listen(jira.hook('jobs').action('list'), (rows) => shown.push((rows as Job[]).map(({ id }) => id))); // prettier-ignore
    await list.ready;
    // It is remembered for others, who listen on.
    await listen(connect(2), null);
    let open = (): void => undefined;
    gate = new Promise((resolve) => (open = resolve));
    const refreshed = app.get(Authorization).refresh(1);
    for (const id of [1, 2, 3, 4]) {
      await jobs().delete(id);
      await app.get(Hub).idle();
    }
    open();
    await refreshed;
    await jobs().update(12, { rank: 5 });
    await expect
      .poll(() => shown)
      .toEqual([
        [1, 2, 3],
        [12, 5, 6],
      ]);
  });

  it('goes on where the client of a server that rendered the page was', async () => {
    const rendering = connect();
    await liveStore(rendering.hook('jobs')).ready;
    const state = JSON.parse(JSON.stringify(dehydrate(rendering))) as Dehydrated;
    await leave(rendering);
    const before = reads;
    const jira = connect();
    const frames = framesTo(jira);
    hydrate(jira, state);
    const store = liveStore(jira.hook('jobs'));
    const first = store.getSnapshot();
    const ids = (): number[] => (store.getSnapshot().rows as Job[]).map(({ id }) => id);
    expect([first.status, first.isStale, ids()]).toEqual(['ready', true, [1, 2, 3]]);
    store.subscribe(() => undefined);
    await expect.poll(() => store.getSnapshot().isStale).toBe(false);
    expect(store.getSnapshot().rows).toBe(first.rows);
    const told = JSON.stringify(frames);
    expect([told.includes('"recovered":true'), told.includes('"rank"'), reads]).toEqual([true, false, before]);
    await jobs().delete(2);
    await expect.poll(ids).toEqual([1, 3, 4]);
  });

  it('goes on where it was rendered for another user only with the rows of its own', async () => {
    teams.set(2, 'blue');
    const rendering = connect();
    await liveStore(rendering.hook('jobs')).ready;
    const state = dehydrate(rendering);
    const jira = connect(2);
    hydrate(jira, state);
    const store = liveStore(jira.hook('jobs'));
    store.subscribe(() => undefined);
    await expect.poll(() => store.getSnapshot()).toMatchObject({ rows: [], isStale: false, status: 'ready' });
  });

  it('is told of rights that changed while it was away, and shown nothing of before', async () => {
    await using proxy = await Proxy.to(app.url);
    const jira = connect(1, proxy.url);
    const shown: number[][] = [];
    const list = jira.listen(jira.hook('jobs').action('list'), (rows) => shown.push((rows as Job[]).map(({ id }) => id))); // prettier-ignore
    await list.ready;
    await cut(proxy, async () => {
      teams.set(1, 'blue');
      await app.get(Authorization).refresh(1);
      await jobs().insert({ rank: 0, team: 'blue' });
    });
    await expect.poll(() => shown.at(-1)).toEqual([13]);
  });
});

/** All that the client is sent from now on. */
function framesTo(jira: JiraClient): unknown[] {
  const frames: unknown[] = [];
  const { socket } = (jira as unknown as { link: { socket: { io: NodeJS.EventEmitter } } }).link;
  socket.io.on('packet', (packet: unknown) => frames.push(packet));
  return frames;
}

/** Cuts all clients of the proxy off, and lets them in again once that is done and the server knows. */
async function cut(proxy: Proxy, meanwhile: () => Promise<unknown>): Promise<void> {
  proxy.cut();
  await expect.poll(() => app.get(Hub).count().connections).toBe(0);
  await meanwhile();
  await app.get(Hub).idle();
  proxy.isOpen = true;
}
