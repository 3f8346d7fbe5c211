// Rows that decide who sees what, and that no `dependsOn` names: rows already sent are taken back all the same.

import { Column, Entity, JoinTable, ManyToMany, ManyToOne, PrimaryColumn, PrimaryGeneratedColumn, Raw, type Relation } from 'typeorm'; // prettier-ignore
import { expect, it } from 'vitest';
import { Expose } from 'class-transformer';
import { Authorization, Hook, HookScope, ModelHook, Permission, type Visibility } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { describeEachDatabase } from '../support/databases.js';
import { Issue, IssueView, Member, Project, seedTracker } from '../support/tracker.js';

@Entity()
class Person {
  @PrimaryColumn({ type: Number }) id: number;
}

@Entity()
class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column() text: string;
  @Column({ type: Number, nullable: true }) issueId: number | null;
  @ManyToOne(() => Issue, { nullable: true }) issue: Relation<Issue> | null;
  @ManyToMany(() => Person) @JoinTable() readers: Relation<Person[]>;
}

class NoteView {
  @Expose() id: number;
  @Expose() text: string;
}

abstract class Issues extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
}

@Hook('members')
class MembersHook extends Issues {
  override visibility(scope: HookScope): Visibility<Issue> {
    return { project: { members: { userId: scope.user.id } } };
  }
}

/** Names one of the two entities that decide. */
@Hook('partly')
class PartlyHook extends MembersHook {
  override dependsOn = [{ entity: Project }];
}

@Hook('readers')
class ReadersHook extends ModelHook<Note> {
  entity = Note;
  output = NoteView;
  override visibility(scope: HookScope): Visibility<Note> {
    return [{ readers: { id: scope.user.id } }, { issue: { project: { members: { userId: scope.user.id } } } }];
  }
}

const APP = { entities: [Project, Member, Issue, Person, Note] };
const resets = (client: TestClient, namespace: string): string[] => client.changes(namespace).map(({ type }) => type);
const isReset = (client: TestClient, namespace: string) => () => resets(client, namespace).includes('reset');

describeEachDatabase('a decision by rows that nobody follows', ({ options }) => {
  const open = async (more: object = {}, providers: unknown[] = [MembersHook, PartlyHook, ReadersHook]): Promise<TestApp> => {
    const database = await options(APP.entities);
    const app = await createTestApp({ ...APP, database, providers: providers as never, options: { visibilityTtlMs: 300, ...more } });
    await seedTracker(app);
    await app.dataSource.manager.save(Issue, { title: 'shared', projectId: 1 });
    await app.dataSource.manager.save(Person, [{ id: 1 }, { id: 2 }]);
    return app;
  }; // prettier-ignore

  it.each(['members', 'partly'])('takes rows of %s back within visibilityTtlMs, from who lost them alone', async (hook) => {
    await using app = await open();
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    for (const client of [ada, grace]) await client.subscribe(hook);
    await app.dataSource.manager.delete(Member, { userId: 2 });
    await grace.until(isReset(grace, hook));
    expect((await grace.call(hook, 'list', 'GET')).data).toMatchObject({ count: 0 });
    // What Ada sees is what it was. Her last look at it is over when Grace is told of the next.
    await app.dataSource.manager.save(Member, { userId: 2, projectId: 1 });
    await grace.until(() => resets(grace, hook).length === 2);
    await ada.settled(hook);
    expect(resets(ada, hook)).toEqual([]);
  }); // prettier-ignore

  it('also when no library was there to see it, and however the rows are related', async () => {
    await using app = await open();
    const { manager } = app.dataSource;
    await manager.save(Note, [
      { text: 'read', readers: [{ id: 1 }, { id: 2 }] },
      { text: 'of the issue', issueId: 1, readers: [] },
    ]);
    const [ada, grace] = [await app.connect(1), await app.connect(2)];
    for (const client of [ada, grace]) await client.subscribe('readers');
    expect((await grace.call('readers', 'list', 'GET')).data).toMatchObject({ count: 2 });
    const quoted = app.dataSource.driver.escape.bind(app.dataSource.driver);
    await manager.query(`DELETE FROM ${quoted('note_readers_person')} WHERE ${quoted('personId')} = 2`);
    await grace.until(isReset(grace, 'readers'));
    await manager.query(`UPDATE member SET ${quoted('projectId')} = 2 WHERE ${quoted('userId')} = 2`);
    await grace.until(() => resets(grace, 'readers').length === 2);
    expect((await grace.call('readers', 'list', 'GET')).data).toMatchObject({ results: [] });
    await ada.settled('readers');
    expect(resets(ada, 'readers')).toEqual([]);
  });

  it('at once when the application says so', async () => {
    await using app = await open({ visibilityTtlMs: 1_000_000 });
    const grace = await app.connect(2);
    await grace.subscribe('members');
    await app.get(Authorization).refresh(2);
    await grace.settled('members');
    expect(resets(grace, 'members')).toEqual([]);
    await app.dataSource.manager.delete(Member, { userId: 2 });
    await app.get(Authorization).refresh(2);
    await grace.settled('members');
    expect(resets(grace, 'members')).toEqual(['reset']);
  });
});

class IsMember extends Permission {
  override async hasObjectPermission(scope: HookScope, issue: Issue): Promise<boolean> {
    return scope.manager.existsBy(Member, { userId: scope.user.id, projectId: issue.projectId });
  }
}

const dependsOn = [{ entity: Member, users: (member: Member) => [member.userId] }];

@Hook('objects')
class ObjectsHook extends Issues {
  permissions = [IsMember];
  override dependsOn = dependsOn;
}

@Hook('raw')
class RawHook extends Issues {
  override dependsOn = dependsOn;
  override visibility({ user }: HookScope): Visibility<Issue> {
    const sql = 'SELECT "m"."projectId" FROM "member" "m" WHERE "m"."userId" = :user';
    return { projectId: Raw((column) => `${column} IN (${sql})`, { user: user.id }) };
  }
}

it.each(['objects', 'raw'])('a membership that code of the application asks for (%s) is followed too', async (hook) => {
  await using app = await createTestApp({ ...APP, providers: [ObjectsHook, RawHook] });
  await seedTracker(app);
  const [ada, grace] = [await app.connect(1), await app.connect(2)];
  for (const client of [ada, grace]) await client.subscribe(hook);
  await app.dataSource.manager.save(Issue, { title: 'shared', projectId: 1 });
  await grace.nextChanges(hook, 1);
  await app.dataSource.manager.delete(Member, { userId: 2 });
  await grace.settled(hook);
  expect(resets(grace, hook)).toEqual(['added', 'reset']);
  await app.get(Authorization).refresh(2);
  await grace.settled(hook);
  expect(resets(grace, hook)).toEqual(['added', 'reset', 'reset']);
  await ada.settled(hook);
  expect(resets(ada, hook)).toEqual(['added']);
});
