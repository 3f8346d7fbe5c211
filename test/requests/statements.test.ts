// What each request costs in statements, on each database: a hook that is told nothing special, with one subscriber.

import { Expose } from 'class-transformer';
import { IsInt, IsOptional, IsString } from 'class-validator';
import { BulkMixin, Hook, ModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { Column, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryGeneratedColumn } from 'typeorm';
import type { Relation } from 'typeorm';
import type { Method } from 'nestjs-jira-protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity()
class Note {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 100 })
  text: string;

  @Column({ type: 'int', default: 7 })
  stars: number;
}

@Entity()
class Project {
  @PrimaryGeneratedColumn()
  id: number;

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
}

@Entity()
class Task {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 100 })
  title: string;

  @Column({ type: 'int' })
  projectId: number;

  @ManyToOne(() => Project)
  @JoinColumn({ name: 'projectId' })
  project: Relation<Project>;
}

class NoteInput {
  @IsString()
  text: string;
}

class NoteView {
  @Expose()
  id: number;

  @Expose()
  text: string;

  @Expose()
  stars: number;
}

@Hook('notes')
class NoteHook extends ModelHook<Note> {
  entity = Note;
  createInput = NoteInput;
  output = NoteView;
}

class ProjectView {
  @Expose()
  id: number;
}

@Hook('projects')
class ProjectHook extends ModelHook<Project> {
  entity = Project;
  output = ProjectView;

  override visibility({ user }: HookScope): Visibility<Project> {
    return { members: { userId: user?.id ?? 0 } };
  }
}

class TaskInput {
  @IsString()
  title: string;

  @IsOptional()
  @IsInt()
  projectId?: number;
}

class TaskView {
  @Expose()
  id: number;

  @Expose()
  title: string;

  @Expose()
  projectId: number;
}

@Hook('tasks')
class TaskHook extends ModelHook<Task> {
  entity = Task;
  createInput = TaskInput;
  output = TaskView;

  override visibility({ user }: HookScope): Visibility<Task> {
    return { project: { members: { userId: user?.id ?? 0 } } };
  }
}

@Hook('many')
class ManyHook extends BulkMixin(ModelHook<Task>) {
  entity = Task;
  createInput = TaskInput;
  output = TaskView;

  override visibility({ user }: HookScope): Visibility<Task> {
    return { project: { members: { userId: user?.id ?? 0 } } };
  }
}

type Sent = readonly [action: string, method: Method, rest: object];

/** Requests, in this order: the table below has a line for each. */
const PLAIN: readonly Sent[] = [
  ['retrieve', 'GET', { query: { pk: 1 } }],
  ['list', 'GET', {}],
  ['create', 'POST', { data: { text: 'new' } }],
  ['update', 'PATCH', { query: { pk: 1 }, data: { text: 'changed' } }],
  ['destroy', 'DELETE', { query: { pk: 2 } }],
];

/** The same, where the rows that a user sees are those of his projects. */
const RELATED: readonly Sent[] = [
  ['retrieve', 'GET', { query: { pk: 1 } }],
  ['list', 'GET', {}],
  ['create', 'POST', { data: { title: 'new', projectId: 1 } }],
  ['update', 'PATCH', { query: { pk: 1 }, data: { title: 'changed' } }],
  ['destroy', 'DELETE', { query: { pk: 2 } }],
];

/** The words that the statements of a request begin with. Both of a list are sent at the same time where they can be. */
const NOTES = {
  retrieve: 'SELECT',
  list: 'SELECT SELECT',
  create: 'BEGIN INSERT COMMIT',
  update: 'BEGIN SELECT UPDATE COMMIT',
  destroy: 'BEGIN SELECT DELETE COMMIT',
};
/** A create asks first whether the project is one that the user sees; what was written is looked at once more. */
const TASKS = { ...NOTES, create: 'BEGIN SELECT INSERT SELECT COMMIT', update: 'BEGIN SELECT UPDATE SELECT COMMIT' };
/** SQLite's writes return nothing through TypeORM, and MariaDB's updates at all. */
const READ_BACK = { update: 'BEGIN SELECT UPDATE SELECT COMMIT', destroy: 'BEGIN SELECT DELETE SELECT COMMIT' };
const COSTS = {
  'better-sqlite3': {
    notes: { ...NOTES, ...READ_BACK, create: 'BEGIN INSERT SELECT SELECT COMMIT' },
    tasks: {
      ...NOTES,
      ...READ_BACK,
      create: 'BEGIN SELECT INSERT SELECT SELECT COMMIT',
      update: 'BEGIN SELECT UPDATE SELECT SELECT COMMIT',
    },
  },
  postgres: { notes: NOTES, tasks: TASKS },
  mariadb: {
    notes: { ...NOTES, update: 'BEGIN SELECT UPDATE SELECT COMMIT' },
    tasks: { ...TASKS, update: 'BEGIN SELECT UPDATE SELECT SELECT COMMIT' },
  },
};

describeEachDatabase('The statements of a request', ({ type, options }) => {
  let app: TestApp | undefined;
  let client: TestClient;
  let statements: string[] = [];

  beforeEach(async () => {
    const entities = [Note, Project, Member, Task];
    const database = await options(entities);
    app = await createTestApp({
      entities,
      providers: [NoteHook, ProjectHook, TaskHook, ManyHook],
      database,
      // On SQLite plain rows are read and created past TypeORM: what is counted is the way of all databases.
      options: { fastPaths: { reads: false, writes: false } },
    });
    const { dataSource } = app;
    await dataSource.manager.insert(Note, [{ text: 'one' }, { text: 'two' }]);
    await dataSource.manager.insert(Project, [{}, {}]);
    await dataSource.manager.insert(Member, [{ project: { id: 1 }, userId: 1 }]);
    await dataSource.manager.insert(Task, [
      { title: 'one', projectId: 1 },
      { title: 'two', projectId: 1 },
    ]);
    client = await app.connect(1);
    await client.subscribe('notes');
    await client.subscribe('tasks');
    for (const [action, method, rest] of PLAIN.slice(0, 2)) await client.call('notes', action, method, rest);
    dataSource.subscribers.push({ afterQuery: ({ query }) => void statements.push(query) });
  });
  afterEach(() => app?.close());

  /** What is sent between the request and its answer, less what judges the change for subscribers. */
  const sent = async (namespace: string, [action, method, rest]: Sent): Promise<string> => {
    statements = [];
    const { status } = await client.call(namespace, action, method, rest);
    expect(status).toBeLessThan(300);
    await client.settled(namespace === 'many' ? 'tasks' : namespace);
    const own = statements.filter((sql) => !sql.includes('jira_image'));
    return own.map((sql) => /^\w+/.exec(sql)?.[0].replace('START', 'BEGIN') ?? sql).join(' ');
  };

  it.each([
    ['notes', PLAIN],
    ['tasks', RELATED],
  ] as const)('are these, for %s', async (namespace, requests) => {
    const costs: Record<string, string> = {};
    for (const request of requests) costs[request[0]] = await sent(namespace, request);
    expect(costs).toEqual(COSTS[type][namespace]);
  });

  const ITEMS = 20;

  it('of many rows are few, whatever their number', async () => {
    if (!app || type === 'better-sqlite3') return;
    const pks = Array.from({ length: ITEMS }, (_, i) => i + 3);
    const items = pks.map((pk) => ({ title: `new ${pk}`, projectId: 1 }));
    expect(await sent('many', ['createMany', 'POST', { data: { items } }])).toBe(
      'BEGIN SAVEPOINT SELECT INSERT SELECT RELEASE COMMIT',
    );
    const changes = pks.toReversed().map((pk) => ({ pk, title: `changed ${pk}` }));
    const updated = await sent('many', ['updateMany', 'PATCH', { data: { items: changes } }]);
    expect(updated.split(' ').filter((word) => word === 'UPDATE')).toHaveLength(ITEMS);
    const shown = updated.replaceAll(/(UPDATE SELECT SELECT |UPDATE SELECT )+/g, 'UPDATE … ');
    expect(shown).toMatch(/^BEGIN SELECT UPDATE … (SELECT )?COMMIT$/);
    const destroyed = await sent('many', ['destroyMany', 'DELETE', { data: { items: pks } }]);
    expect(destroyed.replaceAll(/(DELETE )+/g, 'DELETE … ')).toMatch(/^BEGIN SELECT DELETE … (SELECT )?COMMIT$/);
    const rows = await app.dataSource.manager.find(Task);
    expect(rows).toHaveLength(2);
  });

  it('of many rows lock them in one order, so that nobody ends in a deadlock', async () => {
    const pks = Array.from({ length: 10 }, (_, i) => i + 3);
    const items = pks.map((pk) => ({ title: `new ${pk}`, projectId: 1 }));
    await client.call('many', 'createMany', 'POST', { data: { items } });
    const clients = await Promise.all([1, 2, 3, 4].map(async () => app?.connect(1)));
    const rounds = clients.flatMap((one, n) => {
      const order = n % 2 === 0 ? pks : pks.toReversed();
      const change = (title: string) => ({ data: { items: order.map((pk) => ({ pk, title })) } });
      return ['a', 'b', 'c'].map(async (title) => one?.call('many', 'updateMany', 'PATCH', change(title + n)));
    });
    expect((await Promise.all(rounds)).map((answer) => answer?.status)).toEqual(rounds.map(() => 200));
  });

  it('of many rows say which item failed, as if each were written by itself', async () => {
    const good = { title: 'good', projectId: 1 };
    const failed = await client.call('many', 'createMany', 'POST', {
      data: { items: [good, { ...good, projectId: 2 }] },
    });
    expect([failed.status, Object.keys((failed.data as { errors: object }).errors)]).toEqual([
      400,
      ['items.1.projectId'],
    ]);
    const unseen = await client.call('many', 'updateMany', 'PATCH', {
      data: { items: [{ pk: 1, title: 'x' }, { pk: 99 }] },
    });
    expect([unseen.status, Object.keys((unseen.data as { errors: object }).errors)]).toEqual([404, ['items.1']]);
    const twice = await client.call('many', 'updateMany', 'PATCH', { data: { items: [{ pk: 1, title: 'x' }, { pk: 1, title: 'y' }] } }); // prettier-ignore
    expect(twice.data).toMatchObject([{ title: 'x' }, { title: 'y' }]);
    expect((await app?.dataSource.manager.find(Task))?.length).toBe(2);
  });
});
