// Visibilities that differ in their constants alone are judged by one query, just as each by its own.

import {
  Column,
  Entity,
  In,
  JoinColumn,
  ManyToOne,
  Not,
  OneToMany,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import { expect, it } from 'vitest';
import type { Change, Image } from '../../libs/jira/src/core/changes/change.js';
import { Judgements } from '../../libs/jira/src/live/delivery/judgements.js';
import { PredicateMatcher } from '../../libs/jira/src/typeorm/hooks/row-matchers.js';
import { compileVisibility } from '../../libs/jira/src/typeorm/query/row-predicate.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Project {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 40 })
  code: string;

  @OneToMany(() => Member, (member) => member.project)
  members: Relation<Member>[];
}

@Entity()
class Member {
  @PrimaryGeneratedColumn()
  id: number;

  @ManyToOne(() => Project, (project) => project.members)
  project: Relation<Project>;

  @Column({ type: 'int' })
  userId: number;

  @Column({ type: 'varchar', length: 40 })
  name: string;

  @Column({ type: 'uuid' })
  uid: string;

  @Column({ type: 'bigint' })
  big: string;
}

@Entity()
class Task {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'int', nullable: true })
  projectId: number | null;

  @ManyToOne(() => Project)
  @JoinColumn({ name: 'projectId' })
  project: Relation<Project>;

  @Column({ type: 'int' })
  ownerId: number;
}

const NAMES = ['ann', 'Ann', 'ánn', 'x ', "o'neil", '', 'öß😀'];
const uid = (n: number): string => `0000000${Math.abs(n) % 10}-0000-4000-8000-00000000000${Math.abs(n) % 10}`;

/** Ways to say who sees a task, each by a user's number. */
const SHAPES: readonly ((n: number) => unknown)[] = [
  (n) => ({ project: { members: { userId: n } } }),
  (n) => ({ project: { members: { name: NAMES[Math.abs(n) % NAMES.length] } } }),
  (n) => ({ project: { members: { uid: uid(Math.abs(n)) } } }),
  (n) => ({ project: { members: { big: String(2n ** 60n + BigInt(n)) } } }),
  (n) => [{ ownerId: n }, { project: { members: { userId: n, name: NAMES[Math.abs(n) % NAMES.length] } } }],
  (n) => ({ project: { members: { userId: In([n, n + 1]) }, code: 'a' } }),
  (n) => ({ ownerId: Not(n), project: { code: n % 2 ? 'a' : 'B' } }),
  (n) => ({ project: { members: { userId: n * 2 ** 20 } } }),
];
const USERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, 1_000];

describeEachDatabase('Visibilities of one shape', ({ open }) => {
  it('are judged by one query as each by its own', async () => {
    const dataSource = await open([Project, Member, Task]);
    const { manager } = dataSource;
    await manager.insert(Project, [{ code: 'a' }, { code: 'A' }, { code: 'B' }]);
    const members = Array.from({ length: 30 }, (_, n) => ({
      project: { id: (n % 3) + 1 },
      userId: n % 8 === 7 ? 2 ** 20 : n % 8,
      name: NAMES[(n * 3) % NAMES.length],
      uid: uid(n * 7),
      big: String(2n ** 60n + BigInt(n % 5)),
    }));
    await manager.insert(Member, members);
    const images: Image[] = [1, 2, 3, 99, null].map((projectId, n) => ({ id: n + 1, projectId, ownerId: n }));
    // Two of them are what rows were before a change.
    const past = new Map(images.slice(2, 4).map((image) => [image, { change: changeOf(image), position: '1' }]));
    const metadata = dataSource.getMetadata(Task);
    let queries = 0;
    dataSource.subscribers.push({ afterQuery: () => void queries++ });
    for (const shape of SHAPES) {
      const matchers = USERS.map((n) => new PredicateMatcher(compileVisibility(metadata, shape(n))));
      const alone = await Promise.all(matchers.map((one) => one.judge(images, past)));
      const families = new Map<string | undefined, PredicateMatcher[]>();
      for (const one of matchers) families.set(one.family, [...(families.get(one.family) ?? []), one]);
      for (const [name, family] of families) {
        if (name === undefined) continue;
        const together = await family[0].judgeFamily(family, images, past);
        expect(together).toEqual(family.map((one) => alone[matchers.indexOf(one)]));
      }
    }
    const [byUser] = SHAPES;
    const judgements = new Judgements();
    const matchers = Array.from({ length: 60 }, (_, n) => new PredicateMatcher(compileVisibility(metadata, byUser(n))));
    for (const one of matchers) judgements.prepare([one], images[0]);
    queries = 0;
    await judgements.ask();
    expect(queries).toBe(1);
    const seeing = matchers.flatMap((one, n) => (judgements.accepts([one], images[0]) ? [n] : []));
    const seen = members.flatMap(({ project, userId }) => (project.id === 1 && userId < 60 ? [userId] : []));
    expect(seeing).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
  });
});

function changeOf(before: Image): Change {
  return { source: 'default', entity: 'Task', id: before['id'] as number, type: 'removed', before };
}
