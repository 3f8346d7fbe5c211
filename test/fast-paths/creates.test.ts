// A create in one turn must leave, answer and announce just what TypeORM and the capture would have; or leave it to them.

import { EntityManager, type EntitySubscriberInterface } from 'typeorm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import { Article, ARTICLES, Key, Shelf, ShelfHook } from '../support/articles.js';

interface Step {
  readonly namespace?: string;
  readonly user?: number;
  readonly data: object;
}

interface Told {
  readonly answers: unknown[];
  readonly changes: unknown[];
  readonly rows: unknown[];
  /** Inserts that went through TypeORM. */
  readonly ordinary: number;
}

const MEMORY = { type: 'better-sqlite3', database: ':memory:' } as const;
const BASICS = ['articles', 'keys', 'pairs', 'transformed', 'listened', 'documents'];

function start(writes: boolean): Promise<TestApp> {
  return createTestApp({ ...ARTICLES, database: MEMORY, options: { fastPaths: { writes } } });
}

/** Keys and moments differ from run to run: only whether they are there, and of what form, is compared. */
function comparable(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value)
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>')
      .replaceAll(/20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d/g, (moment) =>
        moment.startsWith('2001') ? moment : moment.replaceAll(/\d/g, '0'),
      ),
  ) as unknown;
}

async function tell(writes: boolean, steps: readonly Step[], prepare: readonly string[] = []): Promise<Told> {
  await using app = await start(writes);
  await app.dataSource.manager.insert(Shelf, [{ ownerId: 1 }, { ownerId: 2 }]);
  for (const sql of prepare) await app.dataSource.query(sql);
  const clients = [await app.connect(1), await app.connect(2)];
  for (const client of clients) for (const namespace of BASICS) await client.subscribe(namespace);
  const inserts = vi.spyOn(EntityManager.prototype, 'insert');
  const answers: unknown[] = [];
  for (const { namespace = 'articles', user = 1, data } of steps) {
    const { status, data: answer, position } = await clients[user - 1].call(namespace, 'create', 'POST', { data });
    const { requestId: _, ...shown } = (answer ?? {}) as Record<string, unknown>;
    answers.push([status, shown, position !== undefined]);
  }
  const ordinary = inserts.mock.calls.length;
  for (const client of clients) for (const namespace of BASICS) await client.settled(namespace);
  const changes = clients.flatMap((client) =>
    BASICS.flatMap((namespace) => client.changes(namespace).map(({ type, id, data }) => [namespace, type, id, data])),
  );
  const tables = ['article', 'key', 'pair', 'transformed', 'listened', 'document'];
  const rows = await Promise.all(tables.map((table) => app.dataSource.query(`SELECT * FROM "${table}"`)));
  return { ...(comparable({ answers, changes, rows }) as Omit<Told, 'ordinary'>), ordinary };
}

/** Tells the same story twice. Gives what the fast way told, once both were found equal. */
async function same(steps: readonly Step[], prepare?: readonly string[]): Promise<Told> {
  const fast = await tell(true, steps, prepare);
  vi.restoreAllMocks();
  const slow = await tell(false, steps, prepare);
  expect({ ...fast, ordinary: 0 }).toEqual({ ...slow, ordinary: 0 });
  return fast;
}

afterEach(() => vi.restoreAllMocks());

describe('a create in one turn', () => {
  it('stores, answers and announces values, defaults and nulls of all kinds', async () => {
    const told = await same([
      { data: { title: 'plain' } },
      { data: { title: 'née ✓ \u0000 "\'', price: 1.5, stock: 3, isLive: true, status: 'live' } },
      { data: { title: 'nulls', price: null, publishedAt: null, day: null, shelfId: null, origin: null } },
      { data: { title: 'dates', publishedAt: '2001-02-03T04:05:06.789Z', day: '2001-02-03' } },
      { data: { title: 'odd', stock: '12', price: '2.50', isLive: 'yes', note: 'not inserted' } },
      { data: { title: 'big', stock: 9_007_199_254_740_991, price: 1e-7 } },
      { data: { title: 5, price: -0, unknown: 'dropped' } },
      { namespace: 'keys', data: { name: 'generated' } },
      { namespace: 'keys', data: { name: 'given', id: '11111111-1111-4111-8111-111111111111' } },
      { namespace: 'pairs', data: { a: 1, b: 'x', name: 'both given' } },
      { namespace: 'articles', user: 2, data: { title: 'seen by its default' } },
    ]);
    expect(told.ordinary).toBe(0);
    expect(told.answers).toHaveLength(11);
    expect(told.changes.length).toBeGreaterThan(11);
  });

  it('is refused by constraints as an ordinary one, and leaves nothing', async () => {
    const told = await same([
      { data: { title: 'once' } },
      { data: { title: 'once' } },
      { data: {} },
      { data: { title: 'cheap', price: -1 } },
      { namespace: 'pairs', data: { a: 1, b: 'x' } },
      { namespace: 'pairs', data: { a: 1, b: 'x' } },
      { namespace: 'keys', data: {} },
      { data: { title: 'after all' } },
    ]);
    expect(told.ordinary).toBe(0);
    expect(told.answers.map((answer) => (answer as number[])[0])).toEqual([201, 409, 422, 422, 201, 409, 422, 201]);
  });

  it('is refused where its writer would not see the row, whether memory knows or the database', async () => {
    const prepare = [
      `CREATE TRIGGER "live" AFTER INSERT ON "article" WHEN NEW."title" = 'turned' BEGIN
      UPDATE "article" SET "status" = 'live' WHERE "id" = NEW."id"; END`,
    ];
    const told = await same(
      [
        { user: 2, data: { title: 'a', status: 'live' } },
        { user: 2, data: { title: 'b', status: 'draft' } },
        { user: 2, data: { title: 'turned' } },
        { user: 1, data: { title: 'turned', status: 'draft' } },
      ],
      prepare,
    );
    expect(told.ordinary).toBe(0);
    expect(told.answers.map((answer) => (answer as number[])[0])).toEqual([400, 201, 400, 201]);
    expect(JSON.stringify(told.changes)).toContain('"status":"live"'); // as the trigger left it
  });

  it('names related rows only where the writer could retrieve them', async () => {
    const told = await same([
      { data: { title: 'own shelf', shelfId: 1 } },
      { data: { title: 'own shelf by relation', shelf: { id: 1 } } },
      { data: { title: 'the shelf of another', shelfId: 2 } },
      { data: { title: 'no shelf at all', shelfId: 99 } },
      { user: 2, data: { title: 'own', shelfId: 2 } },
    ]);
    expect(told.ordinary).toBe(0);
    expect(told.answers.map((answer) => (answer as number[])[0])).toEqual([201, 201, 400, 400, 201]);
  });

  it('is left to TypeORM where only that knows what to do', async () => {
    const told = await same([
      { namespace: 'transformed', data: { name: 'a' } },
      { namespace: 'listened', data: { name: 'a' } },
      { namespace: 'documents', data: { name: { a: [1] } } },
      { namespace: 'own-keys', data: {} },
      { data: { title: 'too big', stock: 2 ** 60 } },
      { data: { title: 'chosen', id: 70 } },
    ]);
    expect(told.ordinary).toBe(6);
    expect(told.answers.map((answer) => (answer as number[])[0])).toEqual([201, 201, 201, 201, 201, 201]);
  });

  it('is left to TypeORM where a trigger takes the row away', async () => {
    const prepare = [`CREATE TRIGGER "gone" AFTER INSERT ON "key" BEGIN DELETE FROM "key"; END`];
    const told = await same([{ namespace: 'keys', data: { name: 'a' } }], prepare);
    expect(told.ordinary).toBe(1);
    expect(told.changes).toEqual([]);
  });
});

describe('a create while others use the connection', () => {
  it('is heard by subscribers of the application', async () => {
    await using app = await start(true);
    const heard: string[] = [];
    const subscriber: EntitySubscriberInterface = { afterInsert: ({ metadata }) => void heard.push(metadata.name) };
    app.dataSource.subscribers.push(subscriber);
    const ada = await app.connect(1);
    expect(await ada.call('keys', 'create', 'POST', { data: { name: 'a' } })).toMatchObject({ status: 201 });
    expect(heard).toEqual(['Key']);
  });

  it('waits for the transaction that has it, and is no part of it', async () => {
    await using app = await start(true);
    const ada = await app.connect(1);
    const runner = app.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.manager.insert(Key, { name: 'undone' });
    const created = ada.call('keys', 'create', 'POST', { data: { name: 'kept' } });
    await ada.call('keys', 'nothing', 'GET'); // answered, so that the create has come as far as it can
    await runner.rollbackTransaction();
    await runner.release();
    expect(await created).toMatchObject({ status: 201 });
    expect((await app.dataSource.manager.find(Key)).map(({ name }) => name)).toEqual(['kept']);
  });

  it('asks again who may name a related row, if anybody wrote meanwhile', async () => {
    await using app = await start(true);
    const { manager } = app.dataSource;
    await manager.insert(Shelf, { ownerId: 1 });
    const ada = await app.connect(1);
    const hook = app.get(ShelfHook);
    let open = (): void => undefined;
    hook.gate = new Promise((resolve) => (open = resolve));
    const created = ada.call('articles', 'create', 'POST', { data: { title: 'a', shelfId: 1 } });
    await vi.waitFor(() => expect(hook.asked).toBe(1));
    await manager.update(Shelf, 1, { ownerId: 2 });
    open();
    expect(await created).toMatchObject({ status: 400, data: { errors: { shelfId: ['This row does not exist.'] } } });
    expect(hook.asked).toBe(2);
    expect(await manager.count(Article)).toBe(0);
  });

  it('carries the position of its commit', async () => {
    await using app = await start(true);
    const ada = await app.connect(1);
    await ada.subscribe('keys');
    const inserts = vi.spyOn(EntityManager.prototype, 'insert');
    const { position } = await ada.call('keys', 'create', 'POST', { data: { name: 'a' } });
    const [change] = await ada.nextChanges('keys', 1);
    expect(change).toMatchObject({ type: 'added', position, data: { name: 'a' } });
    expect(inserts).not.toHaveBeenCalled();
  });
});
