import { describe, expectTypeOf, it } from 'vitest';
import type { PaginatedResponse, RowId } from 'nestjs-jira-protocol';
import type { Change } from './change.js';
import type { JiraClient } from './client.js';
import type { JiraRequest } from './jira-request.js';
import type { Crud } from './types.js';

interface Issue {
  id: number;
  title: string;
  status: 'open' | 'done';
}
interface CreateIssue {
  title: string;
  projectId: number;
}

type Api = {
  issues: {
    create: { input: CreateIssue; query: object; output: Issue };
    list: { input: undefined; query: { status?: 'open' | 'done' }; output: PaginatedResponse<Issue> };
    retrieve: { input: undefined; query: object; output: Issue };
    update: { input: CreateIssue; query: object; output: Issue };
    destroy: { input: undefined; query: object; output: null };
    close: { input: undefined; query: object; output: Issue };
    assign: { input: { userId: number }; query: object; output: Issue };
    log: { input: undefined; query: object; output: string };
  };
  tags: { list: { input: undefined; query: object; output: string[] } };
};

// Never runs: the compiler does the checking.
const compiles = (body: () => unknown) => expectTypeOf(body).toBeFunction();

declare const jira: JiraClient<Api>;
declare const untyped: JiraClient;

describe('the types of a client', () => {
  it('come from the description of the API', () => {
    compiles(() => {
      const issues = jira.hook('issues');
      expectTypeOf(issues.create({ title: 'a', projectId: 1 })).toEqualTypeOf<JiraRequest<Issue>>();
      expectTypeOf(issues.list({ status: 'open' })).toEqualTypeOf<JiraRequest<PaginatedResponse<Issue>>>();
      expectTypeOf(issues.patch).parameters.toExtend<[RowId, Partial<CreateIssue>, ...unknown[]]>();
      expectTypeOf(issues.destroy(1)).resolves.toBeNull();
      expectTypeOf(issues.action('close', { id: 1 })).resolves.toEqualTypeOf<Issue>();
      expectTypeOf(jira.request('issues', 'assign', { data: { userId: 1 } })).resolves.toEqualTypeOf<Issue>();
      expectTypeOf(issues.stream('log')).toEqualTypeOf<AsyncGenerator<string, void, undefined>>();
    });
  });

  it('refuse what the API has not', () => {
    compiles(() => {
      const issues = jira.hook('issues');
      expectTypeOf(jira.hook('tags')).not.toHaveProperty('create');
      // @ts-expect-error no such namespace
      void jira.request('users', 'list');
      // @ts-expect-error no such namespace
      void jira.hook('users');
      // @ts-expect-error no such action
      void jira.request('issues', 'explode');
      // @ts-expect-error an undeclared field
      void issues.create({ title: 'a', projectId: 1, owner: 2 });
      // @ts-expect-error no such status
      void issues.list({ status: 'closed' });
      // @ts-expect-error the input is missing
      void issues.action('assign');
    });
  });

  it('give subscribers and listeners the row', () => {
    compiles(() => {
      jira.hook('issues').subscribe({ status: 'open' }, (change) => {
        expectTypeOf(change).toEqualTypeOf<Change<Issue>>();
        if (change.type === 'added') expectTypeOf(change.data).toEqualTypeOf<Issue>();
        if (change.type === 'removed') expectTypeOf(change.data).toEqualTypeOf<Partial<Issue>>();
        if (change.type === 'reset') expectTypeOf(change.data).toBeNull();
      });
      jira.listen(jira.hook('issues').list(), (rows) => expectTypeOf(rows).toEqualTypeOf<readonly Issue[]>());
      jira.listen(jira.hook('tags').list(), (rows) => expectTypeOf(rows).toEqualTypeOf<readonly string[]>(), {
        key: (tag) => tag,
      });
    });
  });

  it('are unknown without a description, or given by the call', () => {
    compiles(() => {
      expectTypeOf(untyped.hook('issues').create({ any: 'thing' })).resolves.toBeUnknown();
      expectTypeOf(untyped.request('issues', 'close', { query: { pk: 1 } })).resolves.toBeUnknown();
      const issues = untyped.hook<Crud<Issue, CreateIssue>>('issues');
      expectTypeOf(issues.create({ title: 'a', projectId: 1 })).resolves.toEqualTypeOf<Issue>();
      // Of a typed client too, for what its type does not describe.
      expectTypeOf(jira.hook<Crud<Issue>>('others').list()).resolves.toEqualTypeOf<PaginatedResponse<Issue>>();
    });
  });

  it('take an interface for a description', () => {
    interface Hooks {
      list: { input: undefined; query: object; output: Issue[] };
    }
    interface Described {
      issues: Hooks;
    }
    compiles(() => {
      const described = null as unknown as JiraClient<Described>;
      expectTypeOf(described.hook('issues').list()).resolves.toEqualTypeOf<Issue[]>();
    });
  });
});
