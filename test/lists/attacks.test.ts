// What live lists are put through: writes without end while they read, reads that hang, clients that stop reading.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket as TcpSocket } from 'node:net';
import { Expose, Transform } from 'class-transformer';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { afterEach, expect, it, vi } from 'vitest';
import { createClient } from 'nestjs-jira-client';
import { Hook, ModelHook } from 'nestjs-jira';
import { Hub } from '../../libs/jira/src/live/delivery/hub.js';
import { TypeOrmStore } from '../../libs/jira/src/typeorm/store/typeorm-store.js';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';

/** `LISTS_COMMITS=10000` for the figure of docs/live-lists.md; more than a window keeps in any case. */
const COMMITS = Number(process.env['LISTS_COMMITS'] ?? 1_100);
const LONG = 'née ✓ '.repeat(60_000);

@Entity()
class Order {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'int' }) rank: number;
}
class OrderView {
  @Expose() id: number;
  @Expose() rank: number;
}
class LongView {
  @Expose() id: number;
  @Expose() rank: number;
  @Expose() @Transform(() => LONG) text: string;
}

@Hook('orders')
class OrderHook extends ModelHook<Order> {
  entity = Order;
  output = OrderView;
  pageSize = 3;
  filterFields = { rank: ['gte'] };
  orderingFields = ['rank'];
  override ordering = ['rank'];
}
@Hook('long')
class LongHook extends OrderHook {
  override output = LongView;
}

async function start(): Promise<TestApp> {
  const app = await createTestApp({ entities: [Order], providers: [OrderHook, LongHook] });
  await app.dataSource.manager.insert(
    Order,
    Array.from({ length: 40 }, (_, i) => ({ rank: 10 * i })),
  );
  return app;
}

/** The rows that a client of the list holds. */
function follow(app: TestApp, query: Record<string, unknown> = {}): { ids: () => unknown; count: () => unknown } {
  const jira = createClient(app.url, { auth: app.authOf(1) });
  closing.push(() => jira.close());
  let shown: readonly Order[] = [];
  let count: unknown;
  jira.listen(jira.hook('orders').action('list', { query }), (rows, update) => {
    shown = rows as Order[];
    count = update.count;
  });
  return { ids: () => shown.map(({ id }) => id), count: () => count };
}

/** Has reads of rows from now on wait, once they have read, until they are let go. */
function holdReads(): { reached: Promise<void>; release: () => void } {
  // oxlint-disable-next-line typescript/unbound-method -- called as a method below
  const { find } = TypeOrmStore.prototype;
  let release = (): void => undefined;
  let reach = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const reached = new Promise<void>((resolve) => (reach = resolve));
  vi.spyOn(TypeOrmStore.prototype, 'find').mockImplementation(async function (this: TypeOrmStore<object>, ...args) {
    const rows: object[] = await find.apply(this, args);
    reach();
    await released;
    return rows;
  });
  return { reached, release };
}

const closing: (() => void)[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0)) close();
});

it(`takes ${COMMITS} commits while it reads, and is right once they have stopped`, { timeout: 300_000 }, async () => {
  await using app = await start();
  const { manager } = app.dataSource;
  const { ids, count } = follow(app);
  await expect.poll(ids).toEqual([1, 2, 3]);
  let reads = 0;
  const onWindow = (message: unknown): number => (reads += Number((message as { event: string }).event === 'read'));
  const held = holdReads();
  await manager.delete(Order, [1, 2, 3, 4, 5, 6]);
  await held.reached;
  for (let i = 0; i < COMMITS; i++) await manager.update(Order, 7 + (i % 30), { rank: (i * 7_919) % 1_000 });
  await manager.delete(Order, 40);
  subscribe('nestjs-jira:window', onWindow);
  vi.restoreAllMocks();
  held.release();
  const fresh = await manager.find(Order, { order: { rank: 'ASC', id: 'ASC' }, take: 3 });
  await expect.poll(ids).toEqual(fresh.map(({ id }) => id));
  await expect.poll(count).toBe(33);
  unsubscribe('nestjs-jira:window', onWindow);
  // What it could not keep it has read, not once a commit.
  expect(reads).toBeLessThan(20);
});

it('keeps no other list waiting while a read hangs', async () => {
  await using app = await start();
  const { manager } = app.dataSource;
  const [hanging, other] = [follow(app), follow(app, { rank__gte: 200 })];
  await expect.poll(() => [hanging.ids(), other.ids()]).toEqual([[1, 2, 3], [21, 22, 23]]); // prettier-ignore
  const held = holdReads();
  await manager.delete(Order, [1, 2, 3, 4, 5, 6]);
  await held.reached;
  await manager.update(Order, 22, { rank: 5 });
  await expect.poll(other.ids).toEqual([21, 23, 24]);
  await manager.delete(Order, 7);
  vi.restoreAllMocks();
  held.release();
  await expect.poll(hanging.ids).toEqual([22, 8, 9]);
});

it('ends a client that stops reading, keeps the others up to date, and goes on with it when it is back', async () => {
  await using app = await start();
  const { manager } = app.dataSource;
  const stopped = await app.connect(1);
  await stopped.call('long', 'listen', 'SUBSCRIPTION');
  const { ids } = follow(app);
  await expect.poll(ids).toEqual([1, 2, 3]);
  const subscriptions = (): number => app.get(Hub).count().subscriptions;
  tcpOf(stopped).pause();
  // As many as it takes to fill what the kernel keeps for both ends.
  for (let i = 0; i < 300 && subscriptions() > 1; i++) await manager.update(Order, 1, { rank: -1 - i });
  await expect.poll(subscriptions).toBe(1);
  await manager.update(Order, 3, { rank: -1_000 });
  await expect.poll(ids).toEqual([3, 1, 2]);
  const back = await app.connect(1);
  const answer = await back.call('long', 'listen', 'SUBSCRIPTION');
  expect(answer).toMatchObject({ data: { ids: [3, 1, 2], count: 40 } });
});

/** Stops reading below Socket.IO. */
function tcpOf({ socket }: TestClient): TcpSocket {
  const { transport } = socket.io.engine as unknown as { transport: { ws: { _socket: TcpSocket } } };
  return transport.ws._socket; // oxlint-disable-line no-underscore-dangle -- ws's name
}
