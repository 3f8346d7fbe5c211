import { Component, memo, Suspense, type ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { JiraClient } from 'nestjs-jira-client';
import {
  dehydrate,
  JiraProvider,
  useAction,
  useConnection,
  useJira,
  useLive,
  useMessages,
  useRow,
} from 'nestjs-jira-client/react';
import { liveStore } from 'nestjs-jira-client/store';
import { inspect } from '../../libs/client/src/client.js';
import { Page } from './page.js';
import { Bench } from './support.js';
import { TrackerClients, type TrackerApi } from './tracker-clients.js';

function Titles({ status, suspense }: { status?: 'open' | 'done'; suspense?: boolean }) {
  const { rows, status: state, error } = useLive(useJira<TrackerApi>().hook('issues'), { status }, { suspense });
  if (error) return <b>{error.code}</b>;
  return <i>{state === 'loading' ? 'loading' : rows.map(({ title }) => title).join(' ')}</i>;
}

class Boundary extends Component<{ children: ReactNode }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render(): ReactNode {
    return this.state.error ? <b>{(this.state.error as { code?: string }).code}</b> : this.props.children;
  }
}

describe('useLive', () => {
  it('renders the rows, and again when they changed', async () => {
    await using tracker = await TrackerClients.start();
    await using page = Page.open();
    const jira = tracker.client(1);
    const view = await page.render(
      <JiraProvider client={jira}>
        <Titles status="open" />
        <Titles status="open" />
      </JiraProvider>,
    );
    await expect.poll(() => view.text()).toBe('');
    await jira.hook('issues').create({ title: 'a', projectId: 1 });
    await expect.poll(() => view.text()).toBe('aa');
    expect(inspect(jira)).toMatchObject({ subscriptions: 1 });
    await jira.hook('issues').action('close', { id: 1 });
    await expect.poll(() => view.text()).toBe('');
    view.show(
      <JiraProvider client={jira}>
        <Titles status="done" />
      </JiraProvider>,
    );
    await expect.poll(() => view.text()).toBe('a');
    await expect.poll(() => inspect(jira)['subscriptions']).toBe(1);
  });

  it('leaves no subscription behind, however often it was mounted', async () => {
    await using bench = await Bench.start();
    await using page = Page.open();
    bench.server.channel('issues', () => 'c').on('issues.list', ({ answer }) => answer([{ id: 1, title: 'a' }])).on('issues.retrieve', ({ answer }) => answer({ id: 1, title: 'a' })); // prettier-ignore
    const jira = bench.client();
    function Mounted({ turn }: { turn: number }) {
      useLive(jira.hook('issues'), { turn }, { keepMs: 5 });
      useRow(jira.hook('issues'), turn, undefined, { keepMs: 5 });
      return null;
    }
    const view = await page.render(null);
    const mounts = Number(process.env['STRICT_MOUNTS'] ?? 50);
    for (let turn = 0; turn < mounts; turn++) {
      view.show(<Mounted key={turn} turn={turn} />);
      // React renders in a turn of its own.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    view.show(null);
    await expect.poll(() => inspect(jira)).toMatchObject({ subscriptions: 0, channels: 0, requests: 0 });
    expect(bench.server.requests('subscribe').length).toBeGreaterThan(mounts / 2);
  });

  it('renders the row that changed, and no other', async () => {
    await using bench = await Bench.start();
    await using page = Page.open();
    const table = Array.from({ length: 2_000 }, (_, id) => ({ id, title: `t${id}` }));
    bench.server.channel('issues', () => 'c').on('issues.list', ({ answer }) => answer(table));
    const jira = bench.client<{ issues: { list: { input: undefined; query: object; output: typeof table } } }>();
    const rendered: number[] = [];
    const Row = memo(({ row }: { row: (typeof table)[number] }) => {
      rendered.push(row.id);
      return row.title;
    });
    const byId = (a: { id: number }, b: { id: number }): number => a.id - b.id;
    function All() {
      const { rows } = useLive(jira.hook('issues'), {}, { compare: byId });
      return rows.map((row) => <Row key={row.id} row={row} />);
    }
    const view = await page.render(<All />);
    await expect.poll(() => view.text().length).toBeGreaterThan(2_000);
    rendered.length = 0;
    bench.server.announce('issues', 'c', { type: 'modified', id: 7, data: { id: 7, title: '<seven>' } });
    await expect.poll(() => view.text()).toContain('<seven>');
    expect(new Set(rendered)).toEqual(new Set([7]));
    rendered.length = 0;
    // Fetched again, and nothing is new.
    table[7] = { id: 7, title: '<seven>' };
    bench.server.announce('issues', 'c', { type: 'reset' });
    await bench.server.arrival('list', 2);
    bench.server.announce('issues', 'c', { type: 'modified', id: 8, data: { id: 8, title: '<eight>' } });
    await expect.poll(() => view.text()).toContain('<eight>');
    expect(new Set(rendered)).toEqual(new Set([8]));
  });

  it('waits in Suspense, and throws to the error boundary', async () => {
    await using tracker = await TrackerClients.start();
    await using page = Page.open();
    const jira = tracker.client(1);
    await jira.hook('issues').create({ title: 'a', projectId: 1 });
    const app = (client: JiraClient<TrackerApi>): ReactNode => (
      <Boundary>
        <Suspense fallback="waiting">
          <JiraProvider client={client}>
            <Titles suspense />
          </JiraProvider>
        </Suspense>
      </Boundary>
    );
    const view = await page.render(app(jira));
    await expect.poll(() => view.text()).toBe('waiting');
    await expect.poll(() => view.text()).toBe('a');
    await using bench = await Bench.start();
    bench.server.on('issues.subscribe', ({ refuse }) => refuse('PERMISSION_DENIED'));
    const refused = await page.render(app(bench.client<TrackerApi>({ onError: () => undefined })));
    await expect.poll(() => refused.text()).toBe('PERMISSION_DENIED');
  });

  it('shows what a server rendered until it has its own', async () => {
    await using tracker = await TrackerClients.start();
    const server = tracker.client(1);
    await server.hook('issues').create({ title: 'a', projectId: 1 });
    await liveStore(server.hook('issues'), { status: 'open' }).ready;
    const html = renderToString(
      <JiraProvider client={server}>
        <Titles status="open" />
      </JiraProvider>,
    );
    expect(html).toBe('<i>a</i>');
    const state = JSON.parse(JSON.stringify(dehydrate(server))) as ReturnType<typeof dehydrate>;
    await using page = Page.open();
    const jira = tracker.client(1);
    const view = await page.render(
      <JiraProvider client={jira} state={state}>
        <Titles status="open" />
      </JiraProvider>,
      html,
    );
    expect(view.text()).toBe('a');
    await expect.poll(() => inspect(jira)['channels']).toBe(1);
    await server.hook('issues').create({ title: 'b', projectId: 1 });
    await expect.poll(() => view.text()).toBe('a b');
  });
});

describe('the other hooks', () => {
  it('follow a row, call an action, and say how the connection is', async () => {
    await using tracker = await TrackerClients.start();
    await using page = Page.open();
    const jira = tracker.client(1);
    const issues = jira.hook('issues');
    await issues.create({ title: 'a', projectId: 1 });
    function Row({ id }: { id: number }) {
      const { row, status } = useRow(issues, id);
      const close = useAction(issues, 'close');
      return (
        <button onClick={() => void close.run({ id })}>
          {`${useConnection().state} ${status} ${row?.title} ${row?.status} ${close.error?.code} ${close.data?.status}`}
        </button>
      );
    }
    const view = await page.render(
      <JiraProvider client={jira}>
        <Row id={1} />
      </JiraProvider>,
    );
    await expect.poll(() => view.text()).toBe('connected ready a open undefined undefined');
    view.click('button');
    await expect.poll(() => view.text()).toBe('connected ready a done undefined done');
    view.show(
      <JiraProvider client={jira}>
        <Row id={2} />
      </JiraProvider>,
    );
    await expect.poll(() => view.text()).toContain('ready undefined');
    view.click('button');
    await expect.poll(() => view.text()).toContain('NOT_FOUND');
  });

  it('hand over messages, to the newest listener', async () => {
    await using bench = await Bench.start();
    await using page = Page.open();
    const heard: string[] = [];
    function Hears({ name }: { name: string }) {
      useMessages((event, data) => heard.push(`${name} ${event} ${String(data)}`));
      return name;
    }
    const jira = bench.client();
    const show = (name: string): ReactNode => (
      <JiraProvider client={jira}>
        <Hears name={name} />
      </JiraProvider>
    );
    const view = await page.render(show('first'));
    await expect.poll(() => bench.server.sockets.length).toBe(1);
    view.show(show('second'));
    await expect.poll(() => view.text()).toBe('second');
    bench.server.sockets[0]?.emit('$message', { id: 'm1', event: 'paid', data: 7 });
    await expect.poll(() => heard).toEqual(['second paid 7']);
  });

  it('need a client above', () => {
    const Lost = (): ReactNode => useConnection().state;
    expect(() => renderToString(<Lost />)).toThrow('Put a <JiraProvider client={jira}> above.');
  });
});
