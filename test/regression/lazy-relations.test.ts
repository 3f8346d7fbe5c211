// A lazy relation is a getter that loads: no request of ours may read it in passing.

import { Column, Entity, ManyToOne, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { Expose } from 'class-transformer';
import { IsObject, IsOptional, IsString } from 'class-validator';
import { expect, it } from 'vitest';
import { Hook, ModelHook } from 'nestjs-jira';
import { createTestApp } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity({ name: 'lazy_shelf' })
class Shelf {
  @PrimaryColumn() room: string;
  @PrimaryColumn() number: number;
}

@Entity({ name: 'lazy_book' })
class Book {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @ManyToOne(() => Shelf, { lazy: true, nullable: true }) shelf: Promise<Shelf | null>;
}

class BookInput {
  @IsString() title: string;
  @IsOptional() @IsObject() shelf?: object | null;
}

class BookChanges {
  @IsOptional() @IsString() title?: string;
  @IsOptional() @IsObject() shelf?: object | null;
}

class BookView {
  @Expose() id: number;
  @Expose() title: string;
}

class ShelfView {
  @Expose() room: string;
  @Expose() number: number;
}

@Hook('shelves')
class ShelfHook extends ModelHook<Shelf> {
  entity = Shelf;
  output = ShelfView;
}

@Hook('books')
class BookHook extends ModelHook<Book> {
  entity = Book;
  output = BookView;
  createInput = BookInput;
  updateInput = BookChanges;
}

const ENTITIES = [Shelf, Book];

describeEachDatabase('a lazy relation by a composite key', ({ options }) => {
  it('is neither loaded nor changed by requests that leave it out', async () => {
    const database = await options(ENTITIES);
    await using app = await createTestApp({ entities: ENTITIES, providers: [ShelfHook, BookHook], database });
    const { manager } = app.dataSource;
    await manager.insert(Shelf, { room: 'a', number: 1 });
    const client = await app.connect(1);
    // TypeORM itself cannot load a relation by a composite key: whoever tried would fail.
    const created = await client.call('books', 'create', 'POST', { data: { title: 'one' } });
    expect(created).toMatchObject({ status: 201, data: { id: 1, title: 'one' } });
    const shelf = { room: 'a', number: 1 };
    const placed = await client.call('books', 'create', 'POST', { data: { title: 'two', shelf } });
    expect(placed).toMatchObject({ status: 201, data: { id: 2 } });
    const renamed = await client.call('books', 'update', 'PATCH', {
      query: { pk: 2 },
      data: { title: 'three' },
    });
    expect(renamed).toMatchObject({ status: 200, data: { id: 2, title: 'three' } });
    const held = await manager.createQueryBuilder(Book, 'b').innerJoin('b.shelf', 's').where('s.number = 1').getMany();
    expect(held.map(({ id }) => id)).toEqual([2]);
    const taken = await client.call('books', 'update', 'PATCH', { query: { pk: 2 }, data: { shelf: null } });
    expect(taken).toMatchObject({ status: 200, data: { id: 2 } });
    expect(await manager.createQueryBuilder(Book, 'b').innerJoin('b.shelf', 's').getCount()).toBe(0);
    const nowhere = { data: { title: 'four', shelf: { room: 'b', number: 1 } } };
    expect(await client.call('books', 'create', 'POST', nowhere)).toMatchObject({
      status: 400,
      data: { errors: { shelf: [expect.any(String)] } },
    });
  });
});
