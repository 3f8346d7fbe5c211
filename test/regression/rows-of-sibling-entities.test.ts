// With single-table inheritance a child's rows share their table with its siblings': a relation to the child is to its rows alone.

import { Allow } from 'class-validator';
import { Expose } from 'class-transformer';
import { ChildEntity, Column, Entity, ManyToOne, PrimaryGeneratedColumn, TableInheritance, type Relation } from 'typeorm'; // prettier-ignore
import { expect, it } from 'vitest';
import { Hook, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestAppOptions } from '../support/app.js';
import { describeEachDatabase, type TestDatabase } from '../support/databases.js';

@Entity()
@TableInheritance({ column: { name: 'kind', type: 'varchar', length: 20 } })
class Group {
  @PrimaryGeneratedColumn() id: number;
  @Column() ownerId: number;
}

@ChildEntity('team')
class Team extends Group {}

@ChildEntity('squad')
class Squad extends Team {}

@ChildEntity('company')
class Company extends Group {}

@Entity()
class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column() text: string;
  @Column({ nullable: true }) teamId: number;
  @ManyToOne(() => Team) team: Relation<Team>;
}

class NoteView {
  @Expose() id: number;
  @Expose() text: string;
}

class GroupView {
  @Expose() id: number;
}

class WriteNote {
  @Allow() text?: string;
  @Allow() teamId?: number;
  @Allow() team?: unknown;
}

@Hook('notes')
class NoteHook extends ModelHook<Note> {
  entity = Note;
  output = NoteView;
  createInput = WriteNote;
  override filterFields = { team__ownerId: ['exact'], team__id: ['isnull', 'exact'] };
  override orderingFields = ['team__ownerId', 'id'];
  override visibility({ user }: HookScope): Visibility<Note> {
    return { team: { ownerId: user.id } };
  }
}

@Hook('notes')
class OpenNoteHook extends NoteHook {
  override visibility(): Visibility<Note> {
    return true;
  }
}

/** Serves teams as the rows of their parent. */
@Hook('groups')
class GroupHook extends ModelHook<Group> {
  entity = Group;
  output = GroupView;
  override visibility({ user }: HookScope): Visibility<Group> {
    return { ownerId: user.id };
  }
}

const ENTITIES = [Group, Team, Squad, Company, Note];

async function start(database: TestDatabase, providers: TestAppOptions['providers'] = [NoteHook]): Promise<TestApp> {
  const app = await createTestApp({
    entities: ENTITIES,
    providers,
    database: await database.options(ENTITIES),
  });
  const { manager } = app.dataSource;
  await manager.save(Team, { id: 1, ownerId: 1 });
  await manager.save(Company, { id: 2, ownerId: 1 });
  await manager.save(Squad, { id: 3, ownerId: 1 });
  await manager.save(Team, { id: 4, ownerId: 2 });
  const texts = ['of a team', 'of a company', 'of a squad', "of another's team"];
  for (const [i, text] of texts.entries()) await manager.insert(Note, { text, teamId: i + 1 });
  return app;
}

describeEachDatabase('a relation to a child entity', (database) => {
  it('leads to the rows of the child and its own children, not to those of its siblings', async () => {
    await using app = await start(database);
    const ada = await app.connect(1);
    const { data } = await ada.call('notes', 'list', 'GET', { query: { ordering: 'id' } });
    expect(data).toMatchObject({ results: [{ text: 'of a team' }, { text: 'of a squad' }] });
  });

  it('is judged alike when a row changes', async () => {
    await using app = await start(database);
    const ada = await app.connect(1);
    await ada.subscribe('notes');
    await app.dataSource.manager.update(Note, 2, { text: 'of a company still' });
    await app.dataSource.manager.update(Note, 3, { text: 'of a squad still' });
    await app.dataSource.manager.update(Note, 1, { teamId: 2 });
    const changes = await ada.nextChanges('notes', 2);
    await ada.settled('notes');
    expect(changes).toMatchObject([
      { type: 'modified', data: { text: 'of a squad still' } },
      { type: 'removed', id: 1 },
    ]);
    expect(ada.changes('notes')).toHaveLength(2);
  });

  it('filters and orders by the rows of the child alone', async () => {
    await using app = await start(database, [OpenNoteHook]);
    const ada = await app.connect(1);
    const list = async (query: object): Promise<unknown> => {
      const { data } = await ada.call('notes', 'list', 'GET', { query });
      return (data as { results: NoteView[] }).results.map(({ id }) => id);
    };
    expect(await list({ team__ownerId: 1, ordering: 'id' })).toEqual([1, 3]);
    expect(await list({ team__id__isnull: true })).toEqual([2]);
    expect(await list({ ordering: '-team__ownerId,id' })).toEqual([2, 4, 1, 3]);
  });
});

describeEachDatabase('a row of a child entity that a write names', (database) => {
  it('is asked of the hook of its parent', async () => {
    await using app = await start(database, [OpenNoteHook, GroupHook]);
    const ada = await app.connect(1);
    for (const fields of [{ teamId: 4 }, { team: { id: 4 } }]) {
      const hidden = await ada.call('notes', 'create', 'POST', { data: { text: 'x', ...fields } });
      expect(hidden).toMatchObject({ status: 400, data: { errors: { [Object.keys(fields)[0]]: ['This row does not exist.'] } } }); // prettier-ignore
    }
    expect(await ada.call('notes', 'create', 'POST', { data: { text: 'x', teamId: 3 } })).toMatchObject({
      status: 201,
    });
  });

  it('is no row of a sibling, whether or not a hook serves it', async () => {
    for (const hooks of [[OpenNoteHook], [OpenNoteHook, GroupHook]]) {
      await using app = await start(database, hooks);
      const ada = await app.connect(1);
      const answer = await ada.call('notes', 'create', 'POST', { data: { text: 'x', teamId: 2 } });
      expect(answer).toMatchObject({ status: 400, data: { errors: { teamId: ['This row does not exist.'] } } });
    }
  });
});
