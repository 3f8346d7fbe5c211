import { Injectable } from '@nestjs/common';
import { Expose } from 'class-transformer';
import { Column, CreateDateColumn, Entity, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { describe, expect, it } from 'vitest';
import {
  Action,
  ActionScope,
  CursorPagination,
  type CountMode,
  Hook,
  LimitOffsetPagination,
  PageNumberPagination,
  ReadOnlyModelHook,
  type HookScope,
  type PageLimits,
  type PageSource,
} from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Author {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar', nullable: true }) name: string | null;
  @CreateDateColumn() joinedAt: Date;
}

@Entity()
class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'text', nullable: true }) topic: string | null;
  @Column() rank: number;
  @Column({ type: 'double precision', default: 0.1 }) weight: number;
  @Column({ type: 'bigint', default: '9007199254740993' }) size: string;
  @ManyToOne(() => Author, { nullable: true }) author: Relation<Author> | null;
  @CreateDateColumn() createdAt: Date;
}

@Entity()
class Token {
  @PrimaryGeneratedColumn('uuid') id: string;
}

class NoteView {
  @Expose() id: number;
}

@Injectable()
class Uncounted extends PageNumberPagination {
  override readonly countMode = 'none';
}

@Injectable()
class Capped extends PageNumberPagination {
  override readonly countMode: CountMode = 'capped';
  override readonly countLimit = 20;
}

@Injectable()
class Estimated extends Capped {
  override readonly countMode = 'estimated';
}

/** Says no more than a hundred. */
@Injectable()
class Guessed extends PageNumberPagination {
  override async paginate(source: PageSource, scope: HookScope, limits: PageLimits) {
    const count = async (): Promise<number> => Math.min(await source.count(), 100);
    return super.paginate({ ...source, count }, scope, limits);
  }
}

/** Hands on a copy of its source. */
class Copying extends CursorPagination {
  override paginate(source: PageSource, scope: HookScope, limits: PageLimits) {
    return super.paginate({ ...source }, scope, limits);
  }
}

@Hook('notes')
class NoteHook extends ReadOnlyModelHook<Note> {
  entity = Note;
  output = NoteView;
  pagination = CursorPagination;
  filterFields = { topic: ['exact'] };
  orderingFields = ['id', 'topic', 'rank', 'createdAt', 'weight', 'size', 'author__name', 'author__joinedAt'];

  @Action({ pagination: LimitOffsetPagination })
  window(scope: ActionScope) {
    return this.getList(scope);
  }

  @Action({ pagination: null })
  all(scope: ActionScope) {
    return this.getList(scope);
  }

  @Action({ pagination: Uncounted })
  uncounted(scope: ActionScope) {
    return this.getList(scope);
  }

  @Action({ pagination: Capped })
  capped(scope: ActionScope) {
    return this.getList(scope);
  }

  @Action({ pagination: Estimated })
  estimated(scope: ActionScope) {
    return this.getList(scope);
  }

  @Action({ pagination: PageNumberPagination })
  numbered(scope: ActionScope) {
    return this.getList(scope);
  }

  @Action({ pagination: Guessed })
  guessed(scope: ActionScope) {
    return this.getList(scope);
  }

  @Action({ pagination: Copying })
  copied(scope: ActionScope) {
    return this.getList(scope);
  }
}

/** Its own query joins several rows to each note. */
@Hook('joined')
class JoinedHook extends ReadOnlyModelHook<Note> {
  entity = Note;
  output = NoteView;
  pagination = CursorPagination;
  ordering = ['-createdAt'];

  override getQuery(scope: HookScope) {
    return super.getQuery(scope).leftJoin(Author, 'any', 'any.id > 0');
  }
}

@Hook('tokens')
class TokenHook extends ReadOnlyModelHook<Token> {
  entity = Token;
  output = NoteView;
  pagination = CursorPagination;
}

interface Page {
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: { id: number }[];
}

async function page(client: TestClient, query: object, namespace = 'notes'): Promise<Page> {
  const answer = await client.call(namespace, 'list', 'GET', { query });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer));
  return answer.data as Page;
}

async function readAll(client: TestClient, query: object, between?: (page: number) => Promise<unknown>) {
  const ids: number[] = [];
  let cursor: string | null | undefined;
  for (let i = 0; cursor !== null; i++) {
    const { next, results } = await page(client, cursor === undefined ? query : { ...query, cursor });
    ids.push(...results.map(({ id }) => id));
    cursor = next;
    await between?.(i);
  }
  return ids;
}

/** From the last page back to the first: the rows, in the order of the list. */
async function readBack(client: TestClient, query: object, namespace = 'notes'): Promise<number[]> {
  let at = await page(client, query, namespace);
  while (at.next !== null) at = await page(client, { ...query, cursor: at.next }, namespace);
  let ids = at.results.map(({ id }) => id);
  while (at.previous !== null) {
    at = await page(client, { ...query, cursor: at.previous }, namespace);
    ids = [...at.results.map(({ id }) => id), ...ids];
  }
  return ids;
}

const ENTITIES = [Note, Token, Author];

describeEachDatabase('pages', ({ type, options }) => {
  const start = async () =>
    createTestApp({
      entities: ENTITIES,
      providers: [NoteHook, TokenHook, JoinedHook],
      database: await options(ENTITIES),
    });

  /** Topics with nulls and doubles; five rows in each moment, differing by microseconds where the database has them. */
  const seed = async ({ dataSource }: TestApp): Promise<number[]> => {
    const topics = ['b', null, 'a', 'ä', 'B', null, 'a'];
    const names = ['Ada', null, 'Grace', 'ada'];
    const authors = await dataSource.manager.save(Author, names.map((name) => ({ name }))); // prettier-ignore
    const rows = Array.from({ length: 35 }, (_, i) => ({
      topic: topics[i % 7] ?? null,
      rank: i % 3,
      weight: 0.1 + 0.2 * (i % 4),
      size: String(9_007_199_254_740_990n + BigInt(i % 6)),
      author: authors[i % 5] ?? null,
    }));
    await dataSource.manager.insert(Note, rows);
    const moment = (id: number): string => {
      const micros = type === 'better-sqlite3' ? '' : String(999 - ((id * 37) % 1000)).padStart(3, '0');
      return `2026-01-01 00:00:00.${String(Math.floor(id / 5)).padStart(3, '0')}${micros}`;
    };
    for (let id = 1; id <= 35; id++) {
      const sql = type === 'postgres' ? `UPDATE note SET "createdAt" = '${moment(id)}' WHERE id = ${id}` : `UPDATE note SET createdAt = '${moment(id)}' WHERE id = ${id}`; // prettier-ignore
      await dataSource.query(sql);
    }
    return rows.map((_, i) => i + 1);
  };

  const orders = ['id', '-id', '-topic', 'createdAt', '-createdAt', 'rank,-createdAt', '-topic,rank', 'weight,-id'];
  const large = type === 'better-sqlite3' ? [] : ['size', '-size,rank']; // whose driver rounds them
  it.each([...orders, ...large, 'author__name', '-author__name,createdAt', 'author__joinedAt,-topic'])(
    'by cursor hold each row once, forward and back, in the order of %s',
    async (ordering) => {
      await using app = await start();
      await seed(app);
      const client = await app.connect(1);
      const all = await client.call('notes', 'all', 'GET', { query: { ordering } });
      const expected = (all.data as { id: number }[]).map(({ id }) => id);
      expect(expected).toHaveLength(35);
      for (const page_size of [4, 34, 35]) {
        expect(await readAll(client, { ordering, page_size })).toEqual(expected);
        expect(await readBack(client, { ordering, page_size })).toEqual(expected);
      }
    },
  );

  it('by cursor are stable while others insert and delete', async () => {
    await using app = await start();
    const ids = await seed(app);
    const client = await app.connect(1);
    const read = await readAll(client, { ordering: '-id', page_size: 10 }, async (number) => {
      await app.dataSource.manager.insert(Note, { topic: 'new', rank: 9 });
      if (number === 0) await app.dataSource.manager.delete(Note, [26, 5]); // where the page ended, and one to come
    });
    expect(read).toEqual(ids.toReversed().filter((id) => id !== 5));
  });

  it('by cursor lead back from where others insert and delete', async () => {
    await using app = await start();
    await seed(app);
    const client = await app.connect(1);
    const query = { ordering: 'id', page_size: 10 };
    const first = await page(client, query);
    const second = await page(client, { ...query, cursor: first.next });
    expect(first.previous).toBeNull();
    await app.dataSource.manager.delete(Note, [11, 10, 3]); // where the second begins, the first ends, and within
    const back = await page(client, { ...query, cursor: second.previous });
    expect(back.results.map(({ id }) => id)).toEqual([1, 2, 4, 5, 6, 7, 8, 9]);
    expect(back.previous).toBeNull();
    expect((await page(client, { ...query, cursor: back.next })).results.at(0)).toEqual({ id: 12 });
  });

  it('by cursor lead out of a page that has become empty, both ways', async () => {
    await using app = await start();
    await seed(app);
    const client = await app.connect(1);
    const query = { ordering: 'id', page_size: 10 };
    const first = await page(client, query);
    const second = await page(client, { ...query, cursor: first.next });
    const { manager } = app.dataSource;
    await manager.createQueryBuilder().delete().from(Note).where('id > 10').execute();
    const empty = await page(client, { ...query, cursor: first.next });
    expect(empty).toMatchObject({ next: null, results: [] });
    expect((await page(client, { ...query, cursor: empty.previous })).results).toEqual(first.results);
    await manager.createQueryBuilder().delete().from(Note).where('id <= 10').execute();
    const none = await page(client, { ...query, cursor: second.previous });
    expect(none).toMatchObject({ previous: null, results: [] });
    await manager.insert(Note, { topic: 'again', rank: 1 });
    expect((await page(client, { ...query, cursor: none.next })).results).toEqual([{ id: 36 }]);
  });

  it('by cursor hold any number of rows of one moment', async () => {
    await using app = await start();
    await app.dataSource.manager.insert(Note, Array.from({ length: 450 }, (_, rank) => ({ topic: null, rank }))); // prettier-ignore
    await app.dataSource.query(
      type === 'postgres'
        ? `UPDATE note SET "createdAt" = TIMESTAMP '2026-01-01 00:00:00.001' + (id % 7) * INTERVAL '1 microsecond'`
        : type === 'mariadb'
          ? `UPDATE note SET createdAt = TIMESTAMP'2026-01-01 00:00:00.001' + INTERVAL (id % 7) MICROSECOND`
          : `UPDATE note SET createdAt = '2026-01-01 00:00:00.001'`,
    );
    const client = await app.connect(1);
    const query = { ordering: '-createdAt', page_size: 100 };
    const ids = await readAll(client, query);
    expect(new Set(ids).size).toBe(450);
    expect(ids).toHaveLength(450);
    expect(await readBack(client, query)).toEqual(ids);
  });

  it('are counted as their action says', async () => {
    await using app = await start();
    await seed(app);
    const { dataSource } = app;
    if (type !== 'better-sqlite3') await dataSource.query(type === 'postgres' ? 'ANALYZE note' : 'ANALYZE TABLE note');
    const client = await app.connect(1);
    const read = async (action: string, query: Record<string, unknown> = {}) => (await client.call('notes', action, 'GET', { query })).data; // prettier-ignore
    const many = { count: 20, count_is: 'at_least', next_page: 2 };
    expect(await read('capped', { page_size: 10 })).toMatchObject(many);
    expect(await read('capped', { page_size: 10, page: 4 })).toMatchObject({ ...many, next_page: null });
    expect(await read('capped', { topic: 'b', page: 7 })).toEqual(await read('numbered', { topic: 'b' }));
    const guessed = await read('estimated');
    const guess = { postgres: 35, mariadb: expect.any(Number) as number, 'better-sqlite3': 20 }[type];
    const countIs = type === 'better-sqlite3' ? 'at_least' : 'estimated';
    expect(guessed).toMatchObject({ count: guess, count_is: countIs, next_page: 2 });
    expect(await read('estimated', { topic: 'b' })).toEqual(await read('numbered', { topic: 'b' }));
  });

  it("by cursor hold each row once where the hook's own query multiplies them", async () => {
    await using app = await start();
    await seed(app);
    const client = await app.connect(1);
    const ids = await readBack(client, { page_size: 8 }, 'joined');
    expect(ids).toHaveLength(35);
    expect(new Set(ids).size).toBe(35);
    expect((await page(client, { page_size: 35 }, 'joined')).results.map(({ id }) => id)).toEqual(ids);
  });

  it('by cursor hold each row once if texts differ only far from their beginning', async () => {
    await using app = await start();
    const topics = [...'dbfacegh'].map((end) => 'ä'.repeat(600) + end);
    await app.dataSource.manager.insert(Note, topics.map((topic, rank) => ({ topic, rank: rank % 2 }))); // prettier-ignore
    const client = await app.connect(1);
    for (const ordering of ['topic', '-topic', 'topic,-rank', '-topic,rank']) {
      const all = await client.call('notes', 'all', 'GET', { query: { ordering } });
      const expected = (all.data as { id: number }[]).map(({ id }) => id);
      for (const page_size of [1, 3]) {
        expect(await readAll(client, { ordering, page_size })).toEqual(expected);
        expect(await readBack(client, { ordering, page_size })).toEqual(expected);
      }
    }
  });

  it('by cursor work over random keys and under a filter', async () => {
    await using app = await start();
    await seed(app);
    await app.dataSource.manager.insert(Token, Array.from({ length: 12 }, () => ({}))); // prettier-ignore
    const client = await app.connect(1);
    const first = await page(client, { page_size: 7 }, 'tokens');
    const rest = await page(client, { page_size: 7, cursor: first.next }, 'tokens');
    expect(new Set([...first.results, ...rest.results].map(({ id }) => id)).size).toBe(12);
    expect(await readAll(client, { topic: 'b', page_size: 2, ordering: 'id' })).toEqual([1, 8, 15, 22, 29]);
  });
});

describe('pages', () => {
  const start = () => createTestApp({ entities: ENTITIES, providers: [NoteHook, TokenHook, JoinedHook] });

  it('by cursor refuse a cursor that was made up, altered, or made for another list or order', async () => {
    await using app = await start();
    await app.dataSource.manager.insert(
      Note,
      Array.from({ length: 5 }, (_, rank) => ({ topic: 'hush', rank })),
    );
    const client = await app.connect(1);
    const { next } = await page(client, { page_size: 2, ordering: 'rank' });
    const cursor = String(next);
    expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toContain('place');
    const altered = cursor.slice(0, -2) + (cursor.endsWith('A') ? 'BB' : 'AA');
    for (const query of [
      { cursor: altered, ordering: 'rank' },
      { cursor: 'made-up', ordering: 'rank' },
      { cursor: 7, ordering: 'rank' },
      { cursor, ordering: '-rank' },
      { cursor, ordering: 'id' },
    ])
      expect(await client.call('notes', 'list', 'GET', { query })).toMatchObject({
        status: 400,
        data: { errors: { cursor: ['This cursor does not belong to this list.'] } },
      });
    expect(await client.call('tokens', 'list', 'GET', { query: { cursor } })).toMatchObject({ status: 400 });
    expect(await page(client, { cursor, page_size: 9, ordering: 'rank' })).toMatchObject({
      next: null,
      results: [{}, {}, {}],
    });
  });

  it('by limit and offset, without a count, or none at all, as the action says', async () => {
    await using app = await start();
    await app.dataSource.manager.insert(
      Note,
      Array.from({ length: 5 }, (_, rank) => ({ topic: null, rank })),
    );
    const client = await app.connect(1);
    const call = async (action: string, query: object) =>
      (await client.call('notes', action, 'GET', { query: { ordering: 'id', ...query } })).data;
    expect(await call('window', { limit: 2, offset: 1 })).toEqual({
      count: 5, next_offset: 3, previous_offset: 0, results: [{ id: 2 }, { id: 3 }],
    }); // prettier-ignore
    expect(await call('window', { limit: 2, offset: 99 })).toMatchObject({ next_offset: null, results: [] });
    expect(await call('window', { limit: -1, offset: 'x' })).toMatchObject({ count: 5, next_offset: null });
    expect(await call('all', {})).toHaveLength(5);
    expect(await call('uncounted', { page: 2, page_size: 2 })).toEqual({
      count: null, next_page: 3, previous_page: 1, results: [{ id: 3 }, { id: 4 }],
    }); // prettier-ignore
    expect(await call('uncounted', { page: 3, page_size: 2 })).toMatchObject({ next_page: null, results: [{ id: 5 }] });
    expect(await call('guessed', { page: 3, page_size: 2 })).toMatchObject({ count: 5, results: [{ id: 5 }] });
    const { next, results } = (await call('copied', { page_size: 2 })) as { next: string; results: unknown };
    expect(results).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await call('copied', { page_size: 2, cursor: next })).toMatchObject({ results: [{ id: 3 }, { id: 4 }] });
    // Keys of another pagination are filters like any other, and refused.
    expect(await client.call('notes', 'window', 'GET', { query: { cursor: 'x' } })).toMatchObject({ status: 400 });
  });
});
