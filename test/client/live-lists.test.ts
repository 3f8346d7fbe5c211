// What `listen` shows is what a fresh query answers, whatever the query asks for.

import { Expose } from 'class-transformer';
import { Column, Entity, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { createClient, type JiraClient } from 'nestjs-jira-client';
import { CursorPagination, Hook, LimitOffsetPagination, PageNumberPagination, ReadOnlyModelHook } from 'nestjs-jira';
import { createTestApp, type TestApp } from '../support/app.js';

@Entity()
class Cook {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
}

@Entity()
class Dish {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @Column({ type: 'int' }) rank: number;
  @Column({ type: 'int', nullable: true }) cookId: number | null;
  @ManyToOne(() => Cook) cook: Relation<Cook> | null;
}

class CookView {
  @Expose() id: number;
  @Expose() name: string;
}
class DishView {
  @Expose() id: number;
  @Expose() name: string;
  @Expose() rank: number;
  cook?: CookView | null;
}
@Hook('cooks')
class CookHook extends ReadOnlyModelHook<Cook> {
  entity = Cook;
  output = CookView;
}

@Hook('plain')
class PlainHook extends ReadOnlyModelHook<Dish> {
  entity = Dish;
  output = DishView;
  pagination: typeof PageNumberPagination | typeof CursorPagination | typeof LimitOffsetPagination | null = null;
  pageSize = 3;
  filterFields = { rank: ['gte'] };
  orderingFields = ['rank', 'name'];
  searchFields = ['name'];
  expandFields = ['cook'];
}
@Hook('ranked')
class RankedHook extends PlainHook {
  override ordering = ['-rank'];
}
@Hook('numbered')
class NumberedHook extends PlainHook {
  override pagination = PageNumberPagination;
}
@Hook('offset')
class OffsetHook extends PlainHook {
  override pagination = LimitOffsetPagination;
}
@Hook('cursors')
class CursorsHook extends PlainHook {
  override pagination = CursorPagination;
}

const QUERIES: readonly (readonly [namespace: string, query: Record<string, unknown>])[] = [
  ['plain', {}],
  ['plain', { expand: 'cook' }],
  ['plain', { ordering: 'name' }],
  ['plain', { ordering: '-rank', rank__gte: 3 }],
  ['plain', { fields: 'name' }],
  ['plain', { search: 'a', ordering: 'rank' }],
  ['ranked', {}],
  ['ranked', { ordering: 'rank', expand: ['cook'] }],
  ['numbered', {}],
  ['numbered', { page: 2, ordering: '-name' }],
  ['offset', { limit: 2, offset: 1 }],
  ['cursors', { ordering: 'name' }],
];

type Row = Record<string, unknown>;
type Shown = readonly Row[];

function rowsOf(output: unknown): Shown {
  return Array.isArray(output) ? (output as Shown) : (output as { results: Shown }).results;
}

function keyOf(row: Row): string | number {
  return (row['id'] ?? row['name']) as string | number;
}

/** The server's order: the field, then the key, in the field's direction. */
function compareAs(namespace: string, query: Record<string, unknown>): (a: Row, b: Row) => number {
  const ordering = (query['ordering'] as string | undefined) ?? (namespace === 'ranked' ? '-rank' : 'id');
  const field = ordering.replace('-', '');
  const sign = ordering.startsWith('-') ? -1 : 1;
  const by = (a: unknown, b: unknown) => (a === b ? 0 : (a as number) < (b as number) ? -1 : 1);
  return (a, b) => sign * (by(a[field], b[field]) || by(a['id'], b['id']));
}

/** Why no answer to the query can have looked like this. */
function faultsOf(rows: Shown, namespace: string, query: Record<string, unknown>): string[] {
  const ranks = rows.map(({ rank }) => rank as number);
  const ordering = query['ordering'] ?? (namespace === 'ranked' ? '-rank' : undefined);
  const rules = {
    'a row twice': new Set(rows.map(keyOf)).size === rows.length,
    'a row without its relation': !query['expand'] || rows.every((row) => 'cook' in row),
    'a wrong order': ordering !== '-rank' || isSorted(ranks.toReversed()),
    'a wrong order, ascending': ordering !== 'rank' || isSorted(ranks),
    'a page too long': namespace === 'plain' || namespace === 'ranked' || rows.length <= 3,
  };
  return Object.entries(rules).flatMap(([fault, holds]) => (holds ? [] : [`${fault}: ${JSON.stringify(rows)}`]));
}

function isSorted(values: readonly number[]): boolean {
  return values.every((value, i) => i === 0 || values[i - 1] <= value);
}

describe('a live list', () => {
  it.each(QUERIES)('of %s %j is at rest what a fresh query answers', async (namespace, query) => {
    await using kitchen = await Kitchen.start();
    const { jira } = kitchen;
    const ask = async () => rowsOf(await jira.request(namespace, 'list', { query }));
    const shown: Shown[] = [];
    const stop = jira.listen(jira.hook(namespace).action('list', { query }), (rows) => shown.push(rows as Shown), {
      key: (row) => keyOf(row as Row),
    });
    await stop.ready;
    for (let round = 0; round < 5; round++) {
      for (let step = 0; step < 5; step++) await kitchen.write(5 * round + step);
      await expect.poll(() => shown.at(-1)).toEqual(await ask());
    }
    expect(shown.flatMap((rows) => faultsOf(rows, namespace, query))).toEqual([]);
  });

  it('fetches once for many changes at once', async () => {
    await using kitchen = await Kitchen.start();
    const { jira, app } = kitchen;
    const shown: Shown[] = [];
    const list = jira.hook('ranked').action('list');
    await jira.listen(list, (rows) => shown.push(rows as Shown)).ready;
    await expect.poll(() => shown.length).toBe(1);
    const dishes = Array.from({ length: 40 }, (_, i) => ({ name: `dish ${i}`, rank: i }));
    await app.dataSource.getRepository(Dish).save(dishes);
    await expect.poll(() => shown.at(-1)?.length).toBe(46);
    expect(shown.length).toBeLessThanOrEqual(3);
  });

  it('keeps what it can place by itself: a removed row costs no query', async () => {
    await using kitchen = await Kitchen.start();
    const { jira, app } = kitchen;
    const causes: (string | undefined)[] = [];
    let last: Shown = [];
    const list = jira.hook('ranked').action('list', { query: { expand: 'cook' } });
    const onRows = (rows: readonly unknown[], { change }: { change: { type: string } | undefined }): void => {
      causes.push(change?.type);
      last = rows as Shown;
    };
    await jira.listen(list, onRows, { onChange: () => undefined }).ready;
    await expect.poll(() => causes).toEqual([undefined]);
    await app.dataSource.getRepository(Dish).delete(1);
    await expect.poll(() => causes).toEqual([undefined, 'removed']);
    expect(last.map(({ id }) => id)).not.toContain(1);
  });

  it.each(QUERIES)('of %s %j is so with an order of its own too', async (namespace, query) => {
    await using kitchen = await Kitchen.start();
    const { jira } = kitchen;
    const compare = compareAs(namespace, query);
    const shown: Shown[] = [];
    const list = jira.hook(namespace).action('list', { query });
    const options = { compare: compare as never, key: (row: unknown) => keyOf(row as Row) };
    await jira.listen(list, (rows) => shown.push(rows as Shown), options).ready;
    for (let step = 0; step < 10; step++) await kitchen.write(step);
    const fresh = rowsOf(await jira.request(namespace, 'list', { query }));
    await expect.poll(() => shown.at(-1)).toEqual(fresh);
    expect(shown.flatMap((rows) => faultsOf(rows, namespace, query))).toEqual([]);
  });

  it('never shows a row more than its page holds', async () => {
    await using kitchen = await Kitchen.start();
    const { jira, app } = kitchen;
    const dishes = app.dataSource.getRepository(Dish);
    await dishes.delete([4, 5, 6]);
    const shown: Shown[] = [];
    const list = jira.hook('numbered').action('list', { query: { ordering: '-rank' } });
    const compare = compareAs('numbered', { ordering: '-rank' });
    await jira.listen(list, (rows) => shown.push(rows as Shown), { compare: compare as never }).ready;
    await expect.poll(() => shown.at(-1)?.length).toBe(3);
    const { id } = await dishes.save({ name: 'pie', rank: 100 });
    await expect.poll(() => shown.at(-1)?.[0]?.['id']).toBe(id);
    expect(shown.map((rows) => rows.length)).toEqual(shown.map(() => 3));
  });

  it('tells of each change, before the rows it leads to', async () => {
    await using kitchen = await Kitchen.start();
    const { jira, app } = kitchen;
    const heard: string[] = [];
    const list = jira.hook('ranked').action('list');
    const onChange = ({ type, id }: { type: string; id?: unknown }) => void heard.push(`${type} ${String(id)}`);
    await jira.listen(list, (rows) => void heard.push(`${rows.length} rows`), { onChange }).ready;
    await expect.poll(() => heard).toEqual(['6 rows']);
    await app.dataSource.getRepository(Dish).save({ name: 'pie', rank: 1 });
    await expect.poll(() => heard).toEqual(['6 rows', 'added 7', '7 rows']);
    await app.dataSource.getRepository(Dish).delete(7);
    await expect.poll(() => heard.slice(3)).toEqual(['removed 7', '6 rows']);
  });

  it('asks again where its rows have no key, or another one than changes have', async () => {
    await using kitchen = await Kitchen.start();
    const { jira, app } = kitchen;
    const shown = { names: [] as Shown, nameless: [] as Shown };
    const narrowed = { query: { fields: 'name' } };
    const plain = jira.hook('plain');
    const key = (row: unknown) => (row as { name: string }).name;
    jira.listen(plain.action('list', narrowed), (rows) => (shown.names = rows as Shown), { key });
    jira.listen(plain.action('list', narrowed), (rows) => (shown.nameless = rows as Shown));
    await expect.poll(() => [shown.names.length, shown.nameless.length]).toEqual([6, 6]);
    await app.dataSource.getRepository(Dish).delete(1);
    await expect.poll(() => [shown.names.length, shown.nameless.length]).toEqual([5, 5]);
  });
});

class Kitchen implements AsyncDisposable {
  private constructor(
    readonly app: TestApp,
    readonly jira: JiraClient,
    private seed: number,
  ) {}

  static async start(): Promise<Kitchen> {
    const providers = [CookHook, PlainHook, RankedHook, NumberedHook, OffsetHook, CursorsHook];
    const app = await createTestApp({ entities: [Cook, Dish], providers });
    const [ada] = await app.dataSource.getRepository(Cook).save([{ name: 'Ada' }, { name: 'Grace' }]);
    const names = ['tart', 'salad', 'soup', 'pasta', 'cake', 'ramen'];
    await app.dataSource
      .getRepository(Dish)
      .save(names.map((name, i) => ({ name, rank: (i * 5) % 7, cookId: i % 2 ? ada?.id : null })));
    const jira = createClient(app.url, { auth: app.authOf({ id: 1 }), timeoutMs: 30_000 });
    return new Kitchen(app, jira, 7);
  }

  /** A write drawn from a fixed sequence. */
  async write(step: number): Promise<void> {
    const dishes = this.app.dataSource.getRepository(Dish);
    const ids = (await dishes.find({ select: { id: true } })).map(({ id }) => id);
    const id = ids[this.draw(ids.length)];
    const kind = this.draw(4);
    if (kind === 0 || ids.length < 4) {
      await dishes.save({ name: `${'xacz'[this.draw(4)]} ${step}`, rank: this.draw(9), cookId: 1 + this.draw(2) });
    } else if (kind === 1) await dishes.update({ id }, { rank: this.draw(9) });
    else if (kind === 2) await dishes.update({ id }, { name: `${'yabd'[this.draw(4)]} ${step}` });
    else await dishes.delete({ id });
  }

  private draw(below: number): number {
    this.seed = (this.seed * 48_271) % 2_147_483_647;
    return this.seed % below;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.jira.close();
    await this.app.close();
  }
}
