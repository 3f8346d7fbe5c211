// Transactions and their ends: what is not committed is not announced, and what is, once and truthfully.

import { DataSource, type EntitySubscriberInterface } from 'typeorm';
import { beforeEach, describe, expect, it } from 'vitest';
import { TypeOrmChangeSource } from '../../libs/jira/src/commits/capture/typeorm-change-source.js';
import { installSqliteLeases } from '../../libs/jira/src/commits/leases/sqlite-leases.js';
import { describeEachDatabase } from '../support/databases.js';
import { Author, Book, LIBRARY, Page, Seat, Tag } from './support/library.js';
import { Mirror } from './support/mirror.js';

describeEachDatabase('The end of a transaction', ({ type, open }) => {
  let dataSource: DataSource;
  let mirror: Mirror;

  beforeEach(async () => {
    dataSource = await open(LIBRARY);
    installSqliteLeases(dataSource);
    mirror = new Mirror(dataSource, ['Author', 'Tag', 'Book', 'Page', 'Seat', 'Animal'], ['Book']);
  });

  // https://github.com/typeorm/typeorm/issues/743, https://github.com/typeorm/typeorm/issues/8661
  it('is when changes are announced, and others can read them by then', async () => {
    let seen: Promise<Author[]> | undefined;
    mirror.source.listen({ onCommit: () => void (seen = dataSource.manager.find(Author)), onGap: () => undefined });
    await dataSource.transaction(async (manager) => {
      await manager.save(Author, { name: 'a' });
      expect(mirror.take()).toEqual([]);
    });
    expect(mirror.take()).toEqual(['added Author 1']);
    expect(await seen).toMatchObject([{ name: 'a' }]);
  });

  // https://github.com/typeorm/typeorm/issues/2246, https://github.com/typeorm/typeorm/issues/2278
  it('announces ids and images of what query builders wrote by criteria', async () => {
    await dataSource.manager.insert(Author, [{ name: 'a' }, { name: 'b' }]);
    mirror.commits.length = 0;
    await dataSource.createQueryBuilder().update(Author).set({ name: 'z' }).where('name = :n', { n: 'b' }).execute();
    await dataSource.createQueryBuilder().delete().from(Author).where('id = :id', { id: 1 }).execute();
    expect(mirror.changes).toEqual([
      expect.objectContaining({ id: 2, type: 'modified', before: { id: 2, name: 'b' }, after: { id: 2, name: 'z' } }),
      expect.objectContaining({ id: 1, type: 'removed', before: { id: 1, name: 'a' } }),
    ]);
  });

  it('forgets a middle savepoint that rolled back and keeps the rows around it', async () => {
    await dataSource.transaction(async (one) => {
      await one.save(Author, { name: 'one' });
      const middle = one.transaction(async (two) => {
        await two.save(Author, { name: 'two' });
        await two.transaction((three) => three.update(Author, { name: 'one' }, { name: 'changed' }));
        throw new Error('undo');
      });
      await expect(middle).rejects.toThrow('undo');
      await one.transaction((two) => two.save(Author, { name: 'last' }));
    });
    expect(mirror.commits).toHaveLength(1);
    expect(mirror.changes.map(({ after }) => after?.['name'])).toEqual(['one', 'last']);
    expect(await mirror.compare()).toEqual([]);
  });

  it('announces a transaction that was begun by hand, and names its query runner', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.manager.insert(Author, { name: 'a' });
    await runner.commitTransaction();
    await runner.release();
    expect(mirror.commits.map(({ transaction }) => transaction)).toEqual([runner]);
  });

  it('announces nothing when the COMMIT fails', async () => {
    if (type === 'mariadb') return; // It has no constraints that are checked at the end.
    await dataSource.query(`CREATE TABLE late (ref INT REFERENCES author (id) DEFERRABLE INITIALLY DEFERRED)`);
    const failed = dataSource.transaction(async (manager) => {
      await manager.insert(Author, { name: 'a' });
      await manager.query('INSERT INTO late VALUES (77)');
    });
    await expect(failed).rejects.toThrow(/foreign key/i);
    await dataSource.manager.insert(Author, { name: 'b' });
    expect(mirror.changes.map(({ after }) => after?.['name'])).toEqual(['b']);
    expect(await mirror.compare()).toEqual([]);
  });

  it('announces what is there when an error inside was swallowed', async () => {
    await dataSource.manager.insert(Tag, { name: 'x' });
    await dataSource.transaction(async (manager) => {
      await manager.insert(Author, { name: 'a' });
      await manager.insert(Tag, { name: 'x' }).catch(() => undefined);
    });
    // PostgreSQL answers this COMMIT with ROLLBACK, and TypeORM does not notice.
    expect(await dataSource.manager.count(Author)).toBe(type === 'postgres' ? 0 : 1);
    expect(await mirror.compare()).toEqual([]);
  });

  it('gives truthful images before to saves of one row at the same time', async () => {
    const author = await dataSource.manager.save(Author, { name: 'n' });
    mirror.commits.length = 0;
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => dataSource.manager.save(Author, { id: author.id, name })));
    const chain = mirror.changes.map(({ before, after }) => [before?.['name'], after?.['name']]);
    expect(chain).toHaveLength(4);
    for (const [index, [before]] of chain.entries()) expect(before).toBe(index === 0 ? 'n' : chain[index - 1]?.[1]);
  });

  it('keeps the order of commits of one row through many races', async () => {
    await dataSource.manager.save(Seat, { row: 1, letter: 'A', guest: 'g' });
    for (let round = 0; round < 40; round++) {
      const guests = ['a', 'b', 'c'].map((letter) => `${letter}${round}`);
      await Promise.all(guests.map((guest) => dataSource.manager.update(Seat, { row: 1 }, { guest })));
    }
    expect(await mirror.compare()).toEqual([]);
    expect(mirror.changes).toHaveLength(121);
  });

  it('writes only the rows it has read, when another comes to match in between', async () => {
    if (type === 'better-sqlite3') return; // One writer at a time.
    await dataSource.manager.insert(Page, [{ number: 1 }, { number: 1 }, { number: 2 }] as object[]);
    mirror.commits.length = 0;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const first = dataSource.transaction(async (manager) => {
      await manager.update(Page, { id: 1 }, { number: 1_0 });
      await held;
      await manager.update(Page, { id: 3 }, { number: 1 });
    });
    const second = dataSource.manager.update(Page, { number: 1 }, { number: 5 });
    release();
    await Promise.all([first, second]);
    expect(await mirror.compare()).toEqual([]);
  });

  it('keeps announcing when a listener throws, and the writer does not notice', async () => {
    const source = new TypeOrmChangeSource(dataSource, 'other');
    source.watch('Author');
    const heard: unknown[] = [];
    mirror.source.listen({
      onCommit: () => {
        throw new Error('listener');
      },
      onGap: () => undefined,
    });
    mirror.source.listen({ onCommit: (commit) => heard.push(commit), onGap: () => undefined });
    await dataSource.manager.insert(Author, { name: 'a' });
    expect(heard).toHaveLength(1);
  });

  it('announces what a subscriber of the application writes just before the COMMIT', async () => {
    let isDone = false;
    const subscriber: EntitySubscriberInterface = {
      beforeTransactionCommit: async ({ manager }) => {
        if (isDone) return;
        isDone = true;
        await new Promise(setImmediate);
        await manager.insert(Author, { name: 'late' });
      },
    };
    dataSource.subscribers.push(subscriber);
    await dataSource.manager.save(Author, { name: 'a' });
    expect(mirror.take()).toEqual(['added Author 1', 'added Author 2']);
    expect(await mirror.compare()).toEqual([]);
  });

  it('announces what a subscriber of the application writes just after the COMMIT', async () => {
    let isFirst = true;
    const subscriber: EntitySubscriberInterface = {
      afterTransactionCommit: async () => {
        if (!isFirst) return;
        isFirst = false;
        await dataSource.manager.save(Author, { name: 'after' });
      },
    };
    dataSource.subscribers.push(subscriber);
    await dataSource.manager.save(Author, { name: 'first' });
    expect(mirror.take()).toEqual(['added Author 1', 'added Author 2']);
    expect(await mirror.compare()).toEqual([]);
  });

  it('shows the row as committed, with what triggers of the database did to it', async () => {
    if (type !== 'better-sqlite3') return;
    await dataSource.query(
      `CREATE TRIGGER loud AFTER INSERT ON author BEGIN UPDATE author SET name = upper(name) WHERE id = NEW.id; END`,
    );
    await dataSource.manager.save(Author, { name: 'quiet' });
    expect(mirror.changes).toMatchObject([{ after: { name: 'QUIET' } }]);
  });

  it('shapes images as the entity: transformers, embedded columns, hidden columns, foreign keys', async () => {
    const author = await dataSource.manager.save(Author, { name: 'a' });
    const { id } = await dataSource.manager.save(Book, { title: 't', price: 12.5, author });
    const image = mirror.changes.at(-1)?.after;
    expect(image).toMatchObject({
      id,
      price: 12.5,
      secret: 'hidden',
      counts: { read: 0, lent: null },
      author: { id: author.id },
      deletedAt: null,
      version: 1,
    });
    expect(image?.['updatedAt']).toBeInstanceOf(Date);
    const saved = await dataSource.manager.findOneByOrFail(Book, { id });
    for (const column of dataSource
      .getMetadata(Book)
      .columns.filter(({ isSelect, isVirtual }) => isSelect && !isVirtual)) {
      expect(column.getEntityValue(image ?? {})).toEqual(column.getEntityValue(saved));
    }
  });

  it('names a generated key as the database writes it', async () => {
    const id = 'AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA';
    await dataSource.manager.insert(Tag, { id, name: 'x' });
    const [tag] = await dataSource.manager.find(Tag);
    expect(mirror.changes.map((change) => change.id)).toEqual([tag?.id]);
    expect(await mirror.compare()).toEqual([]);
  });

  // https://github.com/typeorm/typeorm/issues/4419: no subscriber hears of rows that a database's cascade takes with it.
  it('warns at boot of what the database does by itself, and sees it where TypeORM does it instead', async () => {
    const author = await dataSource.manager.save(Author, { name: 'a' });
    const pages = dataSource.manager.create(Page, [{ number: 1 }, { number: 2 }]);
    const book = await dataSource.manager.save(Book, { title: 't', author, pages });
    mirror.commits.length = 0;
    await dataSource.transaction(async (manager) => {
      await manager.remove(pages);
      await manager.remove(Book, book);
    });
    expect(mirror.take()).toEqual(['removed Page 1', 'removed Page 2', 'removed Book 1']);
    expect(mirror.source.warnings()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /Page\.bookId has ON DELETE CASCADE.*Remove onDelete and write those rows through TypeORM first, or announce/,
        ),
      ]),
    );
  });
});

describe('Several data sources, and several lives of one', () => {
  const create = () =>
    new DataSource({ type: 'better-sqlite3', database: ':memory:', entities: LIBRARY, synchronize: true });

  it('keeps two data sources of one process apart', async () => {
    const [one, two] = [await create().initialize(), await create().initialize()];
    const [first, second] = [new Mirror(one, ['Author']), new Mirror(two, ['Page'])];
    await one.manager.insert(Author, { name: 'a' });
    await two.manager.insert(Author, { name: 'b' });
    await create().initialize();
    await two.manager.query(`INSERT INTO page (number) VALUES (1)`).catch(() => undefined);
    await one.manager.update(Author, 1, { name: 'c' });
    expect(first.take()).toEqual(['added Author 1', 'modified Author 1']);
    expect(second.take()).toEqual([]);
    await Promise.all([one.destroy(), two.destroy()]);
  });

  it('captures again after destroy, initialize and attach, and says so when it does not', async () => {
    const dataSource = await create().initialize();
    const { source, ...mirror } = ((made: Mirror) => ({ source: made.source, take: () => made.take() }))(
      new Mirror(dataSource, ['Author']),
    );
    source.assertAttached();
    await dataSource.destroy();
    await dataSource.initialize();
    expect(() => source.assertAttached()).toThrow('has observed entities, but its changes are not captured');
    source.attach();
    source.attach();
    source.assertAttached();
    await dataSource.manager.save(Author, { name: 'a' });
    expect(mirror.take()).toEqual(['added Author 1']);
    source.detach();
    await dataSource.manager.save(Author, { name: 'b' });
    expect(mirror.take()).toEqual([]);
    await dataSource.destroy();
  });

  it('refuses a data source that is not initialized, an unknown entity and another kind of database', async () => {
    const dataSource = create();
    expect(() => new TypeOrmChangeSource(dataSource, 'default').attach()).toThrow('is not initialized');
    await dataSource.initialize();
    const source = new TypeOrmChangeSource(dataSource, 'default');
    source.attach();
    expect(() => source.watch('Nobody')).toThrow('Nobody is watched, but is not an entity of its data source.');
    await dataSource.destroy();
  });
});
