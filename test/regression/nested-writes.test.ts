// A write reaches beyond its row by relations: what its writer cannot see stays, and nested rows go by their own hook's rules.

import { Allow, IsOptional, IsString } from 'class-validator';
import { Expose } from 'class-transformer';
import { Column, Entity, JoinTable, ManyToMany, ManyToOne, OneToMany, OneToOne, JoinColumn, PrimaryGeneratedColumn, type Relation } from 'typeorm'; // prettier-ignore
import { expect, it } from 'vitest';
import { Hook, ModelHook, Permission, type HookScope, type Visibility } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestAppOptions, type TestClient } from '../support/app.js';
import { describeEachDatabase, type TestDatabase } from '../support/databases.js';

@Entity()
class Team {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @Column({ default: false }) isHidden: boolean;
}

@Entity()
class Task {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @ManyToOne(() => Team, { nullable: true }) team: Relation<Team> | null;
  @ManyToOne(() => Team, { nullable: true, cascade: true }) owner: Relation<Team> | null;
  @OneToMany(() => Note, (note) => note.task, { cascade: true }) notes: Relation<Note[]>;
  @OneToOne(() => Brief, (brief) => brief.task) brief: Relation<Brief> | null;
  @ManyToMany(() => Tag) @JoinTable() tags: Relation<Tag[]>;
  @ManyToMany(() => Task, (task) => task.blocked) @JoinTable() blockers: Relation<Task[]>;
  @ManyToMany(() => Task, (task) => task.blockers) blocked: Relation<Task[]>;
}

@Entity()
class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column() text: string;
  @Column({ default: false }) isPrivate: boolean;
  @Column({ default: 0 }) stars: number;
  @ManyToOne(() => Task, (task) => task.notes, { nullable: true, orphanedRowAction: 'delete' }) task: Relation<Task>;
  @ManyToOne(() => Team, { nullable: true }) team: Relation<Team> | null;
  @OneToMany(() => Reply, (reply) => reply.note, { cascade: true }) replies: Relation<Reply[]>;
}

@Entity()
class Reply {
  @PrimaryGeneratedColumn() id: number;
  @Column() text: string;
  @ManyToOne(() => Note, (note) => note.replies) note: Relation<Note>;
  @ManyToOne(() => Team, { nullable: true }) team: Relation<Team> | null;
}

@Entity()
class Brief {
  @PrimaryGeneratedColumn() id: number;
  @Column({ default: false }) isPrivate: boolean;
  @OneToOne(() => Task, (task) => task.brief, { nullable: true }) @JoinColumn() task: Relation<Task> | null;
}

@Entity()
class Tag {
  @PrimaryGeneratedColumn() id: number;
  @Column({ default: false }) isPrivate: boolean;
}

class View {
  @Expose() id: number;
}

/** Lets everything through: only the library stands between. */
class Anything {
  @IsOptional() @IsString() title?: string;
  @Allow() team?: unknown;
  @Allow() owner?: unknown;
  @Allow() notes?: unknown;
  @Allow() brief?: unknown;
  @Allow() tags?: unknown;
  @Allow() blockers?: unknown;
  @Allow() blocked?: unknown;
}

class WriteNote {
  @IsString() text: string;
  @Allow() task?: unknown;
  @Allow() team?: unknown;
  @Allow() replies?: unknown;
}

class WriteNamed {
  @IsString() name: string;
}

class Writers extends Permission {
  override hasPermission({ user, method }: HookScope): boolean {
    return method === 'GET' || user.id === 1;
  }
}

@Hook('tasks')
class TaskHook extends ModelHook<Task> {
  entity = Task;
  output = View;
  createInput = Anything;
}

@Hook('teams')
class TeamHook extends ModelHook<Team> {
  entity = Team;
  output = View;
  createInput = WriteNamed;
  permissions = [Writers];
  override visibility(): Visibility<Team> {
    return { isHidden: false };
  }
}

@Hook('notes')
class NoteHook extends ModelHook<Note> {
  entity = Note;
  output = View;
  createInput = WriteNote;
  override visibility(): Visibility<Note> {
    return { isPrivate: false };
  }
}

@Hook('briefs')
class BriefHook extends ModelHook<Brief> {
  entity = Brief;
  output = View;
  override visibility(): Visibility<Brief> {
    return { isPrivate: false };
  }
}

@Hook('tags')
class TagHook extends ModelHook<Tag> {
  entity = Tag;
  output = View;
  override visibility(): Visibility<Tag> {
    return { isPrivate: false };
  }
}

const ENTITIES = [Team, Task, Note, Reply, Brief, Tag];
const HOOKS = [TaskHook, TeamHook, NoteHook, BriefHook, TagHook];

type Send = (data: object, by?: TestClient) => Promise<{ status: number; errors: unknown }>;

interface World extends AsyncDisposable {
  readonly app: TestApp;
  readonly ada: TestClient;
  readonly grace: TestClient;
  readonly stored: () => Promise<Task>;
  readonly patch: Send;
  readonly create: Send;
}

/** Task 1 has notes 1 (seen) and 2 (hidden), the hidden brief 1, tags 1 (seen) and 2 (hidden). Team 2 is hidden. */
async function start(database: TestDatabase, providers: TestAppOptions['providers'] = HOOKS): Promise<World> {
  const app = await createTestApp({ entities: ENTITIES, providers, database: await database.options(ENTITIES) });
  const { manager } = app.dataSource;
  await manager.save(Team, [
    { name: 'Open', isHidden: false },
    { name: 'Hidden', isHidden: true },
  ]);
  await manager.save(Tag, [{ isPrivate: false }, { isPrivate: true }, { isPrivate: false }]);
  const task = await manager.save(Task, { title: 'first', team: { id: 1 }, tags: [{ id: 1 }, { id: 2 }] });
  await manager.save(Task, { title: 'second' });
  await manager.save(Note, [{ text: 'seen', task }, { text: 'hidden', isPrivate: true, task }, { text: 'free' }]);
  await manager.save(Brief, { isPrivate: true, task });
  const ada = await app.connect(1);
  const grace = await app.connect(2);
  const send = async (by: TestClient, action: string, method: 'POST' | 'PATCH', data: object) => {
    const answer = await by.call('tasks', action, method, { data, ...(method === 'PATCH' && { query: { pk: 1 } }) });
    return { status: answer.status, errors: (answer.data as { errors?: unknown }).errors };
  };
  return {
    app,
    ada,
    grace,
    patch: (data, by = grace) => send(by, 'update', 'PATCH', data),
    create: (data, by = grace) => send(by, 'create', 'POST', data),
    stored: () =>
      manager.findOneOrFail(Task, {
        where: { id: 1 },
        relations: { team: true, owner: true, notes: true, brief: true, tags: true },
        order: { notes: { id: 'ASC' }, tags: { id: 'ASC' } },
      }),
    [Symbol.asyncDispose]: () => app.close(),
  };
}

const MISSING = ['This row does not exist.'];

describeEachDatabase('a list in a write', (database) => {
  it('deletes no orphan that its writer cannot see', async () => {
    await using world = await start(database);
    expect(await world.patch({ notes: [{ text: 'new' }] })).toMatchObject({ status: 200 });
    expect((await world.stored()).notes.map(({ text }) => text)).toEqual(['hidden', 'new']);
    expect(await world.app.dataSource.manager.countBy(Note, { text: 'seen' })).toBe(0);
    expect(await world.patch({ notes: [] })).toMatchObject({ status: 200 });
    expect((await world.stored()).notes.map(({ text }) => text)).toEqual(['hidden']);
  });

  it('drops no link that its writer cannot see', async () => {
    await using world = await start(database);
    expect(await world.patch({ tags: [{ id: 3 }] })).toMatchObject({ status: 200 });
    expect((await world.stored()).tags.map(({ id }) => id)).toEqual([2, 3]);
    expect(await world.patch({ tags: [] })).toMatchObject({ status: 200 });
    expect((await world.stored()).tags.map(({ id }) => id)).toEqual([2]);
  });

  it('unlinks no hidden row at the other side of a one-to-one relation', async () => {
    await using world = await start(database);
    expect(await world.patch({ brief: null })).toMatchObject({ status: 200 });
    expect((await world.stored()).brief).toMatchObject({ id: 1 });
    await world.app.dataSource.manager.update(Brief, 1, { isPrivate: false });
    expect(await world.patch({ brief: null })).toMatchObject({ status: 200 });
    expect((await world.stored()).brief).toBeNull();
  });

  it('tells the two sides of a relation between rows of one entity apart', async () => {
    await using world = await start(database);
    expect(await world.patch({ blockers: [{ id: 2 }], blocked: [] })).toMatchObject({ status: 200 });
    expect(await world.patch({ blocked: [{ id: 2 }], blockers: [] })).toMatchObject({ status: 200 });
    const { manager } = world.app.dataSource;
    const task = await manager.findOneOrFail(Task, { where: { id: 1 }, relations: { blockers: true, blocked: true } });
    expect([task.blockers.length, task.blocked.map(({ id }) => id)]).toEqual([0, [2]]);
  });

  it('names no hidden row, at any depth', async () => {
    await using world = await start(database);
    const { patch, create, stored } = world;
    expect(await patch({ notes: [{ text: 'x', team: { id: 2 } }] })).toEqual({ status: 400, errors: { 'notes.0.team': MISSING } }); // prettier-ignore
    expect(await create({ title: 'x', notes: [{ text: 'x', replies: [{ text: 'x', team: { id: 2 } }] }] })).toEqual({ status: 400, errors: { 'notes.0.replies.0.team': MISSING } }); // prettier-ignore
    expect(await patch({ notes: [{ id: 2, text: 'stolen' }] })).toMatchObject({ status: 400 });
    expect(await patch({ tags: [{ id: 1 }, { id: 99 }] })).toEqual({ status: 400, errors: { 'tags.1': MISSING } });
    expect((await stored()).notes.map(({ text }) => text)).toEqual(['seen', 'hidden']);
  });
});

describeEachDatabase('a nested row', (database) => {
  it('is renamed and created by whom its own hook lets do so alone', async () => {
    await using world = await start(database);
    const { ada, grace, patch, create } = world;
    const renamed = { owner: { id: 1, name: 'Renamed' } };
    expect(await patch(renamed, grace)).toMatchObject({ status: 400, errors: { owner: [expect.stringContaining('permission')] } }); // prettier-ignore
    expect(await create({ title: 'x', owner: { name: 'New' } }, grace)).toMatchObject({ status: 400, errors: { owner: [expect.stringContaining('permission')] } }); // prettier-ignore
    const { manager } = world.app.dataSource;
    expect(await manager.countBy(Team, { name: 'Open' })).toBe(1);
    expect(await manager.count(Task)).toBe(2);
    expect(await patch({ owner: { id: 1 } }, grace)).toMatchObject({ status: 200 });
    expect(await patch(renamed, ada)).toMatchObject({ status: 200 });
    expect(await create({ title: 'x', owner: { name: 'New' } }, ada)).toMatchObject({ status: 201 });
    expect((await manager.find(Team, { order: { id: 'ASC' } })).map(({ name }) => name)).toEqual(['Renamed', 'Hidden', 'New']); // prettier-ignore
  });

  it('takes what the input of its own hook takes', async () => {
    await using world = await start(database);
    const { patch, create } = world;
    expect(await create({ title: 'x', notes: [{ text: 'fine' }, { text: 'x', stars: 5 }] })).toMatchObject({ status: 400, errors: { 'notes.1.stars': expect.any(Array) as unknown } }); // prettier-ignore
    expect(await patch({ notes: [{ id: 1, stars: 5 }] })).toMatchObject({ status: 400, errors: { 'notes.0.stars': expect.any(Array) as unknown } }); // prettier-ignore
    expect(await patch({ notes: [{ id: 1, text: 7 }] })).toMatchObject({ status: 400, errors: { 'notes.0.text': expect.any(Array) as unknown } }); // prettier-ignore
    expect(await patch({ notes: [{ id: 1, text: 'better' }] })).toMatchObject({ status: 200 });
    expect((await world.stored()).notes.map(({ text, stars }) => [text, stars])).toEqual([['better', 0], ['hidden', 0]]); // prettier-ignore
  });

  it('has to be one that its writer sees afterwards', async () => {
    class HideNote extends WriteNote {
      @Allow() isPrivate?: boolean;
    }
    @Hook('notes')
    class HidingNoteHook extends NoteHook {
      override createInput = HideNote;
    }
    await using world = await start(database, [TaskHook, TeamHook, HidingNoteHook]);
    expect(await world.create({ title: 'x', notes: [{ text: 'x', isPrivate: true }] })).toMatchObject({ status: 400, errors: { 'notes.0': expect.any(Array) as unknown } }); // prettier-ignore
    expect(await world.patch({ notes: [{ id: 1, isPrivate: true }] })).toMatchObject({ status: 400, errors: { 'notes.0': expect.any(Array) as unknown } }); // prettier-ignore
    expect(await world.app.dataSource.manager.count(Task)).toBe(2);
  });

  it('is refused where its hook has rules that cannot be asked', async () => {
    @Hook('notes')
    class SigningNoteHook extends NoteHook {
      override performCreate(fields: object, scope: HookScope): Promise<Note> {
        return super.performCreate({ ...fields, text: 'signed' }, scope);
      }
    }
    await using world = await start(database, [TaskHook, TeamHook, SigningNoteHook]);
    expect(await world.create({ title: 'x', notes: [{ text: 'x' }] })).toMatchObject({ status: 400, errors: { 'notes.0': expect.any(Array) as unknown } }); // prettier-ignore
  });

  it('is written freely where no hook serves it, and where code of the application sets it', async () => {
    @Hook('tasks')
    class LoggingTaskHook extends TaskHook {
      override performCreate(fields: object, scope: HookScope): Promise<Task> {
        return super.performCreate({ ...fields, notes: [{ text: 'made', stars: 3 }] }, scope);
      }
    }
    await using world = await start(database, [LoggingTaskHook, TeamHook, NoteHook]);
    expect(await world.create({ title: 'x' })).toMatchObject({ status: 201 });
    expect(await world.app.dataSource.manager.countBy(Note, { stars: 3 })).toBe(1);
    await using free = await start(database, [TaskHook]);
    expect(await free.create({ title: 'x', notes: [{ text: 'x', stars: 5, replies: [{ text: 'y' }] }] })).toMatchObject({ status: 201 }); // prettier-ignore
    expect(await free.app.dataSource.manager.count(Reply)).toBe(1);
  });
});

const NAMELESS: readonly [string, object, string][] = [
  ['an empty object', { team: {} }, 'team'],
  ['a key of null', { team: { id: null } }, 'team'],
  ['a row without its key', { team: { name: 'x' } }, 'team'],
  ['a key of null that a cascade could create', { owner: { id: null, name: 'x' } }, 'owner'],
  ['an object for a list', { notes: { id: 1 } }, 'notes'],
  ['a bare key in a list', { tags: [1] }, 'tags.0'],
  ['null in a list', { tags: [null] }, 'tags.0'],
  ['an empty object in a list', { tags: [{ id: 1 }, {}] }, 'tags.1'],
  ['a list for one row', { team: [{ id: 1 }] }, 'team'],
  ['a text for the other side', { brief: 'x' }, 'brief'],
  ['an empty object for the other side', { brief: {} }, 'brief'],
  ['a key of another type', { team: { id: 'x' } }, 'team'],
];

describeEachDatabase('a relation that names no row', (database) => {
  it('is a field error', async () => {
    await using world = await start(database);
    for (const [name, data, field] of NAMELESS)
      for (const answer of [await world.patch(data, world.ada), await world.create({ title: 'x', ...data }, world.ada)])
        expect([name, answer]).toEqual([name, { status: 400, errors: { [field]: [expect.any(String)] } }]);
    expect(await world.app.dataSource.manager.count(Task)).toBe(2);
  });
});
