// Reads of one moment are one statement of the database: each caller must be answered as if it had asked alone.

import { createRequire } from 'node:module';
import fc from 'fast-check';
import { Expose } from 'class-transformer';
import { Hook, ReadOnlyModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { Column, Entity, ManyToOne, OneToMany, PrimaryColumn } from 'typeorm';
import { afterEach, expect, it, vi } from 'vitest';
import { createTestApp, type TestClient } from '../support/app.js';
import { describeEachServer } from '../support/databases.js';

const { Client } = createRequire(import.meta.url)('pg') as {
  Client: { prototype: { query(...args: unknown[]): unknown } };
};

@Entity()
class Folder {
  @PrimaryColumn() id: number;
  @OneToMany(() => Reader, ({ folder }) => folder) readers: Reader[];
}

@Entity()
class Reader {
  @PrimaryColumn() userId: number;
  @PrimaryColumn() folderId: number;
  @ManyToOne(() => Folder, ({ readers }) => readers) folder: Folder;
}

/** Keys that an array of PostgreSQL would have to quote; no two of them are alike without case. */
const NAMES = ['a', 'NULL', '{}', '{a,b}', 'a,b', '"', '""', '\\', "'", '$1', '"p1"', '😀', '5', 'b c'];

@Entity()
class Page {
  @PrimaryColumn({ type: 'varchar', length: 40 }) name: string;
  @Column({ type: 'int' }) number: number;
  @Column({ type: Date }) at: Date;
  @Column() folderId: number;
  @ManyToOne(() => Folder) folder: Folder;
}

class PageView {
  @Expose() name: string;
  @Expose() number: number;
  @Expose() at: Date;
}

@Hook('pages')
class PageHook extends ReadOnlyModelHook<Page> {
  entity = Page;
  output = PageView;
  override filterFields = { number: ['lt'] } as const;
  override ordering = ['number'];

  override visibility({ user }: HookScope): Visibility<Page> {
    return { folder: { readers: { userId: user?.id ?? 0 } } };
  }
}

@Hook('altered')
class AlteredHook extends PageHook {
  /** As code does that takes the row for its own. */
  override serialize(row: Page, { user }: HookScope): unknown {
    row.at.setUTCFullYear(row.at.getUTCFullYear() + Number(user?.id));
    return super.serialize(row, {} as HookScope);
  }
}

const AT = '2026-03-04T05:06:07.000Z';
const FOLDERS = 4;
const READERS: Record<number, number[]> = { 1: [1, 2, 3, 4], 2: [2], 3: [1, 3], 4: [] };
const folderOf = (name: string): number => (NAMES.indexOf(name) % FOLDERS) + 1;
const sees = (user: number, name: string): boolean => NAMES.includes(name) && READERS[user].includes(folderOf(name));

describeEachServer('Reads together', ({ type, options }) => {
  afterEach(() => vi.restoreAllMocks());

  const start = async () => {
    const entities = [Folder, Reader, Page];
    const database = await options(entities);
    const app = await createTestApp({ entities, providers: [PageHook, AlteredHook], database });
    const { manager } = app.dataSource;
    await manager.insert(
      Folder,
      Array.from({ length: FOLDERS }, (_, n) => ({ id: n + 1 })),
    );
    await manager.insert(Reader, Object.entries(READERS).flatMap(([user, folders]) => folders.map((folderId) => ({ userId: Number(user), folderId })))); // prettier-ignore
    await manager.insert(Page, NAMES.map((name, number) => ({ name, number, at: new Date(AT), folderId: folderOf(name) }))); // prettier-ignore
    const clients = await Promise.all(Object.keys(READERS).map((user) => app.connect(Number(user))));
    const retrieve = (user: number, pk: string, requestId?: string) =>
      clients[user - 1].call('pages', 'retrieve', 'GET', { ...(requestId && { requestId }), query: { pk } });
    const texts = type === 'postgres' ? spied() : [];
    return { app, clients, retrieve, texts, [Symbol.asyncDispose]: () => app.close() };
  };

  /** What is sent to PostgreSQL. */
  const spied = (): string[] => {
    const texts: string[] = [];
    // oxlint-disable-next-line typescript/unbound-method -- called on whoever it was called on
    const { query } = Client.prototype;
    vi.spyOn(Client.prototype, 'query').mockImplementation(function (this: unknown, ...args) {
      const [sent] = args as [{ text?: string } | string];
      texts.push(typeof sent === 'string' ? sent : (sent.text ?? ''));
      return query.apply(this, args);
    });
    return texts;
  };

  const isShared = (text: string): boolean => text.includes('jira_asked');

  /** The server names a statement that recurs, and tells its types. */
  const warmUp = async ({ retrieve }: { retrieve: (user: number, pk: string) => Promise<unknown> }): Promise<void> => {
    for (let n = 0; n < 8; n++) await retrieve(1, 'a');
  };

  it('are answered each by its own caller and key', async () => {
    await using world = await start();
    await warmUp(world);
    const asked = fc.record({ user: fc.integer({ min: 1, max: 4 }), name: fc.constantFrom(...NAMES, 'none', 'b') }); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { minLength: 2, maxLength: 100 }), async (all) => {
        const answers = await Promise.all(all.map(({ user, name }) => world.retrieve(user, name)));
        const shown = answers.map(({ status, data }) => (status === 200 ? (data as PageView) : status));
        expect(shown).toEqual(
          all.map(({ user, name }) => (sees(user, name) ? { name, number: NAMES.indexOf(name), at: AT } : 404)),
        );
      }),
      { numRuns: 60 },
    );
    expect(world.texts.some(isShared)).toBe(type === 'postgres');
  });

  it('of equal lists are one statement, whose rows are each caller’s own', async () => {
    await using world = await start();
    const [ada] = world.clients;
    const list = (client: TestClient, hook = 'altered') =>
      client.call(hook, 'list', 'GET', { query: { page_size: 3, number__lt: 9 } });
    for (let round = 0; round < 5; round++) {
      world.texts.length = 0;
      const answers = await Promise.all(Array.from({ length: 30 }, () => list(ada)));
      for (const { data } of answers)
        expect(data).toMatchObject({
          count: 9,
          results: [0, 1, 2].map((number) => ({ number, at: AT.replace('2026', '2027') })),
        });
      expect(world.texts.filter((text) => text.includes('"page"')).length).toBeLessThan(30);
    }
  });

  if (type !== 'postgres') return;

  it('fail alone where one of them cannot be read', async () => {
    await using world = await start();
    await warmUp(world);
    const alone = await world.retrieve(1, 'a\u0000');
    world.texts.length = 0;
    const answers = await Promise.all(['a', '5', 'a\u0000', '{}'].map((name) => world.retrieve(1, name)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, alone.status, 200]);
    expect(world.texts.some(isShared)).toBe(true);
  });

  it('go on when the one they were sent for gives up', async () => {
    await using world = await start();
    await warmUp(world);
    const [ada] = world.clients;
    const { dataSource } = world.app;
    const locking = dataSource.createQueryRunner();
    await locking.startTransaction();
    await locking.query('LOCK TABLE page IN ACCESS EXCLUSIVE MODE');
    world.texts.length = 0;
    const sent = ['a', '"', '{}', '5'].map((name) => world.retrieve(1, name, name));
    await vi.waitFor(() => expect(world.texts.some(isShared)).toBe(true));
    expect(await ada.call('pages', '$cancel', 'SUBSCRIPTION', { data: { target: 'a' } })).toMatchObject({
      status: 200,
    });
    expect((await sent[0]).status).not.toBe(200);
    // Cancelled with the first, and asked for again by each of the others.
    await vi.waitFor(() => expect(world.texts.filter((text) => text.includes('"page"') && !isShared(text))).toHaveLength(3)); // prettier-ignore
    await locking.commitTransaction();
    await locking.release();
    expect((await Promise.all(sent.slice(1))).map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});
