// A world of issues that several rules of sight look at, and what the rules say of each of its states.

import { Expose } from 'class-transformer';
import { IsBoolean, IsInt, IsOptional, IsString } from 'class-validator';
import { Column, Entity, In, ManyToOne, OneToMany, PrimaryGeneratedColumn, type DataSource, type Relation } from 'typeorm'; // prettier-ignore
import { Hook, HookScope, ModelHook, type Dependency, type Visibility } from 'nestjs-jira';

@Entity()
export class Team {
  @PrimaryGeneratedColumn() id: number;
  @OneToMany(() => Membership, (membership) => membership.team) members: Relation<Membership[]>;
}

@Entity()
export class Membership {
  @PrimaryGeneratedColumn() id: number;
  @Column() userId: number;
  @Column() teamId: number;
  @ManyToOne(() => Team, (team) => team.members) team: Relation<Team>;
}

@Entity()
export class Task {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @Column() secret: string;
  @Column() ownerId: number;
  @Column() isPublic: boolean;
  @Column() teamId: number;
  @ManyToOne(() => Team) team: Relation<Team>;
}

class WriteTask {
  @IsString() title: string;
  @IsOptional() @IsString() secret?: string;
  @IsInt() ownerId: number;
  @IsBoolean() isPublic: boolean;
  @IsInt() teamId: number;
}

class TaskView {
  @Expose() id: number;
  @Expose() title: string;
  @Expose() ownerId: number;
  @Expose() isPublic: boolean;
  @Expose() teamId: number;
}

abstract class TaskHook extends ModelHook<Task> {
  entity = Task;
  createInput = WriteTask;
  output = TaskView;
  override filterFields = { teamId: ['exact'], isPublic: ['exact'], ownerId: ['exact'] };
  override orderingFields: string[] = ['id', 'title'];
  override dependsOn: readonly Dependency[] = [{ entity: Membership, users: (row) => [(row as Membership).userId] }];

  /** Only the owner sees the secret. */
  override serialize(task: Task, scope: HookScope): unknown {
    const shown = super.serialize(task, scope) as object;
    return { ...shown, secret: task.ownerId === scope.user.id ? task.secret : null };
  }
}

@Hook('related')
export class RelatedHook extends TaskHook {
  override visibility(scope: HookScope): Visibility<Task> {
    return { team: { members: { userId: scope.user.id } } };
  }
}

@Hook('owned')
export class OwnedHook extends TaskHook {
  override visibility(scope: HookScope): Visibility<Task> {
    return { ownerId: scope.user.id };
  }
}

@Hook('either')
class EitherHook extends TaskHook {
  override visibility(scope: HookScope): Visibility<Task> {
    return [{ isPublic: true }, { ownerId: scope.user.id, team: { members: { userId: scope.user.id } } }];
  }
}

@Hook('resolved')
export class ResolvedHook extends TaskHook {
  override async visibility(scope: HookScope): Promise<Visibility<Task>> {
    const memberships = await scope.manager.findBy(Membership, { userId: scope.user.id });
    return { teamId: In(memberships.map(({ teamId }) => teamId)) };
  }
}

@Hook('public')
export class PublicHook extends TaskHook {
  override visibility(): Visibility<Task> {
    return { isPublic: true };
  }
}

export const RULES = ['related', 'owned', 'either', 'resolved', 'public'] as const;
export type Rule = (typeof RULES)[number];
export const WORLD = {
  entities: [Team, Membership, Task],
  providers: [RelatedHook, OwnedHook, EitherHook, ResolvedHook, PublicHook],
};

export type Filter = Partial<Pick<Task, 'teamId' | 'isPublic' | 'ownerId'>>;

/** Everything there is at one moment, read from the tables. */
export class State {
  private constructor(
    readonly tasks: ReadonlyMap<number, Task>,
    private readonly memberships: ReadonlySet<string>,
  ) {}

  static async read({ manager }: DataSource): Promise<State> {
    const [tasks, memberships] = await Promise.all([manager.find(Task), manager.find(Membership)]);
    return new State(
      new Map(tasks.map((task) => [task.id, task])),
      new Set(memberships.map(({ userId, teamId }) => `${userId} ${teamId}`)),
    );
  }

  sees(userId: number, rule: Rule, task: Task | undefined): task is Task {
    if (!task) return false;
    const isMember = this.memberships.has(`${userId} ${task.teamId}`);
    if (rule === 'public') return task.isPublic;
    if (rule === 'owned') return task.ownerId === userId;
    return rule === 'either' ? task.isPublic || (task.ownerId === userId && isMember) : isMember;
  }

  /** What a user may be shown of a row; `undefined` = nothing. */
  shown(userId: number, rule: Rule, id: unknown): object | undefined {
    const task = this.tasks.get(Number(id));
    return this.sees(userId, rule, task) ? viewOf(task, userId) : undefined;
  }

  /** The rows that a list has to have, by their id. */
  list(userId: number, rule: Rule, filter: Filter): object[] {
    return [...this.tasks.values()]
      .filter((task) => this.sees(userId, rule, task) && matches(task, filter))
      .map((task) => viewOf(task, userId));
  }
}

export function matches(task: object, filter: Filter): boolean {
  return Object.entries(filter).every(([name, value]) => (task as Record<string, unknown>)[name] === value);
}

function viewOf({ id, title, ownerId, isPublic, teamId, secret }: Task, userId: number): object {
  return { id, title, ownerId, isPublic, teamId, secret: ownerId === userId ? secret : null };
}
