import { Column, Entity, JoinTable, ManyToMany, PrimaryColumn, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { expect, it } from 'vitest';
import { installSqliteLeases } from '../../libs/jira/src/commits/leases/sqlite-leases.js';
import { Mirror } from '../capture/support/mirror.js';
import { describeEachServer } from '../support/databases.js';

@Entity()
class Team {
  @PrimaryColumn({ type: 'varchar', length: 20 }) code: string;
  @Column({ type: 'varchar', length: 20, unique: true }) name: string;
  @ManyToMany(() => Person) @JoinTable() people: Relation<Person[]>;
  @ManyToMany(() => Person)
  @JoinTable({ name: 'guests', joinColumn: { name: 'teamName', referencedColumnName: 'name' } })
  guests: Relation<Person[]>;
}

@Entity()
class Person {
  @PrimaryGeneratedColumn() id: number;
}

describeEachServer('A link that was committed after the snapshot of a transaction', ({ type, open }) => {
  const start = async () => {
    const dataSource = await open([Team, Person]);
    installSqliteLeases(dataSource);
    const mirror = new Mirror(dataSource, ['Team'], ['Team']);
    await dataSource.manager.insert(Team, { code: 'a', name: 'A' });
    await dataSource.manager.insert(Person, {});
    mirror.commits.length = 0;
    const link = (relation: 'people' | 'guests') =>
      dataSource.createQueryBuilder().relation(Team, relation).of({ code: 'a', name: 'A' }).add(1);
    return { dataSource, mirror, link };
  };

  for (const relation of ['people', 'guests'] as const)
    it(`is told as removed when that transaction deletes the owner of "${relation}"`, async () => {
      const { dataSource, mirror, link } = await start();
      await dataSource.transaction(async (manager) => {
        await manager.find(Person); // MariaDB: REPEATABLE READ takes its snapshot here
        await link(relation);
        mirror.commits.length = 0;
        await manager.delete(Team, { code: 'a' });
      });
      expect(mirror.changes).toMatchObject([{ type: 'removed', id: 'a', links: [{ isNew: false }] }]);
    });

  it('is told of an owner that is found by another key than its own', async () => {
    const { dataSource, mirror } = await start();
    await dataSource.transaction(async (manager) => {
      await manager.find(Person);
      await dataSource.manager.insert(Team, { code: 'b', name: 'B' });
      mirror.commits.length = 0;
      await manager.createQueryBuilder().relation(Team, 'guests').of({ code: 'b', name: 'B' }).add(1);
    });
    expect(mirror.changes).toMatchObject([{ type: 'modified', id: 'b', links: [{ isNew: true }] }]);
    expect(type).not.toBe('better-sqlite3');
  });
});
