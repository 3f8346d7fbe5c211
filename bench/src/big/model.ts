// A full-size issue tracker: its tables, and the hooks that are measured.

import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { Expose } from 'class-transformer';
import {
  Action,
  ActionScope,
  CursorPagination,
  Hook,
  PageNumberPagination,
  ReadOnlyModelHook,
  type HookScope,
  type Visibility,
} from 'nestjs-jira';
import { Column, Entity, Index, ManyToOne, OneToMany, PrimaryGeneratedColumn, type Relation } from 'typeorm';

@Entity({ name: 'project' })
class Project {
  @PrimaryGeneratedColumn() id: number;
  @Index() @Column({ type: 'varchar', length: 100 }) name: string;
  @OneToMany(() => Member, (member) => member.project) members: Relation<Member[]>;
}

@Entity({ name: 'member' })
@Index(['userId', 'project'])
@Index('member_of_project', ['project', 'userId'])
class Member {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'integer' }) userId: number;
  @ManyToOne(() => Project, (project) => project.members) project: Relation<Project>;
}

@Entity({ name: 'issue' })
@Index(['createdAt', 'id'])
@Index(['project', 'createdAt', 'id'])
@Index(['assigneeId', 'id'])
@Index(['status', 'priority'])
class Issue {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar', length: 200 }) title: string;
  @Column({ type: 'varchar', length: 16 }) status: string;
  @Column({ type: 'integer' }) priority: number;
  @Column({ type: 'integer' }) assigneeId: number;
  @Column() createdAt: Date;
  @ManyToOne(() => Project) project: Relation<Project>;
}

@Entity({ name: 'comment' })
class Comment {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar', length: 500 }) text: string;
  @Index() @ManyToOne(() => Issue) issue: Relation<Issue>;
}

export const ENTITIES = [Project, Member, Issue, Comment];

class IssueView {
  @Expose() id: number;
  @Expose() title: string;
  @Expose() status: string;
}

@Injectable()
class Capped extends PageNumberPagination {
  override readonly countMode = 'capped';
}

@Injectable()
class Uncounted extends PageNumberPagination {
  override readonly countMode = 'none';
}

interface Caller {
  readonly id: number;
}

/** Shows every issue to everybody. */
@Hook('issues')
class IssueHook extends ReadOnlyModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  pagination = CursorPagination;
  ordering = ['-createdAt'];
  orderingFields = ['createdAt', 'title', 'status', 'project__name'];
  searchFields = ['title'];
  filterFields = {
    id: ['exact', 'in'],
    status: ['exact'],
    priority: ['exact', 'lt'],
    assigneeId: ['exact'],
    title: ['icontains', 'istartswith', 'contains', 'startswith'],
    createdAt: ['year'],
    project__name: ['exact'],
  };

  visibility(_scope: HookScope): Visibility<Issue> {
    return true;
  }

  @Action({ pagination: PageNumberPagination })
  counted(scope: ActionScope): Promise<unknown> {
    return this.getList(scope);
  }

  @Action({ pagination: Capped })
  capped(scope: ActionScope): Promise<unknown> {
    return this.getList(scope);
  }

  @Action({ pagination: Uncounted })
  uncounted(scope: ActionScope): Promise<unknown> {
    return this.getList(scope);
  }
}

/** Shows the issues of the projects that the caller is a member of. */
@Hook('member-issues')
class MemberIssueHook extends IssueHook {
  override visibility(scope: HookScope): Visibility<Issue> {
    return { project: { members: { userId: (scope.user as Caller).id } } };
  }
}

/** Shows those, and the issues assigned to the caller. */
@Hook('own-issues')
class OwnIssueHook extends IssueHook {
  override visibility(scope: HookScope): Visibility<Issue> {
    const userId = (scope.user as Caller).id;
    return [{ project: { members: { userId } } }, { assigneeId: userId }];
  }
}

export const HOOKS = [IssueHook, MemberIssueHook, OwnIssueHook];
