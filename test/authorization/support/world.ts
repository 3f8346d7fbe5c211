// Hooks that show tasks by any rule, and what a rule shows at one point in time.

import { Expose } from 'class-transformer';
import { IsBoolean, IsInt, IsOptional, IsString } from 'class-validator';
import type { DataSource } from 'typeorm';
import type { Type } from '@nestjs/common';
import { Hook, HookScope, ModelHook, Permission, type Dependency, type Visibility } from 'nestjs-jira';
import { Membership, Task, Team } from './entities.js';
import { holds, visibilityOf, type HookSpec, type Moment, type Schema } from './rules.js';

class WriteTask {
  @IsString() title: string;
  @IsOptional() @IsString() secret?: string;
  @IsOptional() @IsInt() ownerId?: number | null;
  @IsBoolean() isPublic: boolean;
  @IsOptional() @IsInt() level?: number | null;
  @IsOptional() @IsInt() teamId?: number | null;
}

class TaskView {
  @Expose() id: number;
  @Expose() title: string;
  @Expose() ownerId: number | null;
  @Expose() isPublic: boolean;
  @Expose() level: number | null;
  @Expose() teamId: number | null;
}

class OwnersAlone extends Permission {
  override hasObjectPermission(scope: HookScope, task: Task): boolean {
    return permits(task, scope.user.id as number);
  }
}

function permits({ level, ownerId }: Task, userId: number): boolean {
  return level === null || level < 3 || ownerId === userId;
}

/** A hook that shows tasks by a rule. */
export abstract class TaskHook extends ModelHook<Task> {
  entity = Task;
  createInput = WriteTask;
  output: Type<object> = TaskView;
  override filterFields = { teamId: ['exact'], isPublic: ['exact'], ownerId: ['exact'] };
  override orderingFields: string[] = ['id', 'title'];
  override dependsOn: readonly Dependency[] = [
    { entity: Membership, users: (row) => [(row as Membership).userId] },
    { entity: Team },
  ];
}

/** The class of a hook. To replace it, extend it under the same namespace. */
export type TaskHookClass = new () => TaskHook;

export function hookOf(namespace: string, { rule, secret, isGuarded }: HookSpec): TaskHookClass {
  @Hook(namespace)
  class SpecifiedHook extends TaskHook {
    override permissions = isGuarded ? [OwnersAlone] : [];
    override visibility(scope: HookScope): Promise<Visibility<Task>> {
      return visibilityOf(rule, scope);
    }
  }
  if (secret === 'nobody') return SpecifiedHook;

  @Hook(namespace)
  class SecretsHook extends SpecifiedHook {
    override serialize(task: Task, scope: HookScope): unknown {
      const shown = super.serialize(task, scope) as object;
      return { ...shown, secret: task.ownerId === scope.user.id ? task.secret : null };
    }
  }
  return SecretsHook;
}

export type Filter = Partial<Pick<Task, 'teamId' | 'isPublic' | 'ownerId'>>;

/** All tables as they are at one point in time. */
export class State implements Moment {
  private constructor(
    readonly tasks: ReadonlyMap<number, Task>,
    private readonly memberships: ReadonlySet<string>,
    private readonly open: ReadonlySet<number>,
    private readonly readers: ReadonlySet<string>,
    private readonly roles: ReadonlyMap<number, string>,
    private readonly schema: Schema,
  ) {}

  static async read({ manager }: DataSource, schema: Schema, roles: ReadonlyMap<number, string>): Promise<State> {
    const [tasks, memberships, teams] = await Promise.all([
      manager.find(Task, { relations: { readers: true }, order: { id: 'ASC' } }),
      manager.find(Membership),
      manager.findBy(Team, { isOpen: true }),
    ]);
    return new State(
      new Map(tasks.map((task) => [task.id, task])),
      new Set(memberships.flatMap(({ userId, teamId, role }) => [`${userId} ${teamId}`, `${userId} ${teamId} ${role}`])), // prettier-ignore
      new Set(teams.map(({ id }) => id)),
      new Set(tasks.flatMap((task) => task.readers.map((reader) => `${reader.id} ${task.id}`))),
      new Map(roles),
      schema,
    );
  }

  roleOf(userId: number): string | undefined {
    return this.roles.get(userId);
  }
  isMember(userId: number, teamId: number, role?: string): boolean {
    return this.memberships.has(role === undefined ? `${userId} ${teamId}` : `${userId} ${teamId} ${role}`);
  }
  isOpen(teamId: number): boolean {
    return this.open.has(teamId);
  }
  isReader(userId: number, taskId: number): boolean {
    return this.readers.has(`${userId} ${taskId}`);
  }

  /** Whether a user may see the row, object permissions aside. */
  sees(userId: number, namespace: string, id: unknown): boolean {
    const task = this.tasks.get(Number(id));
    return task !== undefined && holds(this.specOf(namespace).rule, userId, task, this);
  }

  /** What a user may be shown of a row; `undefined` if nothing. */
  shown(userId: number, namespace: string, id: unknown): object | undefined {
    const task = this.tasks.get(Number(id));
    if (!task || !this.sees(userId, namespace, id)) return undefined;
    const spec = this.specOf(namespace);
    return spec.isGuarded && !permits(task, userId) ? undefined : viewOf(task, userId, spec);
  }

  /** The rows that a list must have, ordered by id. */
  list(userId: number, namespace: string, filter: Filter): object[] {
    const seen = [...this.tasks.values()].filter(
      (task) => this.sees(userId, namespace, task.id) && matches(task, filter),
    );
    return seen.map((task) => viewOf(task, userId, this.specOf(namespace)));
  }

  /** The rows that a subscriber must hold, ordered by id. */
  held(userId: number, namespace: string, filter: Filter): object[] {
    const asked = [...this.tasks.values()].filter((task) => matches(task, filter));
    return asked.flatMap((task) => this.shown(userId, namespace, task.id) ?? []);
  }

  private specOf(namespace: string): HookSpec {
    return this.schema[namespace];
  }
}

export function matches(task: object, filter: Filter): boolean {
  return Object.entries(filter).every(([name, value]) => (task as Record<string, unknown>)[name] === value);
}

function viewOf(task: Task, userId: number, { secret }: HookSpec): object {
  const { id, title, ownerId, isPublic, level, teamId } = task;
  const shown = { id, title, ownerId, isPublic, level, teamId };
  return secret === 'nobody' ? shown : { ...shown, secret: ownerId === userId ? task.secret : null };
}
