// The store: what a caller reads stays within sight, and so does what a caller writes.

import { Column, DeleteDateColumn, Entity, JoinTable, ManyToMany, ManyToOne, OneToMany, PrimaryGeneratedColumn, type DataSource, type Relation } from 'typeorm'; // prettier-ignore
import { describe, expect, it } from 'vitest';
import {
  JiraException,
  RowNotFoundException,
  ValidationException,
} from '../../libs/jira/src/core/errors/jira.exception.js';
import { EVERYTHING, type Filter } from '../../libs/jira/src/policy/filtering/filter.js';
import { compileVisibility } from '../../libs/jira/src/typeorm/query/row-predicate.js';
import type { TypeOrmStoreOptions } from '../../libs/jira/src/typeorm/store/store-options.js';
import { TypeOrmStore } from '../../libs/jira/src/typeorm/store/typeorm-store.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Project {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: String }) name: string;
  @OneToMany(() => Member, (member) => member.project) members: Relation<Member[]>;
  @OneToMany(() => Issue, (issue) => issue.project) issues: Relation<Issue[]>;
}

@Entity()
class Member {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: Number }) userId: number;
  @ManyToOne(() => Project, (project) => project.members) project: Relation<Project>;
}

@Entity()
class Label {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: String }) name: string;
}

@Entity()
class Issue {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: String }) title: string;
  @Column({ type: String, default: 'open' }) status: string;
  @Column({ type: String, nullable: true }) note: string | null;
  @Column({ type: Number, nullable: true }) projectId: number | null;
  @ManyToOne(() => Project, (project) => project.issues) project: Relation<Project> | null;
  @ManyToOne(() => Member) reporter: Relation<Member> | null;
  @ManyToMany(() => Label) @JoinTable() labels: Relation<Label[]>;
}

@Entity()
class Draft {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: String }) title: string;
  @DeleteDateColumn() deletedAt: Date | null;
}

const ENTITIES = [Project, Member, Label, Issue, Draft];
const ME = 7;

describeEachDatabase('TypeOrmStore', ({ open }) => {
  /** Two projects, of which the caller is a member of the first, twice over. */
  async function world(): Promise<{ dataSource: DataSource; mine: Project; foreign: Project }> {
    const dataSource = await open(ENTITIES);
    const [mine, foreign] = await dataSource.manager.save(Project, [{ name: 'Mine' }, { name: 'Foreign' }]);
    await dataSource.manager.save(Member, [
      { userId: ME, project: mine },
      { userId: ME, project: mine },
      { userId: 8, project: mine },
      { userId: 9, project: foreign },
    ]);
    return { dataSource, mine, foreign };
  }

  function storeOf(
    dataSource: DataSource,
    visibility: unknown = { project: { members: { userId: ME } } },
    options: TypeOrmStoreOptions<Issue> = {},
  ): TypeOrmStore<Issue> {
    const metadata = dataSource.getMetadata(Issue);
    return new TypeOrmStore(dataSource.manager, metadata, compileVisibility(metadata, visibility), options);
  }

  const titles = async (store: TypeOrmStore<Issue>, filter: Filter = EVERYTHING): Promise<string[]> =>
    (await store.find({ filter, ordering: [] })).map(({ title }) => title);

  describe('reading', () => {
    async function issues(): Promise<{ dataSource: DataSource; mine: Project }> {
      const { dataSource, mine, foreign } = await world();
      const rows = [
        { title: 'b', note: 'x', projectId: mine.id },
        { title: 'B', note: null, projectId: mine.id },
        { title: 'a', note: 'y', projectId: mine.id },
        { title: 'hidden', note: 'x', projectId: foreign.id },
        { title: 'nowhere', note: null, projectId: null },
      ];
      await dataSource.manager.save(Issue, rows);
      return { dataSource, mine };
    }

    it('sees each visible row once, however many related rows make it visible', async () => {
      const { dataSource } = await issues();
      const store = storeOf(dataSource);
      expect(await titles(store)).toEqual(['b', 'B', 'a']);
      expect(await store.count(EVERYTHING)).toBe(3);
    });

    it('sees nothing through an empty visibility', async () => {
      const { dataSource } = await issues();
      for (const visibility of [false, [], {}, { project: {} }, { project: [] }, [{ project: { members: {} } }]]) {
        const store = storeOf(dataSource, visibility);
        expect(await titles(store)).toEqual([]);
        expect(await store.count(EVERYTHING)).toBe(0);
        expect(await store.findOne(EVERYTHING)).toBeNull();
      }
    });

    it('keeps a filter on the same column from replacing the visibility', async () => {
      const { dataSource } = await issues();
      const store = storeOf(dataSource, { note: 'x' });
      expect(await titles(store, { kind: 'term', path: ['note'], lookup: 'exact', value: 'y' })).toEqual([]);
    });

    it('keeps the alternatives of the own query within the visibility', async () => {
      const { dataSource } = await issues();
      const baseQuery = (): ReturnType<DataSource['manager']['createQueryBuilder']> =>
        dataSource.manager.createQueryBuilder(Issue, 'i').where('i.title = :a', { a: 'a' }).orWhere('i.title = :h', { h: 'hidden' }); // prettier-ignore
      const store = storeOf(dataSource, undefined, { baseQuery: baseQuery as never });
      expect(await titles(store)).toEqual(['a']);
      expect(await store.count(EVERYTHING)).toBe(1);
    });

    it('orders text by code point, rows without a value last ascending and first descending', async () => {
      const { dataSource } = await issues();
      const store = storeOf(dataSource);
      const order = async (name: string, direction: 'asc' | 'desc'): Promise<string[]> =>
        (await store.find({ filter: EVERYTHING, ordering: [{ path: name.split('.'), direction }] })).map(({ title }) => title); // prettier-ignore
      expect(await order('title', 'asc')).toEqual(['B', 'a', 'b']);
      expect(await order('note', 'asc')).toEqual(['b', 'a', 'B']);
      expect(await order('note', 'desc')).toEqual(['B', 'a', 'b']);
      expect(await order('project.name', 'asc')).toEqual(['b', 'B', 'a']);
    });

    it('follows the first mention of a column that is ordered by twice, under any name', async () => {
      const { dataSource } = await issues();
      const store = storeOf(dataSource, true);
      const order = async (...names: string[]): Promise<string[]> => {
        const ordering = names.map((name) => ({ path: name.replace('-', '').split('.'), direction: name.startsWith('-') ? 'desc' : 'asc' }) as const); // prettier-ignore
        return (await store.find({ filter: EVERYTHING, ordering })).map(({ title }) => title);
      };
      for (const [first, second] of [
        ['title', '-title'],
        ['-title', 'title'],
        ['note', '-note'],
        ['project', '-projectId'],
        ['-projectId', 'project.id'],
      ] as const)
        // prettier-ignore
        expect(await order(first, second, 'title')).toEqual(await order(first, 'title'));
    });

    it('cuts pages by rows, also when the own query joins many rows to each', async () => {
      const { dataSource } = await issues();
      const labels = await dataSource.manager.save(Label, [{ name: 'one' }, { name: 'two' }, { name: 'three' }]);
      for (const issue of await dataSource.manager.find(Issue))
        await dataSource.manager.save(Issue, { ...issue, labels });
      const joined = (): never => dataSource.manager.createQueryBuilder(Issue, 'i').leftJoinAndSelect('i.labels', 'label') as never; // prettier-ignore
      for (const baseQuery of [undefined, joined]) {
        const store = storeOf(dataSource, undefined, baseQuery ? { baseQuery } : {});
        const ordering = [{ path: ['title'], direction: 'desc' }] as const;
        const first = await store.find({ filter: EVERYTHING, ordering, limit: 2 });
        const second = await store.find({ filter: EVERYTHING, ordering, limit: 2, offset: 2 });
        const rest = await store.find({ filter: EVERYTHING, ordering, offset: 1 });
        expect(first.map(({ title }) => title)).toEqual(['b', 'a']);
        expect(second.map(({ title }) => title)).toEqual(['B']);
        expect(rest.map(({ title }) => title)).toEqual(['a', 'B']);
        expect(first.map((issue) => issue.labels?.length)).toEqual(baseQuery ? [3, 3] : [undefined, undefined]);
        expect((await store.findOne(EVERYTHING))?.title).toBe('b');
        expect(await store.count(EVERYTHING)).toBe(3);
      }
    });
  });

  describe('inserting', () => {
    it('stores a row that its writer sees, defaults and key filled in', async () => {
      const { dataSource, mine } = await world();
      const store = storeOf(dataSource);
      const issue = await store.insert(store.create({ title: 'new', projectId: mine.id }));
      expect(issue).toBeInstanceOf(Issue);
      expect(issue).toMatchObject({ id: expect.any(Number) as number, status: 'open' });
      expect(await titles(store)).toEqual(['new']);
    });

    it('refuses a row in a foreign project in the words for a project that is not there', async () => {
      const { dataSource, foreign } = await world();
      const store = storeOf(dataSource);
      const answers = [];
      for (const projectId of [foreign.id, 9999])
        answers.push(await faultOf(store.insert(store.create({ title: 'x', projectId }))));
      expect(answers).toEqual([
        { projectId: ['This row does not exist.'] },
        { projectId: ['This row does not exist.'] },
      ]);
      expect(await faultOf(store.insert(store.create({ title: 'x', project: { id: foreign.id } })))).toEqual({ projectId: ['This row does not exist.'] }); // prettier-ignore
    });

    it('names the field that puts the row out of sight', async () => {
      const { dataSource, mine } = await world();
      const store = storeOf(dataSource, { status: 'open', projectId: mine.id });
      expect(await faultOf(store.insert(store.create({ title: 'x', status: 'shut', projectId: mine.id })))).toEqual({ status: ['With this value, the row would not be visible to you.'] }); // prettier-ignore
    });

    it('refuses relations whose row the caller may not retrieve', async () => {
      const { dataSource, mine } = await world();
      const [member] = await dataSource.manager.find(Member);
      const asked: unknown[] = [];
      const store = storeOf(dataSource, true, {
        canRetrieve: async (relation, key) => {
          asked.push([relation.propertyPath, ...key.values()]);
          return Promise.resolve(relation.propertyPath === 'project');
        },
      });
      const input = { title: 'x', projectId: mine.id, reporter: { id: member?.id }, labels: [{ id: 5 }] };
      expect(await faultOf(store.insert(store.create(input)))).toEqual({
        reporter: ['This row does not exist.'],
        'labels.0': ['This row does not exist.'],
      });
      expect(asked).toEqual(expect.arrayContaining([['project', mine.id], ['reporter', member?.id], ['labels', 5]])); // prettier-ignore
    });

    it('never overwrites a row by its key', async () => {
      const { dataSource, mine, foreign } = await world();
      const label = await dataSource.manager.save(Label, { name: 'l' });
      const hidden = await dataSource.manager.save(Issue, { title: 'hidden', projectId: foreign.id });
      const store = storeOf(dataSource);
      const input = { id: hidden.id, title: 'stolen', projectId: mine.id };
      // Postgres takes no given value for a generated key; the others refuse the second row of one key.
      await Promise.allSettled([store.insert(store.create(input))]);
      await expect(store.insert(store.create({ ...input, labels: [label] }))).rejects.toThrow(JiraException);
      expect(await dataSource.manager.findOneBy(Issue, { id: hidden.id })).toMatchObject({ title: 'hidden' });
    });

    it('links the rows of a many-to-many relation', async () => {
      const { dataSource, mine } = await world();
      const label = await dataSource.manager.save(Label, { name: 'l' });
      const store = storeOf(dataSource);
      const { id } = await store.insert(store.create({ title: 'x', projectId: mine.id, labels: [{ id: label.id }] }));
      const stored = await dataSource.manager.findOne(Issue, { where: { id }, relations: { labels: true } });
      expect(stored?.labels).toEqual([label]);
    });
  });

  describe('updating', () => {
    it('moves a row only to where its writer sees it', async () => {
      const { dataSource, mine, foreign } = await world();
      const other = await dataSource.manager.save(Project, { name: 'Other' });
      await dataSource.manager.save(Member, { userId: ME, project: other });
      const { id } = await dataSource.manager.save(Issue, { title: 'x', projectId: mine.id });
      const store = storeOf(dataSource);
      const load = async (): Promise<Issue> => (await store.findOne(EVERYTHING)) as Issue;
      await store.update(store.merge(await load(), { projectId: other.id }));
      expect((await dataSource.manager.findOneByOrFail(Issue, { id })).projectId).toBe(other.id);
      await dataSource.manager.transaction(async (manager) => {
        const metadata = dataSource.getMetadata(Issue);
        const inside = new TypeOrmStore<Issue>(manager, metadata, compileVisibility(metadata, { project: { members: { userId: ME } } })); // prettier-ignore
        const issue = (await inside.findOne(EVERYTHING)) as Issue;
        await inside.update(inside.merge(issue, { projectId: foreign.id }));
      }).then(() => expect.unreachable(), (error: unknown) => expect(error).toBeInstanceOf(ValidationException)); // prettier-ignore
      expect((await dataSource.manager.findOneByOrFail(Issue, { id })).projectId).toBe(other.id);
    });

    it('asks again only about relations that change', async () => {
      const { dataSource, mine, foreign } = await world();
      const [kept, added] = await dataSource.manager.save(Label, [{ name: 'kept' }, { name: 'added' }]);
      await dataSource.manager.save(Issue, { title: 'x', projectId: mine.id, labels: [kept] });
      const asked: unknown[] = [];
      const store = storeOf(dataSource, true, {
        canRetrieve: (relation, key) => Promise.resolve(asked.push([relation.propertyPath, ...key.values()]) > 0),
      });
      const issue = (await store.findOne(EVERYTHING)) as Issue;
      await store.update(store.merge(issue, { title: 'y', labels: [{ id: kept.id }, { id: added.id }] }));
      expect(asked).toEqual([['labels', added.id]]);
      await store.update(store.merge(issue, { projectId: foreign.id }));
      expect(asked.slice(1)).toEqual([['project', foreign.id]]);
    });

    it('sets a key although the related row is loaded', async () => {
      const { dataSource, mine, foreign } = await world();
      const { id } = await dataSource.manager.save(Issue, { title: 'x', projectId: mine.id });
      const store = storeOf(dataSource, true);
      for (const fields of [{ projectId: foreign.id }, { project: { id: foreign.id } }]) {
        await dataSource.manager.update(Issue, id, { projectId: mine.id });
        const issue = await dataSource.manager.findOneOrFail(Issue, { where: { id }, relations: { project: true } });
        await store.update(store.merge(issue, fields));
        expect((await dataSource.manager.findOneByOrFail(Issue, { id })).projectId).toBe(foreign.id);
      }
      expect(await dataSource.manager.findOneByOrFail(Project, { id: foreign.id })).toMatchObject({ name: 'Foreign' });
    });

    it('does not bring back a row that is gone', async () => {
      const { dataSource, mine } = await world();
      await dataSource.manager.save(Issue, { title: 'x', projectId: mine.id });
      const store = storeOf(dataSource);
      const issue = (await store.findOne(EVERYTHING)) as Issue;
      await dataSource.manager.delete(Issue, issue.id);
      await expect(store.update(issue)).rejects.toThrow(RowNotFoundException);
      expect(await dataSource.manager.count(Issue)).toBe(0);
    });
  });

  it('removes a row and leaves its key on the object', async () => {
    const { dataSource, mine } = await world();
    const { id } = await dataSource.manager.save(Issue, { title: 'x', projectId: mine.id });
    const store = storeOf(dataSource);
    const issue = (await store.findOne(EVERYTHING)) as Issue;
    await store.remove(issue);
    expect(issue.id).toBe(id);
    expect(await dataSource.manager.count(Issue)).toBe(0);
  });

  it('deletes softly where the entity has a delete date', async () => {
    const { dataSource } = await world();
    const metadata = dataSource.getMetadata(Draft);
    const store = new TypeOrmStore<Draft>(dataSource.manager, metadata, compileVisibility(metadata, true));
    const draft = await store.insert(store.create({ title: 'x' }));
    await store.remove(draft);
    expect(await store.find({ filter: EVERYTHING, ordering: [] })).toEqual([]);
    const all = new TypeOrmStore<Draft>(dataSource.manager, metadata, compileVisibility(metadata, true), { withDeleted: true }); // prettier-ignore
    expect(await all.count(EVERYTHING)).toBe(1);
  });
});

async function faultOf(writing: Promise<unknown>): Promise<unknown> {
  const error: unknown = await writing.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ValidationException);
  return (error as ValidationException).errors;
}
