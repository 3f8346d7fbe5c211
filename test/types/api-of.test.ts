import { Expose } from 'class-transformer';
import { IsString } from 'class-validator';
import type { Observable } from 'rxjs';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { describe, expectTypeOf, it } from 'vitest';
import { createClient, type JiraClient } from 'nestjs-jira-client';
import {
  Action,
  ActionScope,
  CreateMixin,
  CursorPagination,
  GenericModelHook,
  Hook,
  HookScope,
  ListMixin,
  ModelHook,
  ReadOnlyModelHook,
  type ApiOf,
  type CursorPage,
  type Visibility,
} from 'nestjs-jira';
import type { PaginatedResponse, Query, SubscribedData } from 'nestjs-jira-protocol';

@Entity()
class Issue {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @Column() size: string;
  @Column() createdAt: Date;
}

class CreateIssue {
  @IsString() title: string;
}

class UpdateIssue {
  @IsString() title: string;
  @IsString() status: string;
}

class Label {
  @Expose() name: string;
  @Expose() since: Date;
}

class IssueView {
  @Expose() id: number;
  @Expose() size: bigint;
  @Expose() createdAt: Date;
  @Expose() closedAt: Date | null;
  @Expose() note?: string;
  @Expose() labels: Label[];
  @Expose() span: [Date, number];
  describe(): string {
    return 'never sent';
  }
}

interface WireIssue {
  id: number;
  size: string;
  createdAt: string;
  closedAt: string | null;
  note?: string;
  labels: { name: string; since: string }[];
  span: [string, number];
}

@Hook('issues')
class IssueHook extends ModelHook<Issue> {
  entity = Issue;
  createInput = CreateIssue;
  updateInput = UpdateIssue;
  output = IssueView;

  visibility(_scope: HookScope): Visibility<Issue> {
    return { title: 'x' };
  }

  @Action({ methods: ['POST'], detail: true })
  async close(scope: ActionScope): Promise<{ closedAt: Date }> {
    await this.getObject(scope);
    return { closedAt: new Date() };
  }

  @Action({ methods: ['GET'] })
  search(_scope: ActionScope<undefined, { text: string; limit?: number }>): bigint[] {
    return [];
  }

  @Action({ methods: ['POST'] })
  async import(_scope: ActionScope<{ from: string }>): Promise<void> {}

  @Action()
  async *log(_scope: ActionScope<undefined>): AsyncGenerator<Date> {}

  @Action()
  ticks(_scope: ActionScope<undefined>): Observable<{ at: Date }> {
    throw new Error('only its type is asked for');
  }

  helper(_scope: HookScope): string {
    return 'no action';
  }
}

@Hook('archive')
class ArchiveHook extends ReadOnlyModelHook<Issue> {
  entity = Issue;
  output = Label;
  pagination = CursorPagination;
}

@Hook('all')
class AllHook extends ReadOnlyModelHook<Issue> {
  entity = Issue;
  output = Label;
  pagination = null;
}

const Posting = CreateMixin(ListMixin(GenericModelHook<Issue>));

@Hook('posts')
class PostHook extends Posting {
  entity = Issue;
  createInput = CreateIssue;
  output = Label;

  override async performCreate(fields: CreateIssue, scope: HookScope): Promise<Issue> {
    expectTypeOf(super.performCreate(fields, scope)).resolves.toEqualTypeOf<Issue>();
    return super.performCreate({ ...fields, size: '1' }, scope);
  }

  override async create(scope: ActionScope<CreateIssue & { urgent: boolean }>) {
    expectTypeOf(scope.data.urgent).toEqualTypeOf<boolean>();
    return super.create(scope);
  }
}

type Api = ApiOf<{ issues: IssueHook; archive: ArchiveHook; all: AllHook; posts: PostHook }>;

// Never runs: the compiler is the test.
const compiles = (body: () => unknown) => expectTypeOf(body).toBeFunction();
declare const jira: JiraClient<Api>;

describe('ApiOf', () => {
  it('names the actions of a hook, and nothing else', () => {
    expectTypeOf<keyof Api>().toEqualTypeOf<'issues' | 'archive' | 'all' | 'posts'>();
    expectTypeOf<keyof Api['issues']>().toEqualTypeOf<
      | 'list' | 'retrieve' | 'create' | 'update' | 'destroy' | 'listen' | 'subscribe' | 'unsubscribe'
      | 'close' | 'search' | 'import' | 'log' | 'ticks'
    >(); // prettier-ignore
    expectTypeOf<keyof Api['archive']>().toEqualTypeOf<'list' | 'retrieve' | 'listen' | 'subscribe' | 'unsubscribe'>();
    expectTypeOf<keyof Api['posts']>().toEqualTypeOf<'list' | 'create'>();
  });

  it('takes inputs from the attributes of the hook, and outputs as they look on the wire', () => {
    expectTypeOf<Api['issues']['create']>().toEqualTypeOf<{ input: CreateIssue; query: Query; output: WireIssue }>();
    expectTypeOf<Api['issues']['update']>().toEqualTypeOf<{ input: UpdateIssue; query: Query; output: WireIssue }>();
    expectTypeOf<Api['issues']['retrieve']['output']>().toEqualTypeOf<WireIssue>();
    expectTypeOf<Api['issues']['destroy']['output']>().toEqualTypeOf<null>();
    expectTypeOf<Api['issues']['subscribe']['output']>().toEqualTypeOf<SubscribedData>();
  });

  it('describes pages as the pagination of the hook answers them', () => {
    type Labels = { name: string; since: string };
    expectTypeOf<Api['issues']['list']['output']>().toEqualTypeOf<PaginatedResponse<WireIssue>>();
    expectTypeOf<Api['all']['list']['output']>().toEqualTypeOf<Labels[]>();
    expectTypeOf<Api['archive']['list']['output']['results']>().toEqualTypeOf<Labels[]>();
    expectTypeOf<Omit<Api['archive']['list']['output'], 'results'>>().toEqualTypeOf<Omit<CursorPage, 'results'>>();
  });

  it('takes the input, the query and the output of an action from its signature', () => {
    expectTypeOf<Api['issues']['close']['output']>().toEqualTypeOf<{ closedAt: string }>();
    expectTypeOf<Api['issues']['search']>().toEqualTypeOf<{
      input: undefined;
      query: { text: string; limit?: number };
      output: string[];
    }>();
    expectTypeOf<Api['issues']['import']>().toEqualTypeOf<{ input: { from: string }; query: Query; output: null }>();
    expectTypeOf<Api['posts']['create']['input']>().toEqualTypeOf<CreateIssue & { urgent: boolean }>();
    expectTypeOf<Api['posts']['create']['output']>().toEqualTypeOf<{ name: string; since: string }>();
  });

  it('describes a stream by its items', () => {
    expectTypeOf<Api['issues']['log']['output']>().toEqualTypeOf<string>();
    expectTypeOf<Api['issues']['ticks']['output']>().toEqualTypeOf<{ at: string }>();
  });

  it('reaches the client', () => {
    compiles(() => {
      const issues = jira.hook('issues');
      expectTypeOf(issues.create({ title: 'a' })).resolves.toEqualTypeOf<WireIssue>();
      expectTypeOf(issues.action('import', { data: { from: 'b' } })).resolves.toEqualTypeOf<null>();
      expectTypeOf(issues.stream('log')).toEqualTypeOf<AsyncGenerator<string, void, undefined>>();
      issues.subscribe((change) => {
        if (change.type === 'added') expectTypeOf(change.data).toEqualTypeOf<WireIssue>();
      });
      jira.listen(jira.hook('archive').list(), (rows) =>
        expectTypeOf(rows).toEqualTypeOf<readonly { name: string; since: string }[]>(),
      );
      // @ts-expect-error a namespace that the API has not
      void jira.hook('users');
      // @ts-expect-error a field that the input has not
      void issues.create({ title: 'a', status: 'open' });
      // @ts-expect-error a helper is no action
      void issues.action('helper');
      // @ts-expect-error the query must name a text
      void issues.action('search', { query: { limit: 1 } });
    });
  });

  it('is no limit to a client without a type, nor to a hook whose type the call gives', () => {
    compiles(() => {
      const untyped = createClient('http://localhost:3000');
      expectTypeOf(untyped.hook('anything').list()).resolves.toBeUnknown();
      expectTypeOf(untyped.hook<Api['posts']>('anything').list()).resolves.toEqualTypeOf<
        Api['posts']['list']['output']
      >();
      expectTypeOf(jira.hook<Api['posts']>('others').list()).resolves.toEqualTypeOf<Api['posts']['list']['output']>();
      // @ts-expect-error a typed client of the same call
      void createClient<Api>('http://localhost:3000').hook('users');
    });
  });
});
