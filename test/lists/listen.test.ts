// `listen`: the server keeps the list, and tells what becomes of it.

import { Expose } from 'class-transformer';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { createClient, type JiraClient, type ListUpdate } from 'nestjs-jira-client';
import type { ListenedData } from 'nestjs-jira-protocol';
import { Authorization, Hook, LifecycleEvents, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { Hub } from '../../libs/jira/src/live/delivery/hub.js';
import { Proxy } from '../resuming/support/proxy.js';
import { createTestApp, type TestApp } from '../support/app.js';

@Entity()
class Ticket {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @Column({ type: 'int' }) rank: number;
  @Column() team: string;
}
class TicketView {
  @Expose() id: number;
  @Expose() title: string;
  @Expose() rank: number;
}

/** What each user may see, as the tests set it. */
const teams = new Map<unknown, string>();

@Hook('tickets')
class TicketHook extends ModelHook<Ticket> {
  entity = Ticket;
  output = TicketView;
  pageSize = 3;
  filterFields = { rank: ['gte'] };
  orderingFields = ['rank'];
  override ordering = ['rank'];
  override visibility({ user }: HookScope): Visibility<Ticket> {
    return { team: teams.get(user?.id) ?? 'red' };
  }
}
@Hook('silent')
class SilentHook extends TicketHook {
  override live = false as const;
}

@Hook('short')
class ShortHook extends TicketHook {
  override live = { maxLimit: 5 };
}

/** What it shows is code: its lists are read again at every change. */
@Hook('asked')
class AskedHook extends TicketHook {
  override serialize({ id, title, rank }: Ticket) {
    return { id, title, rank };
  }
}

interface Heard {
  readonly rows: readonly { id: number; title: string; rank: number }[];
  readonly update: ListUpdate;
}

class Desk implements AsyncDisposable {
  private constructor(
    readonly app: TestApp,
    private readonly clients: JiraClient[] = [],
  ) {}

  static async start(count = 6): Promise<Desk> {
    teams.clear();
    const app = await createTestApp({ entities: [Ticket], providers: [TicketHook, SilentHook, ShortHook, AskedHook] });
    const desk = new Desk(app);
    await desk.tickets.insert(Array.from({ length: count }, (_, i) => ({ title: `t${i}`, rank: 10 * i, team: 'red' })));
    return desk;
  }

  get tickets() {
    return this.app.dataSource.getRepository(Ticket);
  }

  client(user = 1, url = this.app.url): JiraClient {
    const jira = createClient(url, { auth: this.app.authOf(user), resetJitterMs: 10, reconnectMinMs: 1 });
    this.clients.push(jira);
    return jira;
  }

  listen(jira: JiraClient, query: Record<string, unknown> = {}, namespace = 'tickets') {
    const heard: Heard[] = [];
    const list = jira.listen(jira.hook(namespace).action('list', { query }), (rows, update) => {
      heard.push({ rows: rows as Heard['rows'], update });
    });
    return { list, heard, ids: () => heard.at(-1)?.rows.map(({ id }) => id) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const jira of this.clients) jira.close();
    await this.app.close();
  }
}

describe('listen', () => {
  it('answers rows, count and end in one round trip, then tells what changed, as steps', async () => {
    await using desk = await Desk.start();
    const { heard, ids } = desk.listen(desk.client());
    await expect.poll(ids).toEqual([1, 2, 3]);
    expect(heard[0]?.update).toMatchObject({ ops: undefined, count: 6, complete: false });
    await desk.tickets.update(6, { rank: 5 });
    await expect.poll(ids).toEqual([1, 6, 2]);
    expect(heard[1]?.update.ops).toEqual([
      { op: 'removed', at: 2, id: 3 },
      { op: 'added', at: 1, id: 6, row: { id: 6, title: 't5', rank: 5 } },
    ]);
    expect(heard[1]?.rows[0]).toBe(heard[0]?.rows[0]);
    await desk.tickets.update(1, { title: 'first' });
    await expect.poll(() => heard.at(-1)?.rows[0]?.title).toBe('first');
    await desk.tickets.delete([4, 5]);
    await expect.poll(() => heard.at(-1)?.update.count).toBe(4);
    await desk.tickets.delete([1, 2]);
    await expect.poll(() => heard.at(-1)?.update).toMatchObject({ count: 2, complete: true });
    expect(ids()).toEqual([6, 3]);
  });

  it('is one channel for all who see the same', async () => {
    await using desk = await Desk.start();
    const channels = new Set<string>();
    for (const user of [1, 2, 3]) {
      const answer = await desk.client(user).request('tickets', 'listen', { method: 'SUBSCRIPTION' });
      const { channel, rows, ids } = answer as ListenedData;
      expect([rows.length, ids]).toEqual([3, [1, 2, 3]]);
      channels.add(channel);
    }
    expect(channels.size).toBe(1);
    teams.set(4, 'blue');
    const other = (await desk.client(4).request('tickets', 'listen', { method: 'SUBSCRIPTION' })) as ListenedData;
    expect([other.rows, other.count, other.complete]).toEqual([[], 0, true]);
    expect(channels).not.toContain(other.channel);
  });

  it('takes the rows of a list of none to be none, and counts them', async () => {
    await using desk = await Desk.start();
    const call = { method: 'SUBSCRIPTION', headers: { limit: 0 } } as const;
    const answer = await desk.client().request('tickets', 'listen', call);
    expect(answer).toMatchObject({ rows: [], ids: [], count: 6, complete: false });
  });

  it('grows by loadMore, until all rows are there', async () => {
    await using desk = await Desk.start(8);
    const { list, ids, heard } = desk.listen(desk.client());
    await list.loadMore();
    expect(ids()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(heard[1]?.rows[0]).toBe(heard[0]?.rows[0]);
    await list.loadMore();
    expect(ids()).toHaveLength(8);
    await list.loadMore();
    await desk.tickets.delete(4);
    await expect.poll(ids).toEqual([1, 2, 3, 5, 6, 7, 8]);
    expect(heard.at(-1)?.update.complete).toBe(true);
    list();
    await expect.poll(() => desk.app.get(Hub).count().channels).toBe(0);
  });

  it('follows a caller whose rights are others now, and shows no row of before', async () => {
    await using desk = await Desk.start();
    await desk.tickets.insert({ title: 'secret', rank: 1, team: 'blue' });
    const { ids } = desk.listen(desk.client());
    const { ids: others } = desk.listen(desk.client(2));
    await expect
      .poll(() => [ids(), others()])
      .toEqual([
        [1, 2, 3],
        [1, 2, 3],
      ]);
    teams.set(1, 'blue');
    await desk.app.get(Authorization).refresh(1);
    await expect.poll(ids).toEqual([7]);
    expect(others()).toEqual([1, 2, 3]);
    await desk.tickets.delete(1);
    await expect.poll(others).toEqual([2, 3, 4]);
    expect(ids()).toEqual([7]);
  });

  it('is told again what it missed after a reconnection, rows it knows as the objects they are', async () => {
    await using desk = await Desk.start();
    await using proxy = await Proxy.to(desk.app.url);
    const { ids, heard } = desk.listen(desk.client(1, proxy.url));
    await expect.poll(ids).toEqual([1, 2, 3]);
    proxy.cut();
    await desk.tickets.update(2, { rank: 100 });
    proxy.isOpen = true;
    await expect.poll(ids).toEqual([1, 3, 4]);
    expect(heard.at(-1)?.rows[0]).toBe(heard[0]?.rows[0]);
  });

  it('refuses an order by what the client may not name', async () => {
    await using desk = await Desk.start();
    const { list } = desk.listen(desk.client(), { ordering: 'team' });
    await expect(list.ready).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('leaves it to the client where a hook keeps no lists', async () => {
    await using desk = await Desk.start();
    const { list, ids } = desk.listen(desk.client(), {}, 'silent');
    await expect.poll(ids).toEqual([1, 2, 3]);
    await expect(list.loadMore()).rejects.toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
    await desk.tickets.delete(1);
    await expect.poll(ids).toEqual([2, 3, 4]);
  });

  it('reads a list once for a burst of changes', async () => {
    await using desk = await Desk.start();
    const { ids, heard } = desk.listen(desk.client(), {}, 'asked');
    const { ids: others } = desk.listen(desk.client(2), {}, 'asked');
    await expect.poll(() => [ids(), others()]).toEqual(twice([1, 2, 3]));
    const before = heard.length;
    for (let rank = 1; rank <= 50; rank++) await desk.tickets.update(6, { rank: 55 - rank });
    await expect.poll(ids).toEqual([1, 6, 2]);
    await expect.poll(others).toEqual([1, 6, 2]);
    // As many frames as reads: a slow machine may need a few, never one a change.
    expect(heard.length - before).toBeLessThan(25);
  });

  it('has no more rows than `maxLimit`, however often it is grown', async () => {
    await using desk = await Desk.start(12);
    const { list, ids } = desk.listen(desk.client(), {}, 'short');
    for (let i = 0; i < 4; i++) await list.loadMore().catch(() => undefined);
    expect(ids()).toEqual([1, 2, 3, 4, 5]);
  });

  it('catches up by itself when its rows could not be read for a while', async () => {
    await using desk = await Desk.start();
    const { ids } = desk.listen(desk.client(), {}, 'asked');
    await expect.poll(ids).toEqual([1, 2, 3]);
    const outages: unknown[] = [];
    desk.app.get(LifecycleEvents).on('jira.announcement_failed', ({ error }) => outages.push(error));
    await desk.tickets.update(6, { rank: 5 });
    await desk.app.dataSource.query('ALTER TABLE ticket RENAME TO away');
    const late = desk.client(2).request('asked', 'listen', { method: 'SUBSCRIPTION' });
    await expect(late).rejects.toMatchObject({ status: 500 });
    await expect.poll(() => outages.length).toBe(1);
    expect(ids()).toEqual([1, 2, 3]);
    await desk.app.dataSource.query('ALTER TABLE away RENAME TO ticket');
    await expect.poll(ids).toEqual([1, 6, 2]);
    await desk.tickets.delete(1);
    await expect.poll(ids).toEqual([6, 2, 3]);
  });

  it('asks again where the server could not answer once it was connected again', async () => {
    await using desk = await Desk.start();
    await using proxy = await Proxy.to(desk.app.url);
    const { ids, list } = desk.listen(desk.client(1, proxy.url), {}, 'asked');
    await expect.poll(ids).toEqual([1, 2, 3]);
    await desk.app.dataSource.query('ALTER TABLE ticket RENAME TO away');
    const failed = new Promise((resolve) =>
      desk.app.get(LifecycleEvents).on('jira.message_handler_exception', resolve),
    );
    proxy.cut();
    proxy.isOpen = true;
    await failed;
    await desk.app.dataSource.query('ALTER TABLE away RENAME TO ticket');
    await desk.tickets.update(6, { rank: 5 });
    await expect.poll(ids).toEqual([1, 6, 2]);
    expect(list.state).toBe('subscribed');
  });
});

function twice<T>(value: T): [T, T] {
  return [value, value];
}
