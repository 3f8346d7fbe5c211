import { Expose } from 'class-transformer';
import { Allow } from 'class-validator';
import { Check, Column, Entity, JoinColumn, ManyToOne, PrimaryGeneratedColumn, Unique, type Relation } from 'typeorm';
import { expect, it } from 'vitest';
import { Hook, ModelHook } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Shelf {
  @PrimaryGeneratedColumn() id: number;
  @Column({ length: 20, unique: true }) label: string;
}

@Entity()
@Unique(['shelfId', 'title'])
@Check('pages_are_positive', 'pages > 0')
class Book {
  @PrimaryGeneratedColumn() id: number;
  @Column({ name: 'book_title', length: 20 }) title: string;
  @Column() pages: number;
  @Column() shelfId: number;
  @ManyToOne(() => Shelf) @JoinColumn({ name: 'shelfId' }) shelf: Relation<Shelf>;
}

/** Takes anything: here the database is the only judge. */
class AnyBook {
  @Allow() title: unknown;
  @Allow() pages: unknown;
  @Allow() shelfId: unknown;
}
class AnyShelf {
  @Allow() label: unknown;
}
class BookView {
  @Expose() id: number;
  @Expose() title: string;
}
class ShelfView {
  @Expose() id: number;
}

@Hook('books')
class BookHook extends ModelHook<Book> {
  entity = Book;
  createInput = AnyBook;
  output = BookView;
}
@Hook('shelves')
class ShelfHook extends ModelHook<Shelf> {
  entity = Shelf;
  createInput = AnyShelf;
  output = ShelfView;
}

describeEachDatabase('a refusal of the database', ({ type, options }) => {
  it('is answered with its kind and the field, never with its text', async () => {
    await using app = await createTestApp({
      entities: [Shelf, Book],
      providers: [BookHook, ShelfHook],
      database: await options([Shelf, Book]),
    });
    // TypeORM makes no checks in MySQL's family.
    if (type === 'mariadb')
      await app.dataSource.query('ALTER TABLE book ADD CONSTRAINT pages_are_positive CHECK (pages > 0)');
    const client = await app.connect(1);
    const create = (namespace: string, data: object) => client.call(namespace, 'create', 'POST', { data });
    expect(await create('shelves', { label: 'A' })).toMatchObject({ status: 201 });
    expect(await create('shelves', { label: 'A' })).toMatchObject({
      status: 409,
      data: { code: 'CONFLICT', errors: { label: ['This value is already taken.'] } },
    });
    expect(await create('books', { title: 'One', pages: 1, shelfId: 1 })).toMatchObject({ status: 201 });
    const twice = await create('books', { title: 'One', pages: 1, shelfId: 1 });
    expect(twice).toMatchObject({ status: 409, data: { code: 'CONFLICT' } });
    expect(Object.keys((twice.data as { errors: object }).errors).toSorted()).toEqual(['shelfId', 'title']);
    expect(JSON.stringify(twice)).not.toMatch(/constraint|duplicate|book_title/i);
    expect(await create('books', { title: 'Two', pages: -1, shelfId: 1 })).toMatchObject({
      status: 422,
      data: { code: 'UNPROCESSABLE', errors: { pages: ['This value is not allowed.'] } },
    });
    expect(await create('books', { title: null, pages: 1, shelfId: 1 })).toMatchObject({
      status: 422,
      data: { code: 'UNPROCESSABLE', errors: { title: ['This value is required.'] } },
    });
    expect(await client.call('shelves', 'destroy', 'DELETE', { query: { pk: 1 } })).toMatchObject({
      status: 409,
      data: { code: 'CONFLICT' },
    });
    // A failed write leaves nothing behind, and the next one works.
    expect(await create('books', { title: 'Three', pages: 3, shelfId: 1 })).toMatchObject({ status: 201 });
    expect(await client.call('books', 'list', 'GET')).toMatchObject({ data: { count: 2 } });
  });
});
