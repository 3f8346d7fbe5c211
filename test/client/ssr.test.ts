// The bindings on a server that renders: they show what is loaded, and ask for nothing.

import { createElement } from 'react';
import { renderToString as renderReact } from 'react-dom/server';
import { createRoot } from 'solid-js';
import { get } from 'svelte/store';
import { createSSRApp, h } from 'vue';
import { renderToString as renderVue } from 'vue/server-renderer';
import { describe, expect, it } from 'vitest';
import type { HookClient, Crud } from 'nestjs-jira-client';
import { useLive as useReact } from 'nestjs-jira-client/react';
import { createLive } from 'nestjs-jira-client/solid';
import { hydrate, type LiveSnapshot } from 'nestjs-jira-client/store';
import { live } from 'nestjs-jira-client/svelte';
import { useLive as useVue } from 'nestjs-jira-client/vue';
import { inspect } from '../../libs/client/src/client.js';
import { Bench } from './support.js';

interface Issue {
  id: number;
  title: string;
}
type Issues = HookClient<Crud<Issue>>;

const shown = ({ status, rows }: LiveSnapshot<Issue>): string => `${status} ${rows.map(({ title }) => title).join()}`;

const RENDERERS: Record<string, (issues: Issues) => string | Promise<string>> = {
  React: (issues) => renderReact(createElement(() => shown(useReact(issues)))),
  Vue: (issues) => {
    const setup = () => {
      const list = useVue(issues);
      return () => h('i', shown(list.value));
    };
    return renderVue(createSSRApp({ setup })).then((html) => html.replaceAll(/<.*?>/g, ''));
  },
  // What `$issues` of a component does there.
  Svelte: (issues) => shown(get(live(issues))),
  Solid: (issues) => createRoot(() => shown(createLive(issues)())),
};

describe.each(Object.entries(RENDERERS))('the binding for %s on a server', (_name, render) => {
  it('shows the rows that are loaded, and asks for nothing', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c').on('issues.list', ({ answer }) => answer([]));
    const jira = bench.client<{ issues: Crud<Issue> }>();
    await expect.poll(() => jira.connection.state).toBe('connected');
    expect(await render(jira.hook('issues'))).toBe('loading ');
    const later = bench.client<{ issues: Crud<Issue> }>({ autoConnect: false });
    hydrate(later, { [JSON.stringify(['issues', null, null])]: { rows: [{ id: 1, title: 'a' }] } });
    expect(await render(later.hook('issues'))).toBe('ready a');
    // What it asked for would be answered before this.
    await jira.request('issues', 'list');
    expect(bench.server.asked.map(({ frame }) => frame.action)).toEqual(['list']);
    expect([inspect(jira)['subscriptions'], inspect(later)['subscriptions']]).toEqual([0, 0]);
    expect(later.connection.state).toBe('idle');
  });
});
