import { IsInt, IsOptional, IsString, Allow } from 'class-validator';
import { Expose } from 'class-transformer';
import { Column, Entity, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { beforeEach, describe, expect, it } from 'vitest';
import { Action, ActionScope, Hook, HookScope, ModelHook, type Visibility } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { Issue, Member, Project, ProjectHook, seedTracker } from '../support/tracker.js';

@Entity()
class Label {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @Column({ nullable: true }) projectId: number;
  @ManyToOne(() => Project) project: Relation<Project>;
}

/** Lets everything through to the entity: only the library stands between. */
class Anything {
  @Allow() id?: unknown;
  @IsOptional() @IsString() title?: string;
  @Allow() status?: unknown;
  @Allow() projectId?: unknown;
  @Allow() project?: unknown;
}

class IssueView {
  @Expose() id: number;
  @Expose() projectId: number;
}

class WriteLabel {
  @IsOptional() @IsString() name?: string;
  @Allow() projectId?: unknown;
  @Allow() project?: unknown;
}

class Move {
  @IsInt() projectId: number;
}

@Hook('issues')
class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  createInput = Anything;
  output = IssueView;

  override visibility(scope: HookScope): Visibility<Issue> {
    return { project: { members: { userId: scope.user.id } } };
  }

  @Action({ methods: ['POST'], detail: true, input: Move })
  async move(scope: ActionScope<Move>) {
    const issue = await this.getObject(scope);
    issue.projectId = scope.data.projectId;
    return this.save(issue, scope);
  }

  @Action({ methods: ['POST'], detail: true, input: Move })
  async moveByRelation(scope: ActionScope<Move>) {
    const issue = await this.getObject(scope);
    issue.project = { id: scope.data.projectId } as Project;
    return this.save(issue, scope);
  }
}

/** Everybody sees every label; but a label names a project, which not everybody may. */
@Hook('labels')
class LabelHook extends ModelHook<Label> {
  entity = Label;
  createInput = WriteLabel;
  output = IssueView;
}

const APP = { entities: [Project, Member, Issue, Label], providers: [IssueHook, LabelHook, ProjectHook] };

describe('a writer who sees project 1 alone', () => {
  let app: TestApp;
  let grace: TestClient;

  beforeEach(async () => {
    app = await createTestApp(APP);
    await seedTracker(app);
    const { manager } = app.dataSource;
    await manager.save(Issue, [{ title: 'shared', projectId: 1 }, { title: 'private', projectId: 2 }]); // prettier-ignore
    await manager.save(Label, { name: 'mine', projectId: 1 });
    grace = await app.connect(2);
    return () => app.close();
  });

  const stored = async (): Promise<unknown[]> =>
    (await app.dataSource.manager.find(Issue, { order: { id: 'ASC' } })).map(({ title, projectId }) => [title, projectId]); // prettier-ignore
  const untouched = [['shared', 1], ['private', 2]]; // prettier-ignore

  it.each([
    ['as a key', { projectId: 2 }],
    ['as a text', { projectId: '2' }],
    ['as a text of another form', { projectId: ' 2 ' }],
    ['as a fraction', { projectId: 2.0000000001 }],
    ['as an object', { project: { id: 2 } }],
    ['as an object with a text', { project: { id: '2' } }],
    ['as an object that would rename it', { project: { id: 2, name: 'stolen' } }],
    ['as an array', { project: [2] }],
    ['as a bare relation', { project: 2 }],
    ['by both, one of them allowed', { projectId: 1, project: { id: 2 } }],
    ['by both, the other one allowed', { projectId: 2, project: { id: 1 } }],
  ])('cannot name project 2 %s', async (_name, fields) => {
    const answers = await Promise.all([
      grace.call('issues', 'create', 'POST', { data: { title: 'x', ...fields } }),
      grace.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: fields }),
      grace.call('issues', 'update', 'PUT', { query: { pk: 1 }, data: { title: 'x', status: 'open', ...fields } }),
    ]);
    // Whatever was accepted has to lie in project 1.
    const rows = (await stored()) as [string, number][];
    expect(rows.filter(([, projectId]) => projectId !== 1)).toEqual([['private', 2]]);
    for (const { status, data } of answers) {
      expect(status).toBeLessThan(500);
      expect(status >= 400 || (data as IssueView).projectId === 1).toBe(true);
    }
    expect((await app.dataSource.manager.findOneByOrFail(Project, { id: 2 })).name).toBe('Private');
  });

  it.each(['move', 'moveByRelation'])('cannot %s an issue there by an action', async (action) => {
    const answer = await grace.call('issues', action, 'POST', { query: { pk: 1 }, data: { projectId: 2 } });
    expect(answer).toMatchObject({ status: 400, data: { code: 'VALIDATION_FAILED' } });
    expect(await stored()).toEqual(untouched);
  });

  it('cannot take over an invisible row by its key, nor change or delete it', async () => {
    const data = { title: 'stolen', projectId: 1 };
    const taken = await grace.call('issues', 'create', 'POST', { data: { id: 2, ...data } });
    expect(taken.status).toBeGreaterThanOrEqual(400);
    expect(taken.status).toBeLessThan(500);
    for (const pk of [2, '2']) {
      expect(await grace.call('issues', 'update', 'PATCH', { query: { pk }, data })).toMatchObject({ status: 404 });
      expect(await grace.call('issues', 'move', 'POST', { query: { pk }, data: { projectId: 1 } })).toMatchObject({ status: 404 }); // prettier-ignore
      expect(await grace.call('issues', 'destroy', 'DELETE', { query: { pk } })).toMatchObject({ status: 404 });
    }
    expect(await stored()).toEqual(untouched);
  });

  it('cannot change a row by giving another key in the data', async () => {
    await grace.call('issues', 'update', 'PATCH', { query: { pk: 1 }, data: { id: 2, title: 'stolen' } });
    expect((await app.dataSource.manager.findOneByOrFail(Issue, { id: 2 })).title).toBe('private');
  });

  it('learns by a relation nothing of whether project 2 is there', async () => {
    const name = (projectId: unknown) => grace.call('labels', 'create', 'POST', { data: { name: 'x', projectId } });
    const [foreign, missing] = [await name(2), await name(999)];
    expect(foreign).toMatchObject({ status: 400, data: { errors: { projectId: [expect.any(String)] } } });
    expect(foreign.data).toEqual(missing.data);
    const nested = (id: unknown) => grace.call('labels', 'update', 'PATCH', { query: { pk: 1 }, data: { project: { id } } }); // prettier-ignore
    const [foreignNested, missingNested] = [await nested(2), await nested(999)];
    expect(foreignNested).toMatchObject({ status: 400 });
    expect(foreignNested.data).toEqual(missingNested.data);
    expect(await app.dataSource.manager.findBy(Label, { projectId: 2 })).toEqual([]);
  });

  it('may leave a relation as it is, even to a row that went out of sight', async () => {
    await app.dataSource.manager.delete(Member, { userId: 2 });
    expect(await grace.call('labels', 'update', 'PATCH', { query: { pk: 1 }, data: { name: 'renamed' } })).toMatchObject({ status: 200 }); // prettier-ignore
  });
});
