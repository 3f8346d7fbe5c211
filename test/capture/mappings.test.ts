// Entities that are mapped in unusual ways: their changes replay to what the tables hold, as those of any other do.

import { DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { installSqliteLeases } from '../../libs/jira/src/commits/leases/sqlite-leases.js';
import { describeEachDatabase } from '../support/databases.js';
import { Mirror } from './support/mirror.js';
import {
  OddNames,
  Big,
  Priced,
  Day,
  Keyed,
  KeyedDay,
  KeyedUuid,
  Prefixed,
  Person,
  Profile,
  Field,
  Closure,
  Path,
  Eager,
  Lazy,
  Numbered,
  Nested,
  Seen,
  Stamped,
  ItemOne,
  ItemTwo,
  Rich,
} from './support/odd-entities.js';

describeEachDatabase('An unusual mapping', ({ type, open, options }) => {
  const start = async (...entities: (new () => object)[]): Promise<{ dataSource: DataSource; mirror: Mirror }> => {
    const dataSource = await open(entities);
    installSqliteLeases(dataSource);
    return { dataSource, mirror: new Mirror(dataSource, entities.map(({ name }) => name), ['Eager', 'ItemOne']) }; // prettier-ignore
  };

  it('odd names of tables and columns', async () => {
    const { dataSource, mirror } = await start(OddNames);
    const odd = dataSource.getRepository(OddNames);
    await odd.save([{ first: 'a', order: 2, from: 'f', null: 3 }, {}]);
    await odd.update({ first: 'a', null: 3 }, { order: 5, from: null });
    await odd.increment({ order: 5 }, 'order', 2);
    await odd
      .createQueryBuilder()
      .update()
      .set({ first: () => `'q'` })
      .where('order = :o', { o: 7 })
      .execute();
    await odd.delete({ first: 'x' });
    expect(await mirror.compare()).toEqual([]);
    expect(mirror.take()).toEqual(['added OddNames 1', 'added OddNames 2', 'modified OddNames 1', 'modified OddNames 1', 'modified OddNames 1', 'removed OddNames 2']); // prettier-ignore
  });

  it('bigint and decimal keys', async () => {
    const { dataSource, mirror } = await start(Big, Priced);
    const big = dataSource.getRepository(Big);
    const large = type === 'better-sqlite3' ? '9007199254740991' : '9223372036854775806';
    await big.insert([{ id: large, amount: '12.5' }, { id: '7' }]);
    await big.update({ id: large }, { amount: '13.5' });
    await big.upsert([{ id: '7', amount: '1' }, { id: '8' }], ['id']);
    await big.update({ id: '8' }, { id: '9' });
    await big.delete(large);
    const priced = dataSource.getRepository(Priced);
    await priced.insert([{ price: '1.50' }, { price: '2' }]);
    await priced.save({ price: '3.10', name: 'c' });
    await priced.update({ price: '2' }, { name: 'b' });
    await priced.upsert([{ price: '1.5', name: 'a' }], ['price']);
    await priced.delete({ price: '3.1' });
    expect(await mirror.compare()).toEqual([]);
    expect(mirror.take()).toHaveLength(14);
  });

  it('dates as keys', async () => {
    const { dataSource, mirror } = await start(Day);
    const days = dataSource.getRepository(Day);
    await days.insert({ day: '2026-01-01' });
    await days.save([{ day: '2026-01-02' }, { day: '2026-01-01', visits: 3 }]);
    await days.upsert([{ day: '2026-01-01', visits: 4 }, { day: '2026-01-03' }], ['day']);
    await days.delete('2026-01-02');
    expect(await mirror.compare()).toEqual([]);
    expect(mirror.take()).toHaveLength(6);
  });

  it('tables without row numbers', async () => {
    const { dataSource, mirror } = await start(Keyed, KeyedDay, KeyedUuid);
    const keyed = dataSource.getRepository(Keyed);
    await keyed.insert([{ code: 'a' }, { code: 'b' }]);
    await keyed.upsert([{ code: 'a', value: 1 }, { code: 'c' }], ['code']);
    await keyed
      .createQueryBuilder()
      .insert()
      .values([{ code: 'c' }, { code: 'd' }])
      .orIgnore()
      .execute();
    await keyed.save({ code: 'e' });
    const days = dataSource.getRepository(KeyedDay);
    await days.insert({ day: '2026-01-01' });
    await days.insert([{ day: '2026-01-02' }, { day: '2026-01-03' }]);
    const uuids = dataSource.getRepository(KeyedUuid);
    await uuids.save([{ name: 'a' }, { name: 'b' }]);
    await uuids.upsert([{ name: 'a', value: 1 }, { name: 'c' }], ['name']);
    expect(await mirror.compare()).toEqual([]);
    expect(mirror.take()).toHaveLength(13);
  });

  it('keys with a transformer', async () => {
    const { dataSource, mirror } = await start(Prefixed);
    const things = dataSource.getRepository(Prefixed);
    await things.insert([{ id: 'p-1' }, { id: 'p-2' }]);
    await things.save({ id: 'p-1', name: 'a' });
    await things.update({ id: 'p-2' }, { name: 'b' });
    await things.upsert([{ id: 'p-2', name: 'c' }, { id: 'p-3' }], ['id']);
    await things.delete('p-1');
    expect(await mirror.compare()).toEqual([]);
    expect(mirror.take()).toEqual(['added Prefixed p-1', 'added Prefixed p-2', 'modified Prefixed p-1', 'modified Prefixed p-2', 'modified Prefixed p-2', 'added Prefixed p-3', 'removed Prefixed p-1']); // prettier-ignore
  });

  it('a key that is a reference, columns of every form', async () => {
    const { dataSource, mirror } = await start(Person, Profile);
    const [ada, bob] = await dataSource.getRepository(Person).save([{ name: 'ada' }, { name: 'bob' }]);
    const profiles = dataSource.getRepository(Profile);
    await profiles.save({ person: ada, settings: { a: [1] }, hobbies: ['x', 'y'] });
    await profiles.insert({ personId: bob?.id ?? 0, bio: 'b' });
    await profiles.update({ personId: 1 }, { secret: 'seen', settings: { a: [2] } });
    await profiles.update({ person: { id: 2 } }, { bio: 'c' });
    await profiles.delete({ personId: 2 });
    expect(await mirror.compare()).toEqual([]);
    expect(mirror.take()).toHaveLength(7);
  });

  it('a key of embedded columns', async () => {
    const { dataSource, mirror } = await start(Field);
    const fields = dataSource.getRepository(Field);
    await fields.save([{ place: { x: 1, y: 1 } }, { place: { x: 1, y: 2 }, ground: 'sand' }]);
    await fields.save({ place: { x: 1, y: 1 }, ground: 'rock' });
    await fields.update({ place: { x: 1 } }, { ground: 'mud' });
    await fields.delete({ place: { x: 1, y: 2 } });
    expect(await mirror.compare()).toEqual([]);
    expect(mirror.take()).toHaveLength(6);
  });

  it.each([Closure, Path])('trees: %o', async (entity) => {
    const { dataSource, mirror } = await start(entity);
    const trees = dataSource.getTreeRepository<Closure>(entity);
    const root = await trees.save(trees.create({ name: 'root' }));
    const left = await trees.save(trees.create({ name: 'left', parent: root }));
    const right = await trees.save(trees.create({ name: 'right', parent: root }));
    const leaf = await trees.save(trees.create({ name: 'leaf', parent: left }));
    leaf.parent = right;
    await trees.save(leaf);
    left.parent = right;
    await trees.save(left);
    await trees.remove(leaf);
    expect(await mirror.compare()).toEqual([]);
  });

  it('eager and lazy relations', async () => {
    const { dataSource, mirror } = await start(Person, Profile, Eager, Lazy);
    const eagers = dataSource.getRepository(Eager);
    const ada = await dataSource.getRepository(Person).save({ name: 'ada' });
    const one = await eagers.save(eagers.create({ name: 'one', owner: ada, friends: [ada] }));
    const two = eagers.create({ name: 'two' });
    two.up = Promise.resolve(one);
    two.lazies = Promise.resolve([dataSource.getRepository(Lazy).create({})]);
    await eagers.save(two);
    const found = await eagers.findOneByOrFail({ name: 'one' });
    found.friends = [];
    found.owner = null;
    await eagers.save(found);
    await dataSource.getRepository(Lazy).delete({ eager: { id: two.id } });
    expect(await mirror.compare()).toEqual([]);
  });

  it('a key of zero, for which MariaDB chooses a number', async () => {
    const { dataSource, mirror } = await start(Numbered);
    await dataSource.getRepository(Numbered).insert([{ id: 0, name: 'zero' }, { id: 5, name: 'five' }]); // prettier-ignore
    expect(await mirror.compare()).toEqual([]);
    expect(mirror.take()).toHaveLength(2);
  });

  it('is warned of where changes cannot be seen, with the cure', async () => {
    const { mirror } = await start(...(type === 'better-sqlite3' ? [Nested, Seen] : [Nested, Seen, Stamped]));
    const rounded = 'Stamped.at is a key that JavaScript rounds: changes of a row whose key does not survive it are missed, or announced as removed. Use a key that JavaScript holds: text, a whole number, or fewer digits.'; // prettier-ignore
    expect(mirror.source.warnings()).toEqual([
      'Nested is a nested-set tree: TypeORM numbers its rows by raw SQL, which is not announced. Use a closure table or a materialized path, or do not show the numbers.',
      'Seen is a view: nothing writes its rows, so their changes are not announced. Name the entities it reads in dependsOn, or announce them with JiraServer.publish().',
      ...(type === 'better-sqlite3' ? [] : [rounded]),
    ]);
  });

  it('is refused where two entities have one name', async () => {
    const [first, second] = [namesake('first'), namesake('second')];
    await expect(start(first, second)).rejects.toThrow(
      'Namesake is the name of several entities of one data source, whose changes could not be told apart. Give each entity class a name of its own.',
    );
  });

  it('columns that only PostgreSQL has', async () => {
    if (type !== 'postgres') return;
    const { dataSource, mirror } = await start(Rich);
    const rich = dataSource.getRepository(Rich);
    const [one, two] = [Buffer.from([1, 255]), Buffer.from([2, 0])];
    await rich.save({ id: one, data: { a: [1] }, words: ['a'], span: '1 day', vector: 'a cat', point: '1,2', range: '[1,4)', number: NaN }); // prettier-ignore
    const update = { a: 5, color: 'blue', number: 0.1, words: ['b', 'c'] };
    await rich.update({ id: one }, update);
    await rich.update({ id: one }, update);
    await rich.upsert([{ id: one, a: 9 }, { id: two }], ['id']); // prettier-ignore
    await rich
      .createQueryBuilder()
      .update()
      .set({ data: () => `jsonb_set(data, '{a}', '5')` })
      .execute();
    await rich.delete({ color: 'red' });
    expect(await mirror.compare()).toEqual([]);
    expect(mirror.take().map((change) => change.split(' ')[0])).toEqual(['added', 'modified', 'modified', 'added', 'modified', 'removed']); // prettier-ignore
  });

  it('tables of one name in two schemas', async () => {
    if (type !== 'postgres') return;
    const place = await options([ItemOne, ItemTwo], { synchronize: false });
    const dataSource = await new DataSource(place).initialize();
    for (const schema of ['one', 'two']) await dataSource.query(`CREATE SCHEMA ${schema}`);
    await dataSource.synchronize();
    const mirror = new Mirror(dataSource, ['ItemOne', 'ItemTwo'], ['ItemOne']);
    const two = await dataSource.manager.save(ItemTwo, { name: 'two' });
    await dataSource.manager.save(ItemOne, { name: 'one', others: [two] });
    await dataSource.manager.update(ItemOne, { name: 'one' }, { name: 'uno' });
    await dataSource.manager.delete(ItemTwo, { name: 'two' });
    expect(await mirror.compare()).toEqual([]);
    expect(mirror.take().filter((change) => !change.startsWith('modified ItemOne'))).toEqual(['added ItemTwo 1', 'added ItemOne 1', 'removed ItemTwo 1']); // prettier-ignore
    await dataSource.destroy();
  });
});

function namesake(table: string): new () => object {
  @Entity({ name: table })
  class Namesake {
    @PrimaryGeneratedColumn() id: number;
  }
  return Namesake;
}
