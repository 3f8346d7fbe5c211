// A gap on mappings with siblings, referenced columns, soft deletes and links: told right, or not recovered.

import { ChildEntity, Column, DeleteDateColumn, Entity, JoinColumn, JoinTable, ManyToMany, ManyToOne, PrimaryColumn, PrimaryGeneratedColumn, TableInheritance, type EntityManager, type Relation } from 'typeorm'; // prettier-ignore
import { Expose } from 'class-transformer';
import type { ResumedData } from 'nestjs-jira-protocol';
import { expect, it } from 'vitest';
import { Hook, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { createTestApp, type TestClient } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity({ name: 'gap_team' })
@TableInheritance({ column: { name: 'kind', type: 'varchar', length: 20 } })
abstract class Group {
  @PrimaryGeneratedColumn() id: number;
  @Column({ unique: true, length: 20 }) code: string;
  @Column() ownerId: number;
  @DeleteDateColumn() deletedAt: Date | null;
}

@ChildEntity()
class Team extends Group {}

@ChildEntity()
class Club extends Group {}

@Entity({ name: 'gap_paper' })
class Paper {
  @PrimaryColumn() slug: string;
  @Column({ default: '' }) text: string;
  @ManyToOne(() => Team, { nullable: true, createForeignKeyConstraints: false })
  @JoinColumn({ name: 'teamCode', referencedColumnName: 'code' })
  team: Relation<Team> | null;
  @ManyToMany(() => Tag, (tag) => tag.papers) tags: Relation<Tag[]>;
}

@Entity({ name: 'gap_tag' })
class Tag {
  @PrimaryGeneratedColumn() id: number;
  @Column() userId: number;
  @ManyToMany(() => Paper, (paper) => paper.tags) @JoinTable({ name: 'gap_tagged' }) papers: Relation<Paper[]>;
}

class PaperView {
  @Expose() slug: string;
  @Expose() text: string;
}

@Hook('papers')
class PaperHook extends ModelHook<Paper> {
  entity = Paper;
  output = PaperView;
  override visibility(scope: HookScope): Visibility<Paper> {
    const { id } = scope.user as { id: number };
    return [{ team: { ownerId: id } }, { tags: { userId: id } }];
  }
}

const ENTITIES = [Group, Team, Club, Paper, Tag];

const GAPS: Record<string, (manager: EntityManager) => Promise<unknown>> = {
  'rows of its own': async (manager) => {
    await manager.update(Paper, 'mine', { text: 'new' });
    await manager.save(Paper, { slug: 'more', team: { code: 'a' } as Team });
    await manager.save(Paper, { slug: 'foreign2', team: { code: 'b' } as Team });
    await manager.update(Paper, 'foreign', { text: 'secret' });
  },
  'a row that moved out, and one that moved in': async (manager) => {
    await manager.update(Paper, 'mine', { team: { code: 'b' } });
    await manager.update(Paper, 'foreign', { team: { code: 'a' } });
  },
  'a sibling under whose code rows hide': async (manager) => {
    await manager.save(Club, { code: 'club', ownerId: 1 });
    await manager.save(Paper, { slug: 'clubs', team: { code: 'club' } as Team });
  },
  'a soft-deleted team': (manager) => manager.softDelete(Team, { code: 'a' }),
  'a team deleted and restored': async (manager) => {
    await manager.softDelete(Team, { code: 'a' });
    await manager.update(Paper, 'mine', { text: 'meanwhile' });
    await manager.restore(Team, { code: 'a' });
  },
  'a team that changed hands': (manager) => manager.update(Team, { code: 'b' }, { ownerId: 1 }),
  'a foreign row deleted, and then its team given': async (manager) => {
    await manager.delete(Paper, 'foreign');
    await manager.update(Team, { code: 'b' }, { ownerId: 1 });
  },
  'a link that came': (manager) => manager.createQueryBuilder().relation(Tag, 'papers').of(1).add('foreign'),
  'a linked row deleted': (manager) => manager.delete(Paper, 'tagged'),
  'a tag deleted': (manager) => manager.delete(Tag, 1),
};

const subscribe = async (client: TestClient, resume: string | null): Promise<ResumedData> =>
  (await client.call('papers', 'subscribe', 'SUBSCRIPTION', { headers: { resume } })).data as ResumedData;

async function listed(client: TestClient): Promise<Map<string, unknown>> {
  const { data } = await client.call('papers', 'list', 'GET');
  return new Map((data as { results: PaperView[] }).results.map((row) => [row.slug, row]));
}

describeEachDatabase('a subscription resumed over a gap', ({ options }) => {
  it.each(Object.keys(GAPS))('of %s leaves what a fresh list has, or is not recovered', async (name) => {
    await using app = await createTestApp({ entities: ENTITIES, providers: [PaperHook], database: await options(ENTITIES) });
    const { manager } = app.dataSource;
    await manager.save(Team, [{ code: 'a', ownerId: 1 }, { code: 'b', ownerId: 2 }]); // prettier-ignore
    await manager.save(Paper, [
      { slug: 'mine', team: { code: 'a' } as Team },
      { slug: 'foreign', team: { code: 'b' } as Team },
      { slug: 'tagged' },
    ]);
    await manager.save(Tag, { userId: 1, papers: [{ slug: 'tagged' } as Paper] });
    const ada = await app.connect(1);
    const { resume = '' } = await subscribe(ada, null);
    const held = await listed(ada);
    const known = new Set(held.keys());
    expect([...known].toSorted()).toEqual(['mine', 'tagged']);
    ada.close();
    await GAPS[name]?.(manager);
    const again = await app.connect(1);
    const { recovered, changes = [] } = await subscribe(again, resume);
    const fresh = await listed(again);
    expect(recovered || name !== 'rows of its own').toBe(true);
    if (!recovered) return;
    for (const { type, id, data } of changes) {
      expect(known.has(id as string) || fresh.has(id as string)).toBe(true);
      if (type === 'removed') held.delete(id as string);
      else held.set(id as string, data);
    }
    expect(held).toEqual(fresh);
  }); // prettier-ignore
});
