// What the bindings infer from the server's hooks: a renamed column, a wrong filter or a missing input breaks a component's compilation.

import { ref } from 'vue';
import { describe, expectTypeOf, it } from 'vitest';
import type { HookClient, JiraClient, JiraClientError } from 'nestjs-jira-client';
import * as react from 'nestjs-jira-client/react';
import * as solid from 'nestjs-jira-client/solid';
import { liveStore, type LiveSnapshot } from 'nestjs-jira-client/store';
import * as svelte from 'nestjs-jira-client/svelte';
import * as vue from 'nestjs-jira-client/vue';
import type { ApiOf } from 'nestjs-jira';
import type { IssueHook, ProjectHook } from '../support/tracker.js';

type Api = ApiOf<{ issues: IssueHook; projects: ProjectHook }>;
interface Issue {
  id: number;
  title: string;
  status: string;
  projectId: number;
}

declare const jira: JiraClient<Api>;

// Never runs: the compiler is the test.
const compiles = (body: () => unknown) => expectTypeOf(body).toBeFunction();

describe('the types of the binding', () => {
  it('for React are those of the hook', () => {
    compiles(() => {
      const issues = jira.hook('issues');
      const { rows, error } = react.useLive(issues, { status: 'open', ordering: '-id' });
      expectTypeOf(rows).branded.toEqualTypeOf<readonly Issue[]>();
      expectTypeOf(error).toEqualTypeOf<JiraClientError | undefined>();
      expectTypeOf(react.useRow(issues, 1).row).branded.toEqualTypeOf<Issue | undefined>();
      const create = react.useAction(issues, 'create');
      void create.run({ data: { title: 'a', projectId: 1 } });
      expectTypeOf(create.data?.title).toEqualTypeOf<string | undefined>();
      expectTypeOf(react.useAction(issues, 'close').run({ id: 1 })).resolves.branded.toEqualTypeOf<Issue>();
      react.useLive(issues, {}, { compare: (a, b) => a.id - b.id, key: ({ id }) => id });
      // @ts-expect-error no such column
      void rows[0]?.name;
      // @ts-expect-error a filter of another type
      react.useLive(issues, { projectId: {} });
      // @ts-expect-error no such filter
      react.useLive(issues, { owner: 1 });
      // @ts-expect-error no such column to compare by
      react.useLive(issues, {}, { compare: (a, b) => a.rank - b.rank });
      // @ts-expect-error a missing input field
      void create.run({ data: { title: 'a' } });
      // @ts-expect-error the input is missing
      void create.run();
      // @ts-expect-error no such action
      react.useAction(issues, 'explode');
      // @ts-expect-error a hook that only reads
      react.useAction(jira.hook('projects'), 'create');
    });
  });

  it('for Vue are those of the hook, behind refs and getters too', () => {
    compiles(() => {
      const issues = jira.hook('issues');
      const list = vue.useLive(issues, () => ({ status: 'open' }));
      expectTypeOf(list.value.rows).branded.toEqualTypeOf<readonly Issue[]>();
      expectTypeOf(vue.useRow(issues, ref(1)).value.rows).branded.toEqualTypeOf<readonly Issue[]>();
      vue.useLive(issues, ref({ status: 'open' }));
      // @ts-expect-error no such column
      void list.value.rows[0]?.name;
      // @ts-expect-error no such filter
      vue.useLive(issues, { owner: 1 });
      // @ts-expect-error a filter of another type
      vue.useLive(issues, () => ({ projectId: {} }));
    });
  });

  it('for Svelte are those of the hook', () => {
    compiles(() => {
      const issues = jira.hook('issues');
      svelte.live(issues, { status: 'open' }).subscribe(({ rows }) => {
        expectTypeOf(rows).branded.toEqualTypeOf<readonly Issue[]>();
        // @ts-expect-error no such column
        void rows[0]?.name;
      });
      svelte.liveRow(issues, 1).subscribe((row) => expectTypeOf(row).branded.toEqualTypeOf<LiveSnapshot<Issue>>());
      // @ts-expect-error no such filter
      svelte.live(issues, { owner: 1 });
    });
  });

  it('for Solid are those of the hook', () => {
    compiles(() => {
      const issues = jira.hook('issues');
      const list = solid.createLive(issues, () => ({ status: 'open' }));
      expectTypeOf(list().rows).branded.toEqualTypeOf<readonly Issue[]>();
      expectTypeOf(solid.createLiveRow(issues, () => 1)().rows).branded.toEqualTypeOf<readonly Issue[]>();
      // @ts-expect-error no such column
      void list().rows[0]?.name;
      // @ts-expect-error a filter of another type
      solid.createLive(issues, () => ({ projectId: {} }));
    });
  });

  it('for no framework are those of the hook', () => {
    compiles(() => {
      const { rows } = liveStore(jira.hook('issues'), { status: 'open' }).getSnapshot();
      expectTypeOf(rows).branded.toEqualTypeOf<readonly Issue[]>();
      // Behind a name of yours too.
      type Issues = HookClient<Api['issues']>;
      const named: Issues = jira.hook('issues');
      expectTypeOf(liveStore(named).getSnapshot().rows).branded.toEqualTypeOf<readonly Issue[]>();
      // @ts-expect-error no such filter
      liveStore(jira.hook('issues'), { owner: 1 });
    });
  });
});
