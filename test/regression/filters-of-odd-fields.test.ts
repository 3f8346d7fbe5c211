// Fields whose names the query reads itself, null in a list of values, and declarations that have no meaning.

import { Expose } from 'class-transformer';
import { Column, Entity, ManyToOne, OneToMany, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { expect, it } from 'vitest';
import { Hook, ReadOnlyModelHook } from 'nestjs-jira';
import { createTestApp, type TestApp } from '../support/app.js';
import { describeEachDatabase, type TestDatabase } from '../support/databases.js';

@Entity()
class Book {
  @PrimaryGeneratedColumn() id: number;
  @Column() page: number;
  @Column() search: string;
  @Column({ type: String, nullable: true }) genre: string | null;
  @Column({ type: 'simple-json', nullable: true }) extra: object | null;
  @ManyToOne(() => Book, (book) => book.sequels, { nullable: true }) prequel: Relation<Book> | null;
  @OneToMany(() => Book, (book) => book.prequel) sequels: Relation<Book[]>;
}

class View {
  @Expose() id: number;
}

@Hook('books')
class BookHook extends ReadOnlyModelHook<Book> {
  entity = Book;
  output = View;
  override ordering = ['id'];
  override filterFields: Record<string, string[]> = {
    page: ['exact', 'gt'],
    search: ['exact'],
    genre: ['in', 'not_in'],
    prequel__genre: ['in'],
    id: ['range'],
  };
}

async function start(database: TestDatabase): Promise<TestApp> {
  const app = await createTestApp({
    entities: [Book],
    providers: [BookHook],
    database: await database.options([Book]),
  });
  const { manager } = app.dataSource;
  await manager.save(Book, { page: 1, search: 'a', genre: 'crime' });
  await manager.save(Book, { page: 2, search: 'b', genre: null, prequel: { id: 1 } });
  await manager.save(Book, { page: 3, search: 'c', genre: 'poems', prequel: { id: 2 } });
  return app;
}

describeEachDatabase('a query', (database) => {
  it('has one meaning where a field has the name of a key of its own', async () => {
    await using app = await start(database);
    const client = await app.connect(1);
    const list = async (query: object): Promise<unknown> => {
      const { status, data } = await client.call('books', 'list', 'GET', { query });
      return status === 200 ? (data as { results: View[] }).results.map(({ id }) => id) : data;
    };
    expect(await list({ page: 1 })).toEqual([1, 2, 3]);
    expect(await list({ page: 2, page_size: 2 })).toEqual([3]);
    expect(await list({ page__exact: 3 })).toEqual([3]);
    expect(await list({ page: 1, page__gt: 1 })).toEqual([2, 3]);
    expect(await list({ search: 'a' })).toMatchObject({ errors: { search: [expect.any(String)] } });
    expect(await list({ search__exact: 'a' })).toEqual([1]);
  });

  it('takes null among values, and refuses it as an end of a range', async () => {
    await using app = await start(database);
    const client = await app.connect(1);
    const list = async (query: object): Promise<unknown> => {
      const { status, data } = await client.call('books', 'list', 'GET', { query });
      return status === 200 ? (data as { results: View[] }).results.map(({ id }) => id) : data;
    };
    expect(await list({ genre__in: ['crime', null] })).toEqual([1, 2]);
    expect(await list({ genre__in: [null] })).toEqual([2]);
    expect(await list({ genre__not_in: ['crime', null] })).toEqual([3]);
    expect(await list({ prequel__genre__in: ['crime', null] })).toEqual([1, 2, 3]);
    expect(await list({ prequel__genre__in: ['crime'] })).toEqual([2]);
    expect(await list({ id__range: [null, 3] })).toMatchObject({ errors: { id__range: [expect.any(String)] } });
    await client.subscribe('books', { genre__in: ['poems', null] });
    await app.dataSource.manager.update(Book, 1, { genre: null });
    await app.dataSource.manager.update(Book, 3, { genre: 'crime' });
    expect(await client.nextChanges('books', 2)).toMatchObject([
      { type: 'added', id: 1 },
      { type: 'removed', id: 3 },
    ]);
  });
});

it.each<[string, Record<string, string[]>, RegExp]>([
  ['a relation to several rows', { sequels: ['exact'] }, /"sequels" in filterFields.* "members__id"/],
  [
    'a lookup that JSON has no meaning for',
    { extra: ['contains'] },
    /an array, JSON or binary field does not support.*Use isnull/,
  ],
])('a hook that filters by %s does not start', async (_, filterFields, fault) => {
  @Hook('books')
  class WrongHook extends BookHook {
    override filterFields = filterFields;
  }
  await expect(createTestApp({ entities: [Book], providers: [WrongHook] })).rejects.toThrow(fault);
});
