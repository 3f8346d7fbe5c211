import { Expose } from 'class-transformer';
import { IsEnum, IsOptional } from 'class-validator';
import { Column, Entity, ManyToOne, OneToMany, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { describe, expectTypeOf, it } from 'vitest';
import type { JiraClient } from 'nestjs-jira-client';
import {
  Action,
  ActionScope,
  CursorPagination,
  Hook,
  LimitOffsetPagination,
  ModelHook,
  ReadOnlyModelHook,
  type ApiOf,
  type Change,
  type CursorPage,
  type LimitOffsetPage,
  type Renamed,
} from 'nestjs-jira';
import type { PaginatedResponse, Query } from 'nestjs-jira-protocol';

@Entity()
class Project {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @OneToMany(() => Issue, (issue) => issue.project) issues: Relation<Issue[]>;
}

@Entity()
class Issue {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @Column({ type: 'varchar' }) status: 'open' | 'done';
  @Column({ type: 'int', nullable: true }) points: number | null;
  @Column() createdAt: Date;
  @ManyToOne(() => Project) project: Relation<Project>;
}

class IssueView {
  @Expose() id: number;
  @Expose() title: string;
}

@Hook('issues')
class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  createInput = IssueView;
  output = IssueView;
  filterFields = {
    status: ['exact', 'in'],
    title: ['icontains'],
    points: ['gte', 'range'],
    createdAt: ['gte', 'year'],
    project: ['exact'],
    project__name: ['exact'],
  };
  orderingFields = ['createdAt'];

  @Action({ methods: ['POST'], name: 'import-all' })
  async importAll(_scope: ActionScope<{ from: string }>): Promise<number> {
    return Promise.resolve(0);
  }
}

@Hook('strict')
class StrictHook extends ReadOnlyModelHook<Issue> {
  entity = Issue;
  output = IssueView;
  pagination = LimitOffsetPagination;
  filterFields = { status: ['exact', 'in'], title: ['icontains'], project__issues__title: ['exact'] } as const;
  orderingFields = ['createdAt', 'title'] as const;
}

@Hook('open')
class OpenHook extends ReadOnlyModelHook<Issue> {
  entity = Issue;
  output = IssueView;
}

@Hook('own')
class OwnHook extends OpenHook {
  filterFields = { status: ['exact'] };
  override list(scope: ActionScope<undefined, { mine?: boolean }>) {
    return super.list(scope);
  }
}

type Hooks = { issues: IssueHook; strict: StrictHook; open: OpenHook; own: OwnHook };
type Api = ApiOf<Hooks>;
type CursorApi = ApiOf<Hooks, { pagination: typeof CursorPagination }>;
type RenamedApi = ApiOf<{ issues: Renamed<IssueHook, { importAll: 'import-all' }> }>;

// Never runs: the compiler is the test.
const compiles = (body: () => unknown) => expectTypeOf(body).toBeFunction();
declare const jira: JiraClient<Api>;

describe('the query of a list', () => {
  it("is typed by filterFields and the entity's columns", () => {
    expectTypeOf<Api['issues']['list']['query']['status']>().toEqualTypeOf<'open' | 'done' | null | undefined>();
    expectTypeOf<Api['issues']['list']['query']['points__in']>().toEqualTypeOf<
      readonly number[] | string | undefined
    >();
    compiles(() => {
      const issues = jira.hook('issues');
      void issues.list({ status: 'open', status__in: ['open', 'done'], 'status!': 'done', points__range: [1, 5] });
      void issues.list({ status__in: 'open,done', title__icontains: 'x', createdAt__gte: '2026-01-01', project: 1 });
      void issues.list({ $or: [{ status: 'open' }, { project__name: 'Jira', $or: [{ points__isnull: true }] }] });
      void issues.list({
        ordering: '-createdAt',
        search: 'a b',
        page: 2,
        page_size: 5,
        expand: 'project',
        fields: ['id'],
      });
      void issues.list({ status: null, createdAt__year: 2026, createdAt__date: '2026-01-01', points__gte: 3 });
      void issues.subscribe({ status: 'open' }, () => undefined);
      void jira.listen(issues.list({ status: 'open' }), () => undefined);
      // @ts-expect-error no such status
      void issues.list({ status: 'shut' });
      // @ts-expect-error no such status in the list
      void issues.list({ status__in: ['open', 'shut'] });
      // @ts-expect-error a field that the hook does not list
      void issues.list({ id: 1 });
      // @ts-expect-error a misspelt field
      void issues.list({ stauts: 'open' });
      // @ts-expect-error no such lookup
      void issues.list({ title__like: 'x' });
      // @ts-expect-error points are numbers
      void issues.list({ points__gte: 'many' });
      // @ts-expect-error an alternative of a field that the hook does not list
      void issues.list({ $or: [{ id: 1 }] });
      // @ts-expect-error dates are texts on the wire
      void issues.list({ createdAt__gte: new Date() });
      // @ts-expect-error the same for subscriptions
      issues.subscribe({ stauts: 'open' }, () => undefined);
    });
  });

  it('knows the lookups and the ordering too where they are `as const`', () => {
    expectTypeOf<Api['strict']['list']['query']>().not.toHaveProperty('status__gte');
    compiles(() => {
      const strict = jira.hook('strict');
      void strict.list({ status: 'open', 'title__icontains!': 'x', project__issues__title: 'y', ordering: '-title' });
      void strict.list({ ordering: 'title,-createdAt' });
      void strict.list({ ordering: ['-title', 'createdAt'] });
      // @ts-expect-error a lookup that the field does not list
      void strict.list({ status__gte: 'open' });
      // @ts-expect-error a field that only has icontains
      void strict.list({ title: 'x' });
      // @ts-expect-error no field to order by
      void strict.list({ ordering: 'status' });
      // @ts-expect-error one of several is none
      void strict.list({ ordering: ['title', 'status'] });
      // @ts-expect-error titles are texts
      void strict.list({ project__issues__title: 1 });
    });
  });

  it('is open where the hook declares nothing, or its override says otherwise', () => {
    expectTypeOf<Api['open']['list']['query']>().toEqualTypeOf<Query>();
    expectTypeOf<Api['own']['list']['query']>().toEqualTypeOf<{ mine?: boolean }>();
    compiles(() => {
      void jira.hook('open').list({ any: 'thing' });
      void jira.hook('own').list({ mine: true, page: 1 });
    });
  });
});

enum Priority {
  Low = 'low',
  High = 'high',
}

@Entity()
class Task {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'simple-enum', enum: Priority }) priority: Priority;
  @Column({ type: 'simple-enum', enum: Priority, nullable: true }) before: Priority | null;
  @Column({ type: 'varchar' }) code: string & { readonly brand: 'code' };
  @Column() due: Date;
  @ManyToOne(() => Project) project: Relation<Project>;
  @ManyToOne(() => Task) parent: Relation<Task> | null;
}

class TaskInput {
  @IsEnum(Priority) priority: Priority;
  @IsOptional() @IsEnum(Priority, { each: true }) more?: Priority[];
}

@Hook('tasks')
class TaskHook extends ModelHook<Task> {
  entity = Task;
  createInput = TaskInput;
  output = IssueView;
  filterFields = { priority: ['exact', 'in', 'ne'], before: ['exact'], code: ['exact'] };
  orderingFields = ['due', 'project__name'];
  expandFields = ['project', 'parent.parent'];

  @Action({ methods: ['POST'], detail: true, input: TaskInput })
  async raise(_scope: ActionScope<TaskInput, { to?: Priority }>): Promise<number> {
    return Promise.resolve(0);
  }
}

@Hook('fixed')
class FixedHook extends ReadOnlyModelHook<Task> {
  entity = Task;
  output = IssueView;
  orderingFields = ['due'] as const;
  expandFields = { project: 'projects', 'parent.project': 'projects' };
}

declare const tasks: JiraClient<ApiOf<{ tasks: TaskHook; fixed: FixedHook }>>;
declare const code: Task['code'];

describe('an enum', () => {
  it('is named by its member or its text, in filters and in inputs', () => {
    type Asked = ApiOf<{ tasks: TaskHook }>['tasks']['list']['query'];
    expectTypeOf<Asked['before']>().toEqualTypeOf<Priority | 'low' | 'high' | null | undefined>();
    compiles(() => {
      const hook = tasks.hook('tasks');
      void hook.list({
        priority: 'high',
        before: null,
        priority__in: ['low', Priority.High],
        'priority!': Priority.Low,
      });
      void hook.create({ priority: 'high', more: ['low', Priority.High] });
      void hook.action('raise', { id: 1, data: { priority: 'low' } });
      hook.subscribe({ priority: 'high' }, () => undefined);
      void hook.list({ code });
      // @ts-expect-error no such priority
      void hook.list({ priority: 'urgent' }); // oxlint-disable-line typescript/no-unsafe-enum-assignment -- that is the point
      // @ts-expect-error no such priority among them
      void hook.list({ priority__in: ['low', 'urgent'] });
      // @ts-expect-error no such priority to create
      void hook.create({ priority: 'urgent' }); // oxlint-disable-line typescript/no-unsafe-enum-assignment -- that is the point
      // @ts-expect-error a branded text is no other text
      void hook.list({ code: 'x' });
    });
  });
});

describe('ordering and expand', () => {
  it('are checked against the entity where the hook lists them without `as const`', () => {
    type Asked = ApiOf<{ tasks: TaskHook }>['tasks']['list']['query'];
    expectTypeOf<'parent.parent'>().toExtend<Asked['expand']>();
    compiles(() => {
      const hook = tasks.hook('tasks');
      void hook.list({ ordering: '-due', expand: 'project' });
      void hook.list({ ordering: ['project__name', '-due'], expand: ['parent.parent', 'project'] });
      void hook.list({ ordering: '-due,project__name', expand: 'parent,project' });
      void hook.retrieve(1, { expand: 'project' });
      // @ts-expect-error no column
      void hook.list({ ordering: 'duo' });
      // @ts-expect-error no relation
      void hook.list({ expand: 'due' });
      // @ts-expect-error no relation in the list
      void hook.list({ expand: ['project', 'owner'] });
      // @ts-expect-error no relation of the row
      void hook.retrieve(1, { expand: 'owner' });
    });
  });

  it('are checked against the declaration where it can be read, in a hook without filters too', () => {
    type Asked = ApiOf<{ fixed: FixedHook }>['fixed']['list']['query'];
    expectTypeOf<Asked['ordering']>().toEqualTypeOf<
      'due' | '-due' | `due,${string}` | `-due,${string}` | readonly ('due' | '-due')[] | undefined
    >();
    compiles(() => {
      const hook = tasks.hook('fixed');
      void hook.list({ ordering: '-due', expand: 'parent.project', anything: 'else' });
      void hook.list({ expand: ['project', 'parent'] });
      void hook.retrieve(1, { expand: 'parent.project', fields: 'id' });
      // @ts-expect-error no field to order by
      void hook.list({ ordering: 'code' });
      // @ts-expect-error no path to expand
      void hook.list({ expand: 'project.issues' });
      // @ts-expect-error no path to expand
      void hook.retrieve(1, { expand: 'parent.parent' });
    });
  });
});

describe('a committed change', () => {
  it('is told apart by its type', () => {
    compiles(() => {
      const told = (change: Change<Task>): void => {
        if (change.type === 'added') expectTypeOf(change.after).toEqualTypeOf<Task>();
        if (change.type === 'modified') expectTypeOf([change.before, change.after]).toEqualTypeOf<Task[]>();
        if (change.type === 'removed') expectTypeOf(change.before).toEqualTypeOf<Task>();
        // @ts-expect-error there may be none
        expectTypeOf(change.before).toEqualTypeOf<Task>();
      };
      return told;
    });
  });
});

describe('what types cannot see', () => {
  it('is said by hand: the pagination of the module', () => {
    expectTypeOf<Api['open']['list']['output']>().toEqualTypeOf<PaginatedResponse<{ id: number; title: string }>>();
    expectTypeOf<Omit<CursorApi['open']['list']['output'], 'results'>>().toEqualTypeOf<Omit<CursorPage, 'results'>>();
    expectTypeOf<CursorApi['open']['list']['output']['results']>().toEqualTypeOf<{ id: number; title: string }[]>();
    expectTypeOf<Omit<CursorApi['strict']['list']['output'], 'results'>>().toEqualTypeOf<
      Omit<LimitOffsetPage, 'results'>
    >();
    expectTypeOf<ApiOf<Hooks, { pagination: null }>['open']['list']['output']>().toEqualTypeOf<
      { id: number; title: string }[]
    >();
  });

  it('is said by hand: the name of an action', () => {
    expectTypeOf<RenamedApi['issues']['import-all']>().toEqualTypeOf<Api['issues']['importAll']>();
    expectTypeOf<RenamedApi['issues']>().not.toHaveProperty('importAll');
    type Others = Omit<RenamedApi['issues'], 'import-all'>;
    expectTypeOf<keyof Others>().toEqualTypeOf<Exclude<keyof Api['issues'], 'importAll'>>();
    expectTypeOf<Others['list']>().toExtend<Api['issues']['list']>();
    expectTypeOf<Api['issues']['list']>().toExtend<Others['list']>();
    expectTypeOf<Others['create']>().toEqualTypeOf<Api['issues']['create']>();
  });
});
