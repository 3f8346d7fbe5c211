import { Column, DataSource, DeleteDateColumn, Entity, JoinTable, ManyToMany, ManyToOne, MoreThan, OneToMany, PrimaryGeneratedColumn, type Relation } from 'typeorm'; // prettier-ignore
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image } from '../../core/changes/change.js';
import { compileVisibility } from '../query/row-predicate.js';
import type { Visibility } from '../query/visibility.js';
import { mayAlter } from './related-change.js';

@Entity()
class Team {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @OneToMany(() => Membership, (membership) => membership.team) members: Relation<Membership[]>;
  @ManyToMany(() => Tag) @JoinTable() tags: Relation<Tag[]>;
}

@Entity()
class Tag {
  @PrimaryGeneratedColumn() id: number;
}

@Entity()
class Membership {
  @PrimaryGeneratedColumn() id: number;
  @Column() userId: number;
  @Column() note: string;
  @Column() teamId: number;
  @ManyToOne(() => Team, (team) => team.members) team: Relation<Team>;
}

@Entity()
class List {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @DeleteDateColumn() deletedAt: Date | null;
}

@Entity()
class Task {
  @PrimaryGeneratedColumn() id: number;
  @Column() teamId: number;
  @ManyToOne(() => Team) team: Relation<Team>;
  @ManyToOne(() => List, { onDelete: 'CASCADE' }) list: Relation<List>;
}

describe('whether a related row may alter who sees what', () => {
  const dataSource = new DataSource({ type: 'better-sqlite3', database: ':memory:', entities: [Team, Tag, Membership, List, Task] }); // prettier-ignore
  beforeAll(async () => {
    await dataSource.initialize();
  });
  afterAll(() => dataSource.destroy());

  const alters = (visibility: Visibility<Task>, entity: string, before?: Image, after?: Image): boolean => {
    const { condition } = compileVisibility(dataSource.getMetadata(Task), visibility);
    const type = before ? (after ? 'modified' : 'removed') : 'added';
    return mayAlter(condition, { source: 'default', entity, id: 1, type, before, after });
  };
  const mine: Visibility<Task> = { team: { members: { userId: 7 } } };
  const membership = (userId: number, more: object = {}): Image => ({ id: 1, userId, teamId: 1, note: '', ...more });

  it('a row of the condition that comes, goes, or moves', () => {
    expect(alters(mine, 'Membership', undefined, membership(7))).toBe(true);
    expect(alters(mine, 'Membership', membership(7))).toBe(true);
    expect(alters(mine, 'Membership', membership(7), membership(8))).toBe(true);
    expect(alters(mine, 'Membership', membership(7), membership(7, { teamId: 2 }))).toBe(true);
  });

  it("but not another's row, nor a column that nobody asks about, nor another entity", () => {
    expect(alters(mine, 'Membership', undefined, membership(8))).toBe(false);
    expect(alters(mine, 'Membership', membership(8), membership(9))).toBe(false);
    expect(alters(mine, 'Membership', membership(7), membership(7, { note: 'new' }))).toBe(false);
    expect(alters(mine, 'Tag', undefined, { id: 1 })).toBe(false);
  });

  it('not the rename of a row on the way there', () => {
    expect(alters(mine, 'Team', { id: 1, name: 'a' }, { id: 1, name: 'b' })).toBe(false);
  });

  it('not a row that only rows of the same commit can have referred to, or can refer to now', () => {
    const named: Visibility<Task> = { team: { name: 'a' } };
    expect(alters(named, 'Team', undefined, { id: 1, name: 'a' })).toBe(false);
    expect(alters(named, 'Team', { id: 1, name: 'a' })).toBe(false);
    expect(alters(named, 'Team', { id: 1, name: 'a' }, { id: 1, name: 'b' })).toBe(true);
  });

  it('one that the database takes rows with, which nobody hears of', () => {
    expect(alters({ list: { name: 'a' } }, 'List', { id: 1, name: 'a' })).toBe(true);
    expect(alters({ list: { name: 'a' } }, 'List', undefined, { id: 1, name: 'a' })).toBe(false);
  });

  it('a soft-deleted row is related to none', () => {
    const [row, deletedAt] = [{ id: 1, name: 'a' }, new Date(0)];
    const named: Visibility<Task> = { list: { name: 'a' } };
    expect(alters(named, 'List', { ...row, deletedAt: null }, { ...row, deletedAt })).toBe(true);
    expect(alters(named, 'List', { ...row, deletedAt }, { ...row, deletedAt: null })).toBe(true);
    expect(alters(named, 'List', { ...row, deletedAt }, { ...row, deletedAt: new Date(1) })).toBe(false);
  });

  it('any change of an owner of many-to-many rows, which changes no column', () => {
    const team = { id: 1, name: 'a' };
    expect(alters({ team: { tags: { id: 3 } } }, 'Team', team, team)).toBe(true);
  });

  it('any row of a relation that is counted', () => {
    const crowded = { team: { members: MoreThan(2) } } as unknown as Visibility<Task>;
    expect(alters(crowded, 'Membership', undefined, membership(8))).toBe(true);
  });

  it('nothing where no relation is crossed', () => {
    expect(alters({ teamId: 1 }, 'Membership', undefined, membership(7))).toBe(false);
  });
});
