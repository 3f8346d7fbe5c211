// A filter, a search or an order that crosses a relation reads the related rows that their hook lets the caller retrieve.

import { Expose } from 'class-transformer';
import { Column, Entity, ManyToOne, OneToMany, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { expect, it } from 'vitest';
import { CursorPagination, Hook, ModelHook, Permission, type HookScope, type Visibility } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestAppOptions } from '../support/app.js';
import { describeEachDatabase, type TestDatabase } from '../support/databases.js';

@Entity()
class Owner {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
}

@Entity()
class Project {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @Column({ default: false }) isHidden: boolean;
  @ManyToOne(() => Owner, { nullable: true }) owner: Relation<Owner> | null;
}

@Entity()
class Task {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @ManyToOne(() => Project, { nullable: true }) project: Relation<Project> | null;
  @OneToMany(() => Comment, (comment) => comment.task) comments: Relation<Comment[]>;
}

@Entity()
class Comment {
  @PrimaryGeneratedColumn() id: number;
  @Column() text: string;
  @Column({ default: false }) isPrivate: boolean;
  @ManyToOne(() => Task, (task) => task.comments) task: Relation<Task>;
}

class View {
  @Expose() id: number;
}

class Managers extends Permission {
  override hasPermission({ user }: HookScope): boolean {
    return user.id === 1;
  }
}

@Hook('owners')
class OwnerHook extends ModelHook<Owner> {
  entity = Owner;
  output = View;
  permissions = [Managers];
}

@Hook('projects')
class ProjectHook extends ModelHook<Project> {
  entity = Project;
  output = View;
  override visibility({ user }: HookScope): Visibility<Project> {
    return user.id === 1 ? true : { isHidden: false };
  }
}

@Hook('comments')
class CommentHook extends ModelHook<Comment> {
  entity = Comment;
  output = View;
  override visibility({ user }: HookScope): Visibility<Comment> {
    return user.id === 1 ? true : { isPrivate: false };
  }
}

@Hook('tasks')
class TaskHook extends ModelHook<Task> {
  entity = Task;
  output = View;
  override filterFields = {
    title: ['exact'],
    project__name: ['exact', 'ne', 'startswith', 'isnull', 'gt'],
    project__owner__name: ['exact', 'isnull'],
    comments__text: ['icontains', 'not_in'],
  };
  override orderingFields = ['project__name', 'project__owner__name', 'id'];
  override searchFields = ['title', 'project__name', 'comments__text'];
}

@Hook('tasks')
class TasksByCursorHook extends TaskHook {
  override pagination = CursorPagination;
  override ordering = ['project__name'];
}

@Hook('tasks')
class OpenTaskHook extends TaskHook {
  override unrestrictedFields = ['project.name'];
}

const ENTITIES = [Owner, Project, Task, Comment];
const HOOKS = [TaskHook, ProjectHook, CommentHook, OwnerHook];

/** Tasks 1 to 5: of an open project, of two hidden ones, of none, of another open one. */
async function start(
  database: TestDatabase,
  secrets: readonly [string, string] = ['Bravo', 'Zulu'],
  providers: TestAppOptions['providers'] = HOOKS,
): Promise<TestApp> {
  const app = await createTestApp({ entities: ENTITIES, providers, database: await database.options(ENTITIES) });
  const { manager } = app.dataSource;
  const owner = await manager.save(Owner, { name: secrets[0] });
  const names: [string, boolean][] = [['Mike', false], [secrets[0], true], [secrets[1], true], ['November', false]]; // prettier-ignore
  for (const [name, isHidden] of names) await manager.save(Project, { name, isHidden, owner });
  const of = [1, 2, 3, null, 4];
  for (const id of of) await manager.save(Task, { title: 'task', project: id === null ? null : { id } });
  await manager.save(Comment, { text: secrets[0], isPrivate: true, task: { id: 1 } });
  await manager.save(Comment, { text: 'public', task: { id: 5 } });
  return app;
}

async function ids(app: TestApp, user: number, query: object): Promise<unknown> {
  const client = await app.connect(user);
  const { status, data } = await client.call('tasks', 'list', 'GET', { query });
  client.close();
  return status === 200 ? (data as { results: View[] }).results.map(({ id }) => id) : data;
}

describeEachDatabase('a query across a relation', (database) => {
  it.each<[string, object, readonly number[]]>([
    ['finds no row by the text of a hidden one', { project__name: 'Bravo' }, []],
    ['finds none by its first letters', { project__name__startswith: 'B' }, []],
    ['finds the rows of those that are seen', { project__name: 'Mike' }, [1]],
    [
      'counts rows of a hidden one among those that have none',
      { project__name__isnull: true, ordering: 'id' },
      [2, 3, 4],
    ],
    ['counts them among those that are different', { 'project__name!': 'Mike', ordering: 'id' }, [2, 3, 4, 5]],
    ['compares with none that is hidden', { project__name__gt: 'M', ordering: 'id' }, [1, 5]],
    ['finds none behind an action that the caller may not call', { project__owner__name: 'Bravo' }, []],
    ['has none there', { project__owner__name__isnull: true, ordering: 'id' }, [1, 2, 3, 4, 5]],
    ['finds nothing in a list', { comments__text__icontains: 'BRAVO' }, []],
    ['lacks nothing in a list', { comments__text__not_in: 'Bravo', ordering: 'id' }, [1, 2, 3, 4, 5]],
    ['finds nothing in a group', { $or: [{ project__name: 'Bravo' }, { project__name: 'Mike' }] }, [1]],
    ['is searched in what is seen', { search: 'bravo' }, []],
    ['orders hidden ones last, as missing ones', { ordering: 'project__name,id' }, [1, 5, 2, 3, 4]],
    ['orders them first when it descends', { ordering: '-project__name,id' }, [2, 3, 4, 5, 1]],
    ['orders by nothing that may not be retrieved', { ordering: '-project__owner__name,id' }, [1, 2, 3, 4, 5]],
  ])('%s', async (_, query, expected) => {
    await using app = await start(database);
    expect(await ids(app, 2, query)).toEqual(expected);
  });

  it('reads them for whoever may retrieve them', async () => {
    await using app = await start(database);
    expect(await ids(app, 1, { project__name: 'Bravo' })).toEqual([2]);
    expect(await ids(app, 1, { search: 'bravo', ordering: 'id' })).toEqual([1, 2]);
    expect(await ids(app, 1, { ordering: 'project__name' })).toEqual([2, 1, 5, 3, 4]);
  });

  it('reads them where the hook says that all may know', async () => {
    await using app = await start(database, ['Bravo', 'Zulu'], [OpenTaskHook, ProjectHook, CommentHook, OwnerHook]);
    expect(await ids(app, 2, { project__name: 'Bravo' })).toEqual([2]);
    expect(await ids(app, 2, { ordering: 'project__name' })).toEqual([2, 1, 5, 3, 4]);
    expect(await ids(app, 2, { comments__text__icontains: 'bravo' })).toEqual([]);
  });

  it('reads all rows of an entity that no hook serves', async () => {
    await using app = await start(database, ['Bravo', 'Zulu'], [TaskHook]);
    expect(await ids(app, 2, { project__name: 'Bravo' })).toEqual([2]);
  });

  it('pages by cursors that tell nothing of hidden rows', async () => {
    const walks: unknown[] = [];
    for (const secrets of [
      ['Bravo', 'Zulu'],
      ['Yankee', 'Alpha'],
    ] as const) {
      await using app = await start(database, secrets, [TasksByCursorHook, ProjectHook, CommentHook, OwnerHook]);
      const client = await app.connect(2);
      const walk: number[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const { data } = await client.call('tasks', 'list', 'GET', {
          query: { page_size: 2, ...(cursor && { cursor }) },
        });
        const { results, next } = data as { results: View[]; next: string | null };
        walk.push(...results.map(({ id }) => id));
        cursor = next === null ? null : (/cursor=([^&]+)/.exec(next)?.[1] ?? next);
      }
      walks.push(walk);
    }
    expect(walks).toEqual([[1, 5, 2, 3, 4], [1, 5, 2, 3, 4]]); // prettier-ignore
  });

  it('subscribes to no row by the text of a hidden one', async () => {
    await using app = await start(database);
    const client = await app.connect(2);
    await client.subscribe('tasks', { project__name: 'Bravo' });
    await client.subscribe('tasks', { project__name: 'Mike' });
    const { manager } = app.dataSource;
    await manager.update(Task, 2, { title: 'hidden' });
    await manager.update(Task, 1, { title: 'seen' });
    await client.settled('tasks');
    expect(client.changes('tasks')).toMatchObject([{ type: 'modified', id: 1 }]);
  });
});

it.each([
  ['a field that is listed nowhere', ['project__owner__id'], /lists "project__owner__id" in unrestrictedFields/],
  ['a field of its own', ['title'], /crosses no relation/],
])('a hook that opens %s does not start', async (_, unrestrictedFields, fault) => {
  @Hook('tasks')
  class WrongHook extends TaskHook {
    override unrestrictedFields = unrestrictedFields;
  }
  await expect(createTestApp({ entities: ENTITIES, providers: [WrongHook] })).rejects.toThrow(fault);
});
