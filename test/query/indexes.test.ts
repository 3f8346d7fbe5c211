// `nestjs-jira indexes`: what it creates is what was missing, on each database.

import { Expose } from 'class-transformer';
import { AuthenticatedScope, Hook, ReadOnlyModelHook, type HookScope, type Visibility } from 'nestjs-jira';
import { createTestApp } from 'nestjs-jira/testing';
import { Column, Entity, Index, JoinTable, ManyToMany, ManyToOne, OneToMany, PrimaryGeneratedColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { indexesText } from '../../libs/jira/src/cli/indexes-command.js';
import { applicationIndexes } from '../../libs/jira/src/nest/indexes/application-indexes.js';
import { describeEachDatabase } from '../support/databases.js';

@Entity({ name: 'idx_project' })
class Project {
  @PrimaryGeneratedColumn() id: number;
  @Column({ length: 60 }) name: string;
  @OneToMany(() => Member, 'project') members: Member[];
}

@Entity({ name: 'idx_member' })
class Member {
  @PrimaryGeneratedColumn() id: number;
  @ManyToOne(() => Project, 'members') project: Project;
  @Column() userId: number;
}

@Entity({ name: 'idx_label' })
class Label {
  @PrimaryGeneratedColumn() id: number;
  @Column({ length: 60 }) text: string;
}

@Entity({ name: 'idx_issue' })
@Index(['createdAt', 'id'])
class Issue {
  @PrimaryGeneratedColumn() id: number;
  @Column() createdAt: Date;
  @Column({ length: 60 }) title: string;
  @Column({ nullable: true }) rank: number;
  @Column() isOpen: boolean;
  @ManyToOne(() => Project) project: Project;
  @ManyToMany(() => Label) @JoinTable() labels: Label[];
}

class View {
  @Expose() id: number;
}

@Hook('issues')
class IssueHook extends ReadOnlyModelHook<Issue> {
  entity = Issue;
  output = View;
  filterFields = {
    title: ['exact', 'startswith', 'icontains', 'ne'],
    createdAt: ['gte', 'year'],
    isOpen: ['exact'],
    labels__text: ['exact'],
  };
  searchFields = ['title'];
  ordering = ['-createdAt'];
  orderingFields = ['title', 'rank', 'project__name'];
  override visibility(scope: AuthenticatedScope): Visibility<Issue> {
    return { project: { members: { userId: Number(scope.user.id) } } };
  }
}

@Hook('members')
class MemberHook extends ReadOnlyModelHook<Member> {
  entity = Member;
  output = View;
  override visibility(scope: AuthenticatedScope): Visibility<Member> {
    return { userId: Number(scope.user.id) };
  }
}

@Hook('projects')
class ProjectHook extends ReadOnlyModelHook<Project> {
  entity = Project;
  output = View;
  override visibility(scope: HookScope): Visibility<Project> {
    return { name: (scope.user as { tenant: { name: string } }).tenant.name };
  }
}

const CREATED = {
  'better-sqlite3': [
    /"idx_issue_title_id" ON "idx_issue" \("title", "id"\)/,
    /"idx_label_text" ON "idx_label" \("text"\)/,
    /"idx_member_projectId" ON "idx_member" \("projectId"\)/,
    /"idx_member_userId_id" ON "idx_member" \("userId", "id"\)/,
    /"idx_issue_projectId" ON "idx_issue" \("projectId"\)/,
  ],
  postgres: [
    /EXTENSION IF NOT EXISTS pg_trgm/,
    /ON "idx_issue" USING gin \("title" gin_trgm_ops\)/,
    /ON "idx_issue" \("title" text_pattern_ops\)/,
    /ON "idx_issue" \("title" COLLATE "C", "id"\)/,
    /ON "idx_issue" \("rank", "id"\)/,
    /ON "idx_member" \("userId", "id"\)/,
    /ON "idx_member" \("projectId"\)/,
  ],
  mariadb: [/ON `idx_issue` \(`title`\)/, /ON `idx_label` \(`text`\)/, /ON `idx_member` \(`userId`, `id`\)/],
} as const;

describeEachDatabase('the indexes that hooks need', ({ type, options }) => {
  it('are those that were missing, until they are created', async () => {
    const entities = [Issue, Project, Member, Label];
    await using app = await createTestApp({
      hooks: [IssueHook, MemberHook, ProjectHook],
      entities,
      database: await options(entities),
    });
    const before = await applicationIndexes(app, { id: 1 });
    const text = indexesText(before);
    for (const created of CREATED[type]) expect(text).toMatch(created);
    expect(text).not.toMatch(/isOpen/);
    expect(text).not.toContain('ON "idx_issue" ("title");');
    expect(text).toMatch(/-- idx_issue: found \S+, for .*issues: list/);
    expect(text).toContain('ordering=project__name: project__name is of another table');
    expect(text).toContain('projects: visibility: not known for this user (--user): ');
    expect(text.includes('issues: title__icontains: no index of')).toBe(type !== 'postgres');

    const statements = text.split('\n').filter((line) => line.endsWith(';'));
    for (const sql of statements) await app.dataSource.query(sql);
    const after = await applicationIndexes(app, { id: 1 });
    expect(after.missing).toEqual([]);
    expect(after.found.map(({ name }) => name)).toEqual(expect.arrayContaining(before.missing.map(({ name }) => name)));
    const named = await applicationIndexes(app, { id: 1, tenant: { name: 'a' } });
    expect(named.missing).toEqual([
      expect.objectContaining({ table: 'idx_project', uses: ['projects: list', 'projects: visibility'] }),
    ]);
  });
});
