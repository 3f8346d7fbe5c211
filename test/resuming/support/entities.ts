// Projects with members, and issues that are visible by membership, ownership, flags, links or code.

import { Expose } from 'class-transformer';
import { Column, DeleteDateColumn, Entity, In, JoinTable, ManyToMany, ManyToOne, OneToMany, PrimaryColumn, PrimaryGeneratedColumn, type Relation } from 'typeorm'; // prettier-ignore
import { Hook, ModelHook, type Dependency, type HookScope, type Visibility } from 'nestjs-jira';

@Entity()
export class Project {
  @PrimaryColumn({ type: Number }) id: number;
  @Column({ default: false }) isOpen: boolean;
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
export class Person {
  @PrimaryColumn({ type: Number }) id: number;
}

@Entity()
export class Issue {
  @PrimaryColumn({ type: Number }) id: number;
  @Column() title: string;
  @Column() status: string;
  @Column({ type: Number, nullable: true }) ownerId: number | null;
  @Column({ type: Number, nullable: true }) projectId: number | null;
  @DeleteDateColumn() deletedAt: Date | null;
  @ManyToOne(() => Project, { nullable: true }) project: Relation<Project> | null;
  @ManyToMany(() => Person) @JoinTable() readers: Relation<Person[]>;
}

export const ENTITIES = [Project, Member, Person, Issue];

class IssueView {
  @Expose() id: number;
  @Expose() title: string;
  @Expose() status: string;
  @Expose() ownerId: number | null;
  @Expose() projectId: number | null;
}

abstract class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  filterFields = { status: ['exact'], title: ['icontains'], project__isOpen: ['exact'] };
}

@Hook('members')
class ByMembership extends IssueHook {
  visibility({ user }: HookScope): Visibility<Issue> {
    return { project: { members: { userId: (user as Person).id } } };
  }
}

@Hook('owners')
class ByOwner extends IssueHook {
  visibility({ user }: HookScope): Visibility<Issue> {
    return { ownerId: (user as Person).id };
  }
}

@Hook('open')
class ByFlag extends IssueHook {
  visibility({ user }: HookScope): Visibility<Issue> {
    return [{ ownerId: (user as Person).id }, { project: { isOpen: true } }];
  }
}

@Hook('readers')
class ByLink extends IssueHook {
  visibility({ user }: HookScope): Visibility<Issue> {
    return { readers: { id: (user as Person).id } };
  }
}

@Hook('looked')
class ByCode extends IssueHook {
  dependsOn: readonly Dependency[] = [{ entity: Member, users: (member) => [(member as Member).userId] }];

  async visibility({ user, manager }: HookScope): Promise<Visibility<Issue>> {
    const members = await manager.findBy(Member, { userId: (user as Person).id });
    return { projectId: In(members.map(({ projectId }) => projectId)) };
  }
}

@Hook('all')
class All extends IssueHook {
  withDeleted = true;
}

export const HOOKS = [ByMembership, ByOwner, ByFlag, ByLink, ByCode, All];
