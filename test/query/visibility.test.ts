// Visibility: TypeORM's conditions read strictly, every operator included, and equal ones recognized as equal.

import { And, Any, ArrayContains, Between, Column, DataSource, DeleteDateColumn, Entity, Equal, ILike, In, IsNull, LessThan, Like, ManyToOne, MoreThan, Not, Or, PrimaryGeneratedColumn, Raw, type Relation } from 'typeorm'; // prettier-ignore
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askDatabase } from '../../libs/jira/src/typeorm/query/judge-images.js';
import { compileVisibility, type RowPredicate } from '../../libs/jira/src/typeorm/query/row-predicate.js';
import { describeEachDatabase } from '../support/databases.js';
import { MODEL, Owner, Sample, Tag, Ticket } from './model.js';

@Entity()
class Listed {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'int', array: true }) numbers: number[];
  @Column({ type: 'jsonb', nullable: true }) extra: { a?: number } | null;
}

@Entity()
class Folder {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: String }) name: string;
  @DeleteDateColumn() deletedAt: Date | null;
}

@Entity()
class Page {
  @PrimaryGeneratedColumn() id: number;
  @ManyToOne(() => Folder, { nullable: true }) folder: Relation<Folder> | null;
}

describe('compileVisibility', () => {
  const dataSource = new DataSource({ type: 'better-sqlite3', database: ':memory:', entities: MODEL });
  beforeAll(() => dataSource.initialize());
  afterAll(() => dataSource.destroy());

  const compile = (visibility: unknown): RowPredicate =>
    compileVisibility(dataSource.getMetadata(Sample), visibility, 'SampleHook');

  it.each<[unknown, RegExp]>([
    [undefined, /^The visibility of SampleHook is undefined\. Return false/],
    [null, /^The visibility of SampleHook is null\./],
    [{ text: undefined }, /at "text" is undefined\./],
    [{ text: null }, /at "text" is null\. .*IsNull\(\)/],
    [{ owner: { name: undefined } }, /at "owner\.name" is undefined\./],
    [{ owner: { id: undefined } }, /at "owner\.id" is undefined\./],
    [{ owner: undefined }, /at "owner" is undefined\./],
    [{ owner: null }, /at "owner" is null\./],
    [{ address: { city: undefined } }, /at "address\.city" is undefined\./],
    [[{ text: 'a' }, { text: undefined }], /at "text" is undefined\./],
    [{ text: In(['a', undefined]) }, /at "text" compares with undefined\./],
    [{ text: Not(undefined) }, /at "text" compares with undefined\./],
    [{ text: Equal(null) }, /at "text" compares with null\. .*IsNull\(\)/],
    [{ text: Like(undefined) }, /at "text" applies like to undefined\./],
    [{ ratio: MoreThan(-Infinity) }, /at "ratio" compares with -Infinity\. Check the number/],
    [{ amount: Not(Number.NaN) }, /at "amount" compares with NaN\./],
    [{ big: In([1, Infinity]) }, /at "big" compares with Infinity\./],
    [{ txt: 'a' }, /at "txt" names no property of Sample\./],
    [{ owner: { nam: 'a' } }, /at "owner\.nam" names no property of Owner\./],
    [{ owner: 5 }, /at "owner" is a number\./],
    [{ owner: false }, /at "owner" is a boolean\./],
    ['text', /is a string\./],
  ])('refuses %o', (visibility, message) => {
    expect(() => compile(visibility)).toThrow(message);
  });

  it.each<[unknown, boolean | undefined]>([
    [true, true],
    [false, false],
    [[], false],
    [{}, false],
    [[{}], false],
    [{ owner: {} }, false],
    [{ owner: [] }, false],
    [{ owner: { samples: {} } }, false],
    [{ address: {} }, false],
    [{ text: In([]) }, false],
    [{ text: 'a', owner: {} }, false],
    [[{ owner: {} }, { text: 'a' }], undefined],
    [{ text: Not(In([])) }, true],
  ])('takes %o for %s', (visibility, constant) => {
    expect(compile(visibility).constant).toBe(constant);
  });

  it('gives equal conditions equal keys, and others other keys', () => {
    const metadata = dataSource.getMetadata(Sample);
    const key = (visibility: unknown): string => compileVisibility(metadata, visibility).key;
    const raw = (limit: number): unknown => ({ amount: Raw((alias) => `${alias} > :limit`, { limit }) });
    const equal: [unknown, unknown][] = [
      [{ text: 'a', amount: 1 }, { amount: 1, text: 'a' }],
      [[{ text: 'a' }, { amount: 1 }], [{ amount: 1 }, { text: 'a' }]],
      [{ text: In(['a', 'b']) }, { text: In(['b', 'a', 'b']) }],
      [{ text: 'a' }, { text: Equal('a') }],
      [{ text: 'a' }, [{ text: 'a' }, { text: 'a' }]],
      [{ at: new Date(5) }, { at: new Date(5) }],
      [{ owner: { id: 5 } }, { owner: { id: In([5]) } }],
      [raw(1), raw(1)],
    ]; // prettier-ignore
    for (const [a, b] of equal) expect(key(a)).toBe(key(b));
    const different = [
      { text: 'a' }, { text: 'A' }, { text: 'a ' }, { text: Not('a') }, { code: 'a' }, { text: '1' }, { amount: 1 }, { text: In(['a', 'b']) },
      { text: 'a","b' }, { text: Like('a') }, { text: ILike('a') }, { owner: { name: 'a' } }, { address: { city: 'a' } }, raw(1), raw(2),
      { amount: MoreThan(1) }, { amount: LessThan(1) }, { at: new Date(5) }, { at: new Date(6) }, true, false,
    ].map(key); // prettier-ignore
    expect(new Set(different).size).toBe(different.length);
  });

  it('names its necessary equalities and the entities it depends on', () => {
    const metadata = dataSource.getMetadata(Sample);
    const of = (visibility: unknown): unknown => Object.fromEntries(compileVisibility(metadata, visibility).equalities);
    expect(of({ text: 'a', amount: In([2, 1]), owner: { name: 'x' } })).toEqual({ text: ['a'], amount: [1, 2] });
    expect(of([{ text: 'a', amount: 1 }, { text: 'b' }])).toEqual({ text: ['a', 'b'] }); // prettier-ignore
    expect(of([{ text: 'a' }, { amount: 1 }])).toEqual({});
    expect(of({ text: Not('a') })).toEqual({});
    expect(of({ owner: { id: 5 } })).toEqual({ 'owner.id': [5] });
    const predicate = compileVisibility(metadata, { owner: { samples: { text: 'a' } }, tags: { label: 'x' } });
    expect(predicate.relations).toEqual(expect.arrayContaining(['Owner', 'Sample', 'Tag']));
    expect(compileVisibility(metadata, { owner: { id: 5 } }).relations).toEqual([]);
  });

  it('judges in memory only what it can tell', () => {
    const metadata = dataSource.getMetadata(Sample);
    const judge = (visibility: unknown, image: object): unknown => compileVisibility(metadata, visibility).matches(image as never); // prettier-ignore
    expect(judge({ text: 'a' }, { text: 'a' })).toBe(true);
    expect(judge({ text: Not('a') }, { text: null })).toBe(false);
    expect(judge({ text: Like('a') }, { text: 'a' })).toBeUndefined();
    expect(judge({ text: 'b', owner: { name: 'x' } }, { text: 'a' })).toBe(false);
    expect(judge([{ text: 'a' }, { owner: { name: 'x' } }], { text: 'a' })).toBe(true);
    expect(judge({ price: '1.0' }, { price: '1.000' })).toBeUndefined();
  });
});

describeEachDatabase('visibility', ({ type, open }) => {
  async function tickets(): Promise<{ dataSource: DataSource; see: (visibility: unknown) => Promise<string> }> {
    const dataSource = await open(MODEL);
    const { manager } = dataSource;
    await manager.save(Owner, [{ name: 'ann' }, { name: 'bob' }]);
    const rows = [['a', 1], ['A', 1], ['b', 2], ['ä', null], ['a ', null]] as const; // prettier-ignore
    await manager.save(Ticket, rows.map(([title, ownerId]) => ({ title, ownerId }))); // prettier-ignore
    const all = await manager.find(Ticket, { order: { id: 'ASC' } });
    const see = async (visibility: unknown): Promise<string> => {
      const predicate = compileVisibility(dataSource.getMetadata(Ticket), visibility);
      const query = manager.createQueryBuilder(Ticket, 't').orderBy('t.id');
      predicate.apply(query, 't');
      const seen = (await query.getMany()).map((ticket) => ticket.title).join();
      const judged = await askDatabase(manager, predicate, all as never);
      expect(all.filter((_, index) => judged.has(index)).map((ticket) => ticket.title).join()).toBe(seen); // prettier-ignore
      return seen;
    };
    return { dataSource, see };
  }

  it('understands the operators of TypeORM', async () => {
    const { see } = await tickets();
    expect(await see({ title: 'a' })).toBe('a');
    expect(await see({ title: Not('a') })).toBe('A,b,ä,a ');
    expect(await see({ title: Like('%b%') })).toBe('b');
    expect(await see({ title: ILike('B') })).toBe('b');
    expect(await see({ ownerId: Between(2, 3) })).toBe('b');
    expect(await see({ ownerId: Not(IsNull()) })).toBe('a,A,b');
    expect(await see({ ownerId: Not(1) })).toBe('b');
    expect(await see({ owner: IsNull() })).toBe('ä,a ');
    expect(await see({ owner: true })).toBe('a,A,b');
    expect(await see({ owner: { id: IsNull() } })).toBe('');
    expect(await see({ owner: { id: Not(1) } })).toBe('b');
    expect(await see({ owner: In([2]) })).toBe('b');
    expect(await see({ owner: { name: Or(Equal('bob'), Like('x%')) } })).toBe('b');
    expect(await see({ title: And(Not('a'), Not(In(['b', 'ä']))) })).toBe('A,a ');
    expect(await see({ title: Raw((alias) => `LENGTH(${alias}) = :n`, { n: 2 }) })).toMatch(/a $/);
    expect(await see({ owner: [{ name: 'bob' }, { id: 1 }] })).toBe('a,A,b');
    expect(await see([{ title: 'a' }, { owner: { name: 'bob' } }])).toBe('a,b');
  });

  it('compares with infinity on PostgreSQL alone', async () => {
    const { dataSource } = await tickets();
    await dataSource.manager.insert(Sample, [{ code: 'a', part: 1, ratio: 0.5, address: {} }, { code: 'b', part: 1, address: {} }]); // prettier-ignore
    const see = async (): Promise<string[]> => {
      const query = dataSource.manager.createQueryBuilder(Sample, 's');
      compileVisibility(dataSource.getMetadata(Sample), { ratio: MoreThan(-Infinity) }).apply(query, 's');
      return (await query.getMany()).map(({ code }) => code);
    };
    const seen = await see().catch((error: unknown) => (error as Error).message);
    const refusal = expect.stringMatching(/^The visibility of Sample at "ratio" compares with -Infinity\./) as string;
    expect(seen).toEqual(type === 'postgres' ? ['a'] : refusal);
  });

  it('keeps parameters of one name apart', async () => {
    const { see } = await tickets();
    const least = (n: number): unknown => Raw((alias) => `${alias} >= :n`, { n });
    expect(await see([{ id: And(least(5) as never, Not(IsNull())) }, { id: least(3), title: 'b' }])).toBe('b,a ');
  });

  it('leaves the query it narrows alone, twice if need be', async () => {
    const { dataSource } = await tickets();
    const metadata = dataSource.getMetadata(Ticket);
    const query = dataSource.manager
      .createQueryBuilder(Ticket, 't')
      .innerJoinAndSelect('t.owner', 'o')
      .where('t.id > :jira_p0', { jira_p0: 0 })
      .orWhere('t.title = :x', { x: 'ä' });
    compileVisibility(metadata, { owner: { name: 'ann' } }).apply(query, 't');
    compileVisibility(metadata, { title: Not('A') }).apply(query, 't');
    expect((await query.getMany()).map((ticket) => [ticket.title, ticket.owner?.name])).toEqual([['a', 'ann']]);
  });

  it('counts related rows', async () => {
    const { dataSource, see } = await tickets();
    const [ticket] = await dataSource.manager.find(Ticket, { order: { id: 'ASC' } });
    const tag = await dataSource.manager.save(Tag, { label: 'x' });
    await dataSource.manager.save(Ticket, { ...ticket, tags: [tag] });
    expect(await see({ tags: MoreThan(0) })).toBe('a');
    expect(await see({ tags: LessThan(1) })).toBe('A,b,ä,a ');
    expect(await see({ tags: { label: 'x' } })).toBe('a');
  });

  it('takes a soft-deleted related row for none, as TypeORM does', async () => {
    const dataSource = await open([Folder, Page]);
    const [live, gone] = await dataSource.manager.save(Folder, [{ name: 'live' }, { name: 'gone' }]);
    const pages = await dataSource.manager.save(Page, [{ folder: live }, { folder: gone }, {}]);
    await dataSource.manager.softDelete(Folder, gone.id);
    const see = async (visibility: unknown): Promise<number[]> => {
      const predicate = compileVisibility(dataSource.getMetadata(Page), visibility);
      const query = dataSource.manager.createQueryBuilder(Page, 'p').orderBy('p.id');
      predicate.apply(query, 'p');
      const judged = await askDatabase(dataSource.manager, predicate, pages as never);
      const seen = (await query.getMany()).map(({ id }) => id);
      expect(pages.filter((_, index) => judged.has(index)).map(({ id }) => id)).toEqual(seen);
      return seen;
    };
    expect(await see({ folder: { id: In([live.id, gone.id]) } })).toEqual([1]);
    expect(await see({ folder: { name: Not('x') } })).toEqual([1]);
    expect(await see({ folder: true })).toEqual([1]);
    expect(await see({ folder: { id: Not(live.id) } })).toEqual([]);
  });

  if (type !== 'postgres') return;

  it('understands arrays and JSON', async () => {
    const dataSource = await open([Listed]);
    await dataSource.manager.save(Listed, [
      { numbers: [1, 2], extra: { a: 1 } },
      { numbers: [3], extra: null },
    ]);
    const rows = await dataSource.manager.find(Listed, { order: { id: 'ASC' } });
    const see = async (visibility: unknown): Promise<number[]> => {
      const predicate = compileVisibility(dataSource.getMetadata(Listed), visibility);
      const query = dataSource.manager.createQueryBuilder(Listed, 'l');
      predicate.apply(query, 'l');
      const seen = (await query.getMany()).map(({ id }) => id);
      const judged = await askDatabase(dataSource.manager, predicate, rows as never);
      expect(rows.filter((_, index) => judged.has(index)).map(({ id }) => id)).toEqual(seen);
      return seen;
    };
    expect(await see({ numbers: ArrayContains([2]) })).toEqual([1]);
    expect(await see({ id: Any([2, 9]) })).toEqual([2]);
    expect(await see({ extra: IsNull() })).toEqual([2]);
  });
});
