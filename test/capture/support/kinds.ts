// Each kind of write, and what it announces on every database.

import type { EntityManager } from 'typeorm';
import { Author, Book, Dog, Page, Seat, Tag } from './library.js';

export interface Kind {
  readonly title: string;
  readonly write: (manager: EntityManager) => Promise<unknown>;
  readonly announced: readonly string[];
}

const book = (manager: EntityManager, id = 1) => manager.findOneByOrFail(Book, { id });

/** Rows before each: author 1 with books 1 (title a, pages 1 and 2) and 2 (title b); tag x on book 1; seat 1A; cat 1, dog 2. */
export const KINDS: readonly Kind[] = [
  { title: '`save` of a new row', write: (m) => m.save(Author, { name: 'new' }), announced: ['added Author 2'] },
  {
    title: '`save` of a changed row',
    write: async (m) => m.save(Object.assign(await book(m), { title: 'z' })),
    announced: ['modified Book 1'],
  },
  {
    title: '`save` of part of a row',
    write: (m) => m.save(Book, { id: 2, title: 'z' }),
    announced: ['modified Book 2'],
  },
  { title: '`save` of an unchanged row', write: async (m) => m.save(await book(m)), announced: [] },
  {
    title: '`save` of several rows, in chunks',
    write: (m) => m.save(Author, [{ name: 'n' }, { id: 1, name: 'o' }, { name: 'p' }], { chunk: 2 }),
    announced: ['added Author 2', 'modified Author 1', 'added Author 3'],
  },
  {
    title: '`save` with cascaded rows',
    write: (m) => m.save(m.create(Author, { name: 'new', books: [{ title: 'c', pages: [{ number: 1 }] }] })),
    announced: ['added Author 2', 'added Book 3', 'added Page 3'],
  },
  {
    title: '`save` that sets an orphan’s foreign key to null',
    write: async (m) => {
      const author = await m.findOneOrFail(Author, { where: { id: 1 }, relations: { books: true } });
      return m.save(Object.assign(author, { books: author.books.filter(({ id }) => id !== 2) }));
    },
    announced: ['modified Book 2'],
  },
  {
    title: '`save` that deletes an orphan',
    write: async (m) => {
      const found = await m.findOneOrFail(Book, { where: { id: 1 }, relations: { pages: true } });
      return m.save(Object.assign(found, { pages: found.pages.filter(({ id }) => id !== 2) }));
    },
    announced: ['removed Page 2'],
  },
  {
    title: '`save` with `{ transaction: false }`: each statement is a commit of its own',
    write: (m) => m.save(Author, [{ id: 1, name: 'o' }, { name: 'n' }], { transaction: false }),
    announced: ['added Author 2', 'modified Author 1'],
  },
  {
    title: '`save` with `{ listeners: false }`',
    write: (m) => m.save(Author, { name: 'new' }, { listeners: false }),
    announced: ['added Author 2'],
  },
  { title: '`insert` of one row', write: (m) => m.insert(Author, { name: 'new' }), announced: ['added Author 2'] },
  {
    title: '`insert` of several rows',
    write: (m) => m.insert(Author, [{ name: 'n' }, { name: 'o' }]),
    announced: ['added Author 2', 'added Author 3'],
  },
  {
    title: '`insert` of what a select gives',
    write: (m) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Author, ['name'])
        .valuesFromSelect((qb) => qb.select('b.title').from(Book, 'b').where('b.id = 1'))
        .execute(),
    announced: ['added Author 2'],
  },
  {
    title: '`update` by criteria',
    write: (m) => m.update(Book, { author: { id: 1 } }, { price: 5 }),
    announced: ['modified Book 1', 'modified Book 2'],
  },
  {
    title: '`update` that matches no row',
    write: (m) => m.update(Book, { title: 'none' }, { price: 5 }),
    announced: [],
  },
  {
    title: '`updateAll`',
    write: (m) => m.updateAll(Page, { number: 5 }),
    announced: ['modified Page 1', 'modified Page 2'],
  },
  {
    title: '`update` to the values that are there',
    write: (m) => m.update(Author, 1, { name: 'author' }),
    announced: [],
  },
  {
    title: '`update` of an embedded column',
    write: (m) => m.update(Book, 1, { counts: { lent: 3 } }),
    announced: ['modified Book 1'],
  },
  {
    title: '`update` of a part of a composite key',
    write: (m) => m.update(Seat, { row: 1, letter: 'A' }, { letter: 'B' }),
    announced: ['removed Seat {"row":1,"letter":"A"}', 'added Seat {"row":1,"letter":"B"}'],
  },
  {
    title: '`increment`, `decrement`',
    write: async (m) => {
      await m.increment(Page, { id: 1 }, 'number', 2);
      await m.decrement(Page, { id: 2 }, 'number', 2);
    },
    announced: ['modified Page 1', 'modified Page 2'],
  },
  {
    title: 'query builder `update`, `callListeners(false)`',
    write: (m) =>
      m
        .createQueryBuilder()
        .update(Page)
        .set({ number: () => 'number + 1' })
        .where('number > :n', { n: 1 })
        .callListeners(false)
        .execute(),
    announced: ['modified Page 2'],
  },
  {
    title: '`upsert`',
    write: (m) => m.upsert(Tag, [{ id: '11111111-1111-4111-8111-111111111111', name: 'x2' }], ['id']),
    announced: ['modified Tag 11111111-1111-4111-8111-111111111111'],
  },
  {
    title: '`upsert` of rows that are there and not',
    write: (m) =>
      m.upsert(
        Seat,
        [
          { row: 1, letter: 'A', guest: 'g' },
          { row: 2, letter: 'A' },
        ],
        ['row', 'letter'],
      ),
    announced: ['modified Seat {"row":1,"letter":"A"}', 'added Seat {"row":2,"letter":"A"}'],
  },
  {
    title: 'query builder `insert` with `orIgnore`',
    write: (m) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Seat)
        .values([
          { row: 1, letter: 'A', guest: 'g' },
          { row: 3, letter: 'A' },
        ])
        .orIgnore()
        .execute(),
    announced: ['added Seat {"row":3,"letter":"A"}'],
  },
  { title: '`delete` by id', write: (m) => m.delete(Page, 1), announced: ['removed Page 1'] },
  {
    title: '`delete` by criteria',
    write: (m) => m.delete(Page, { book: { id: 1 } }),
    announced: ['removed Page 1', 'removed Page 2'],
  },
  { title: '`deleteAll`', write: (m) => m.deleteAll(Page), announced: ['removed Page 1', 'removed Page 2'] },
  {
    title: '`remove`',
    write: async (m) => m.remove(await m.findOneByOrFail(Page, { id: 1 })),
    announced: ['removed Page 1'],
  },
  { title: '`softDelete`', write: (m) => m.softDelete(Book, { title: 'a' }), announced: ['removed Book 1'] },
  { title: '`softRemove`', write: async (m) => m.softRemove(await book(m)), announced: ['removed Book 1'] },
  {
    title: '`restore`, `recover`',
    write: async (m) => {
      await m.softDelete(Book, [1, 2]);
      await m.restore(Book, 1);
      await m.recover(await m.findOneOrFail(Book, { where: { id: 2 }, withDeleted: true }));
    },
    announced: ['removed Book 1', 'removed Book 2', 'added Book 1', 'added Book 2'],
  },
  {
    title: 'a write to a soft-deleted row',
    write: async (m) => {
      await m.softDelete(Book, 2);
      await m.update(Book, 2, { price: 1 });
      await m.delete(Book, 2);
    },
    announced: ['removed Book 2', 'modified Book 2 (deleted)', 'removed Book 2 (deleted)'],
  },
  {
    title: 'many-to-many through `save`',
    write: async (m) => {
      const found = await m.findOneOrFail(Book, { where: { id: 1 }, relations: { tags: true } });
      await m.save(Object.assign(found, { tags: [] }));
    },
    announced: ['modified Book 1'],
  },
  {
    title: '`relation().add`, `relation().remove`, from either side',
    write: async (m) => {
      const tag = await m.findOneByOrFail(Tag, { name: 'x' });
      await m.createQueryBuilder().relation(Book, 'tags').of(2).add(tag);
      await m.createQueryBuilder().relation(Tag, 'books').of(tag).remove(2);
    },
    announced: ['modified Book 2', 'modified Book 2'],
  },
  {
    title: '`relation().set`',
    write: (m) => m.createQueryBuilder().relation(Book, 'author').of(2).set(null),
    announced: ['modified Book 2'],
  },
  {
    title: 'table inheritance: the concrete entity, whichever class the write names',
    write: async (m) => {
      await m.save(Dog, { name: 'rex' });
      await m.update('Animal', { name: 'tom' }, { name: 'tim' });
    },
    announced: ['added Dog 3', 'modified Cat 1'],
  },
  {
    title: 'insert and update in one transaction',
    write: (m) =>
      m.transaction(async (inner) => {
        const author = await inner.save(Author, { name: 'n' });
        await inner.update(Author, author.id, { name: 'o' });
      }),
    announced: ['added Author 2'],
  },
  {
    title: 'insert and delete in one transaction',
    write: (m) =>
      m.transaction(async (inner) => {
        const { id } = await inner.save(Author, { name: 'n' });
        await inner.delete(Author, id);
      }),
    announced: [],
  },
  {
    title: 'update and delete in one transaction',
    write: (m) =>
      m.transaction(async (inner) => {
        await inner.update(Page, 1, { number: 9 });
        await inner.delete(Page, 1);
      }),
    announced: ['removed Page 1'],
  },
  {
    title: 'delete and insert of one key in one transaction',
    write: (m) =>
      m.transaction(async (inner) => {
        await inner.delete(Seat, { row: 1 });
        await inner.insert(Seat, { row: 1, letter: 'A', guest: 'g' });
      }),
    announced: ['modified Seat {"row":1,"letter":"A"}'],
  },
  {
    title: 'update and update back in one transaction',
    write: (m) =>
      m.transaction(async (inner) => {
        await inner.update(Author, 1, { name: 'other' });
        await inner.update(Author, 1, { name: 'author' });
      }),
    announced: [],
  },
  {
    title: 'a transaction that rolls back',
    write: (m) =>
      m
        .transaction(async (inner) => {
          await inner.delete(Page, 1);
          throw new Error('undo');
        })
        .catch(() => undefined),
    announced: [],
  },
  {
    title: 'raw SQL, `clear()`: not seen',
    write: (m) => m.query('UPDATE page SET number = 8 WHERE id = 1'),
    announced: [],
  },
  {
    title: 'rows that `ON DELETE CASCADE` takes with them: not seen',
    write: (m) => m.createQueryBuilder().delete().from(Book).where({ id: 1 }).execute(),
    announced: ['removed Book 1'],
  },
];
