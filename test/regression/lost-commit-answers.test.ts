import {
  ChildEntity,
  Column,
  DataSource,
  Entity,
  JoinTable,
  ManyToMany,
  PrimaryGeneratedColumn,
  TableInheritance,
  type DataSourceOptions,
  type Relation,
} from 'typeorm';
import { expect, it, vi } from 'vitest';
import { TypeOrmChangeSource } from '../../libs/jira/src/commits/capture/typeorm-change-source.js';
import { describeEachServer } from '../support/databases.js';
import { Wire } from '../support/wire.js';

@Entity()
@TableInheritance({ column: { name: 'kind', type: 'varchar' } })
class Animal {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar', length: 20 }) name: string;
}

@ChildEntity()
class Cat extends Animal {
  @Column({ type: 'int', default: 9 }) lives: number;
}

@Entity()
class Tag {
  @PrimaryGeneratedColumn() id: number;
  @ManyToMany(() => Animal) @JoinTable() animals: Relation<Animal[]>;
}

const LOST = /connection|closed|not queryable|released/i;

describeEachServer('A COMMIT whose answer is lost', ({ type, options }) => {
  const start = async (extra?: object) => {
    const place = await options([Animal, Cat, Tag]);
    const direct = await new DataSource(place).initialize();
    const wire = await Wire.open((place as { url: string }).url);
    const through = { ...place, url: wire.url, synchronize: false, extra } as DataSourceOptions;
    const dataSource = await new DataSource(through).initialize();
    const source = new TypeOrmChangeSource(dataSource, 'default');
    for (const entity of ['Cat', 'Tag']) source.watch(entity);
    source.attach();
    const told: string[] = [];
    source.listen({
      onCommit: ({ changes }) => told.push(...changes.map(({ type: kind, entity }) => `${kind} ${entity}`)),
      onGap: ({ entity }) => told.push(`gap ${entity}`),
    });
    return {
      wire, dataSource, direct, told,
      [Symbol.asyncDispose]: async () => {
        await dataSource.destroy().catch(() => undefined);
        await wire[Symbol.asyncDispose]();
        await direct.destroy();
      },
    }; // prettier-ignore
  };

  it('is told as a gap of the entities it touched, and never as committed', async () => {
    await using world = await start();
    const { wire, dataSource, direct, told } = world;
    wire.lose('COMMIT', 'cut');
    await expect(dataSource.manager.save(Cat, { name: 'a' })).rejects.toThrow(LOST);
    expect(told).toEqual(['gap Cat']);
    await vi.waitFor(async () => expect(await direct.manager.count(Cat)).toBe(1));
    // The process goes on.
    await dataSource.manager.save(Cat, { name: 'b' });
    expect(told).toEqual(['gap Cat', 'added Cat']);
  });

  it('is told as a gap of who owns the links that it wrote', async () => {
    await using world = await start();
    const { wire, dataSource, told } = world;
    const cat = await dataSource.manager.save(Cat, { name: 'a' });
    const tag = await dataSource.manager.save(Tag, {});
    told.length = 0;
    wire.lose('COMMIT', 'cut');
    await expect(dataSource.createQueryBuilder().relation(Tag, 'animals').of(tag).add(cat)).rejects.toThrow(LOST);
    expect(told).toEqual(['gap Tag']);
  });

  it('is told as a gap when nobody ends the connection either, and again when the answer comes late', async () => {
    await using world = await start();
    const { wire, dataSource, told } = world;
    const [row] = await dataSource.manager.save(Cat, [{ name: 'a' }]);
    told.length = 0;
    wire.lose('COMMIT', 'hold');
    const held = dataSource.manager.update(Cat, row?.id, { name: 'b' }).catch(() => 'failed');
    await vi.waitFor(() => expect(told).toEqual(['gap Cat']));
    // Who writes the row next does not wait for it.
    await dataSource.manager.update(Cat, row?.id, { name: 'c' });
    expect(told).toEqual(['gap Cat', 'modified Cat']);
    wire.drop();
    expect(await held).toBe('failed');
    await vi.waitFor(() => expect(told).toEqual(['gap Cat', 'modified Cat', 'gap Cat']));
  }); // prettier-ignore

  it('is told as a gap when the driver stops waiting', async () => {
    if (type !== 'postgres') return; // mysql2 ends the connection
    await using world = await start({ query_timeout: 300 });
    const { wire, dataSource, told } = world;
    wire.lose('COMMIT', 'hold');
    await expect(dataSource.manager.save(Cat, { name: 'a' })).rejects.toThrow('timeout');
    expect(told).toEqual(['gap Cat']);
  });

  it('is not told when the database says that it refused', async () => {
    if (type !== 'postgres') return;
    await using world = await start();
    const { dataSource, direct, told } = world;
    await direct.query('CREATE TABLE late (ref INT REFERENCES animal (id) DEFERRABLE INITIALLY DEFERRED)');
    const failing = dataSource.transaction(async (manager) => {
      await manager.save(Cat, { name: 'a' });
      await manager.query('INSERT INTO late VALUES (99)');
    });
    await expect(failing).rejects.toThrow('foreign key');
    expect(told).toEqual([]);
  });

  it('of another transaction undone by the loss is told by nobody', async () => {
    await using world = await start();
    const { wire, dataSource, direct, told } = world;
    const failing = dataSource.transaction(async (manager) => {
      await manager.save(Cat, { name: 'a' });
      wire.drop();
      await manager.save(Cat, { name: 'b' });
    });
    await expect(failing).rejects.toThrow(LOST);
    expect(told).toEqual([]);
    expect(await direct.manager.count(Cat)).toBe(0);
  });
});
