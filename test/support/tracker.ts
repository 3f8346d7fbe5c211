// The entities and hooks that most end-to-end tests use: projects with members, and their issues.

import { Expose } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Length } from 'class-validator';
import { Column, Entity, ManyToOne, OneToMany, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import {
  Action,
  ActionScope,
  Hook,
  HookScope,
  IsAuthenticated,
  ModelHook,
  ReadOnlyModelHook,
  type Visibility,
} from 'nestjs-jira';

@Entity()
export class Project {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @OneToMany(() => Member, (member) => member.project) members: Relation<Member[]>;
}

@Entity()
export class Member {
  @PrimaryGeneratedColumn() id: number;
  @Column() userId: number;
  @Column() projectId: number;
  @ManyToOne(() => Project, (project) => project.members) project: Relation<Project>;
}

@Entity()
export class Issue {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @Column({ type: 'varchar', default: 'open' }) status: string;
  @Column({ type: 'varchar', nullable: true, select: false }) secret: string | null;
  @Column() projectId: number;
  @ManyToOne(() => Project) project: Relation<Project>;
}

export class CreateIssue {
  @IsString() @Length(1, 200) title: string;
  @IsOptional() @IsIn(['open', 'doing', 'done']) status?: string;
  @IsInt() projectId: number;
}

export class IssueView {
  @Expose() id: number;
  @Expose() title: string;
  @Expose() status: string;
  @Expose() projectId: number;
}

class ProjectView {
  @Expose() id: number;
  @Expose() name: string;
}

@Hook('issues')
export class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  createInput = CreateIssue;
  output = IssueView;
  permissions = [IsAuthenticated];
  filterFields = { status: ['exact', 'in'], title: ['icontains'], projectId: ['exact'] };
  orderingFields = ['id', 'title'];

  visibility(scope: HookScope): Visibility<Issue> {
    return { project: { members: { userId: scope.user.id } } };
  }

  @Action({ methods: ['POST'], detail: true })
  async close(scope: ActionScope) {
    const issue = await this.getObject(scope);
    issue.status = 'done';
    return this.save(issue, scope);
  }
}

@Hook('projects')
export class ProjectHook extends ReadOnlyModelHook<Project> {
  entity = Project;
  output = ProjectView;
  permissions = [IsAuthenticated];

  visibility(scope: HookScope): Visibility<Project> {
    return { members: { userId: scope.user.id } };
  }
}

export const TRACKER = { entities: [Project, Member, Issue], providers: [IssueHook, ProjectHook] };

/** Creates project 1 with users 1 and 2, and project 2 with user 1 alone. */
export async function seedTracker({ dataSource }: { dataSource: import('typeorm').DataSource }): Promise<void> {
  const { manager } = dataSource;
  await manager.save(Project, [{ name: 'Shared' }, { name: 'Private' }]);
  await manager.save(Member, [
    { userId: 1, projectId: 1 },
    { userId: 2, projectId: 1 },
    { userId: 1, projectId: 2 },
  ]);
}
