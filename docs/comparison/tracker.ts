// The application of the comparison: issues that belong to projects, and users who see those of the projects they are in.

import { Expose } from 'class-transformer';
import { IsOptional, IsString, Length } from 'class-validator';
import { ForbiddenException, UseGuards, type CanActivate } from '@nestjs/common';
import { Column, Entity, ManyToOne, OneToMany, PrimaryGeneratedColumn, type Logger, type Relation } from 'typeorm';
import {
  Action,
  ActionScope,
  AuthenticatedScope,
  Hook,
  IsAuthenticated,
  ModelHook,
  type Visibility,
} from 'nestjs-jira';
import { createTestApp, type TestApp } from 'nestjs-jira/testing';

@Entity()
export class Project {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @OneToMany(() => Member, ({ project }) => project) members: Relation<Member[]>;
}

@Entity()
export class Member {
  @PrimaryGeneratedColumn() id: number;
  @Column() userId: number;
  @Column() projectId: number;
  @ManyToOne(() => Project, ({ members }) => members) project: Relation<Project>;
}

@Entity()
export class Issue {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @Column({ default: 'open' }) status: string;
  @Column() projectId: number;
  @ManyToOne(() => Project) project: Relation<Project>;
}

class IssueInput {
  @Length(1, 100) title: string;
  @IsOptional() @IsString() status?: string;
}
class IssueView {
  @Expose() id: number;
  @Expose() title: string;
  @Expose() status: string;
}

class NobodyMayPurge implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException('Only at night.');
  }
}

@Hook('issues')
class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  createInput = IssueInput;
  output = IssueView;
  permissions = [IsAuthenticated];
  filterFields = { status: ['exact'] };
  ordering = ['id'];
  dependsOn = [{ entity: Member }];

  visibility(scope: AuthenticatedScope): Visibility<Issue> {
    return { project: { members: { userId: (scope.user as { id: number }).id } } };
  }

  performCreate(fields: Partial<Issue>, scope: AuthenticatedScope): Promise<Issue> {
    return super.performCreate({ ...fields, projectId: 1 }, scope);
  }

  @UseGuards(NobodyMayPurge)
  @Action({ methods: ['POST'] })
  purge(): string {
    return 'purged';
  }

  @Action({ methods: ['POST'] })
  async fail(scope: ActionScope): Promise<never> {
    await scope.manager.save(Issue, { title: 'Half done', projectId: 1 });
    throw new Error('The password of the mail server is wrong.');
  }
}

export const ADA = 1;
export const EVE = 2;

/** Counts the statements of a data source. */
export class StatementCounter implements Logger {
  count = 0;
  logQuery(): void {
    this.count++;
  }
  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}

/** The application on SQLite in memory. Ada is a member of project 1; Eve is in none. */
export async function startTracker(logger = new StatementCounter()): Promise<TestApp> {
  const app = await createTestApp({
    hooks: [IssueHook],
    entities: [Project, Member, Issue],
    database: { type: 'better-sqlite3', database: ':memory:', logging: ['query'], logger },
  });
  await app.dataSource.manager.save(Project, { id: 1, name: 'Moon' });
  await app.dataSource.manager.save(Member, { userId: ADA, projectId: 1 });
  return app;
}
