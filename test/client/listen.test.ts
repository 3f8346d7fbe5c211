import { describe, expect, it } from 'vitest';
import type { Crud } from 'nestjs-jira-client';
import { inspect } from '../../libs/client/src/client.js';
import { Bench, failureOf, reached } from './support.js';

interface Issue {
  id: number;
  title: string;
}
type Hooks = { issues: Omit<Crud<Issue>, 'list'> & { list: { input: undefined; query: object; output: Issue[] } } };

const byTitle = (a: Issue, b: Issue) => a.title.localeCompare(b.title);

/** The database of these tests. */
const table = (...rows: [id: number, title: string][]): Issue[] => rows.map(([id, title]) => ({ id, title }));

describe('listen', () => {
  it('subscribes first, then asks for the list, once', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c').on('issues.list', ({ answer }) => answer(table([1, 'a'])));
    const jira = bench.client<Hooks>();
    const seen: string[] = [];
    const list = jira.hook('issues').list({ status: 'open', page: 2, ordering: 'title' });
    const onRows = (rows: readonly Issue[], { change }: { change: { type: string } | undefined }) =>
      void seen.push(`${change?.type} ${titles(rows)}`);
    const stop = jira.listen(list, onRows, { compare: byTitle });
    expect(await list).toEqual(table([1, 'a']));
    bench.server.announce('issues', 'c', { type: 'added', id: 2, data: { id: 2, title: 'b' } });
    bench.server.announce('issues', 'c', { type: 'modified', id: 1, data: { id: 1, title: 'A' } });
    bench.server.announce('issues', 'c', { type: 'removed', id: 2, data: { id: 2 } });
    await expect.poll(() => seen).toEqual(['undefined a', 'added a b', 'modified A b', 'removed A']);
    expect(bench.server.asked.map(({ frame }) => frame.action)).toEqual(['subscribe', 'list']);
    expect(bench.server.asked.map(({ frame }) => frame.query)).toEqual([
      { status: 'open' },
      { status: 'open', page: 2, ordering: 'title' },
    ]);
    stop.unsubscribe();
    await bench.server.arrival('unsubscribe');
  });

  it('is right when changes come while the list is on its way, known to its answer or not', async () => {
    await using bench = await Bench.start();
    bench.server
      .channel('issues', () => 'c')
      .on('issues.list', ({ answer }) => {
        // The list was read before these two commits, and after the third.
        bench.server.announce('issues', 'c', { type: 'added', id: 2, data: { id: 2, title: 'new' } });
        bench.server.announce('issues', 'c', { type: 'removed', id: 1, data: { id: 1 } });
        bench.server.announce('issues', 'c', { type: 'modified', id: 3, data: { id: 3, title: 'known' } });
        answer(table([1, 'gone'], [3, 'known']));
      });
    const jira = bench.client<Hooks>();
    const seen: string[] = [];
    jira.listen(jira.hook('issues').list(), (rows) => void seen.push(titles(rows)), { compare: byTitle });
    await expect.poll(() => seen).toEqual(['known new']);
  });

  it('asks an older list again, because it may have missed changes', async () => {
    await using bench = await Bench.start();
    let rows = table([1, 'old']);
    bench.server.channel('issues', () => 'c').on('issues.list', ({ answer }) => answer(rows));
    const jira = bench.client<Hooks>();
    const list = jira.hook('issues').list();
    await list;
    rows = table([1, 'new']);
    const seen: string[] = [];
    jira.listen(list, (now) => void seen.push(titles(now)));
    await expect.poll(() => seen).toEqual(['new']);
  });

  it('fetches again after a reset, and after a reconnection', async () => {
    await using bench = await Bench.start();
    let rows = table([1, 'a']);
    bench.server.channel('issues', () => 'c').on('issues.list', ({ answer }) => answer(rows));
    const jira = bench.client<Hooks>();
    const seen: string[] = [];
    jira.listen(jira.hook('issues').list(), (now) => void seen.push(titles(now)));
    await expect.poll(() => seen).toEqual(['a']);
    rows = table([1, 'b']);
    bench.server.announce('issues', 'c', { type: 'reset' });
    await expect.poll(() => seen).toEqual(['a', 'b']);
    rows = table([1, 'c']);
    bench.server.cut();
    await expect.poll(() => seen).toEqual(['a', 'b', 'c']);
  });

  it('fetches once more when a reset comes while it is fetching', async () => {
    await using bench = await Bench.start();
    bench.server
      .channel('issues', () => 'c')
      .on('issues.list', ({ answer }) => {
        const isFirst = bench.server.requests('list').length === 1;
        if (isFirst) bench.server.announce('issues', 'c', { type: 'reset' });
        answer(table([1, isFirst ? 'old' : 'new']));
      });
    const jira = bench.client<Hooks>();
    const seen: string[] = [];
    jira.listen(jira.hook('issues').list(), (now) => void seen.push(titles(now)));
    await expect.poll(() => seen).toEqual(['old', 'new']);
    expect(bench.server.requests('list')).toHaveLength(2);
  });

  it('asks for a page again when a change may have moved its rows', async () => {
    await using bench = await Bench.start();
    let results = table([1, 'a'], [2, 'b']);
    bench.server
      .channel('issues', () => 'c')
      .on('issues.list', ({ answer }) => answer({ count: 9, next_page: 2, previous_page: null, results }));
    const jira = bench.client();
    const seen: string[] = [];
    jira.listen(jira.hook<Crud<Issue>>('issues').list(), (rows) => void seen.push(titles(rows)));
    await expect.poll(() => seen).toEqual(['a b']);
    results = table([2, 'b'], [3, 'c']);
    bench.server.announce('issues', 'c', { type: 'modified', id: 8, data: { id: 8, title: 'elsewhere' } });
    await expect.poll(() => seen).toEqual(['a b', 'b c']);
    results = table([3, 'c'], [4, 'd']);
    bench.server.announce('issues', 'c', { type: 'removed', id: 2, data: { id: 2 } });
    await expect.poll(() => seen).toEqual(['a b', 'b c', 'c d']);
  });

  it('keeps the rows in the order it is given', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c').on('issues.list', ({ answer }) => answer(table([1, 'b'], [2, 'd'])));
    const jira = bench.client<Hooks>();
    const seen: string[] = [];
    jira.listen(jira.hook('issues').list(), (rows) => void seen.push(titles(rows)), { compare: byTitle });
    await expect.poll(() => seen).toEqual(['b d']);
    bench.server.announce('issues', 'c', { type: 'added', id: 3, data: { id: 3, title: 'c' } });
    bench.server.announce('issues', 'c', { type: 'modified', id: 1, data: { id: 1, title: 'e' } });
    await expect.poll(() => seen).toEqual(['b d', 'b c d', 'c d e']);
  });

  it('ends when the list is refused, and says why', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c').on('issues.list', ({ refuse }) => refuse('PERMISSION_DENIED'));
    const jira = bench.client<Hooks>();
    const states: string[] = [];
    jira.listen(jira.hook('issues').list(), () => undefined, {
      onState: (state, reason) => void states.push(`${state} ${reason?.code}`),
    });
    await expect.poll(() => states).toEqual(['subscribed undefined', 'unsubscribed PERMISSION_DENIED']);
    expect(inspect(jira)).toMatchObject({ subscriptions: 0, channels: 0, requests: 0 });
  });

  it('lets the list go where the subscription is refused', async () => {
    await using bench = await Bench.start();
    bench.server
      .on('issues.subscribe', ({ refuse }) => refuse('METHOD_NOT_ALLOWED'))
      .on('issues.list', ({ answer }) => answer(table([1, 'a'])));
    const errors: unknown[] = [];
    const jira = bench.client<Hooks>({ onError: (error: unknown) => errors.push(error) });
    const list = jira.hook('issues').list();
    const stop = jira.listen(list, () => undefined);
    const refusal = await failureOf(stop.ready);
    expect(refusal.code).toBe('METHOD_NOT_ALLOWED');
    expect(await list).toEqual(table([1, 'a']));
    expect(errors).toEqual([refusal]);
  });

  it('starts when the connection comes, however late', async () => {
    await using bench = await Bench.start();
    bench.server.channel('issues', () => 'c').on('issues.list', ({ answer }) => answer(table([1, 'a'])));
    const jira = bench.client<Hooks>({ autoConnect: false, timeoutMs: 20 });
    const seen: string[] = [];
    const list = jira.hook('issues').list();
    jira.listen(list, (rows) => void seen.push(titles(rows)));
    expect(await failureOf(list)).toMatchObject({ code: 'NOT_CONNECTED' });
    jira.connect();
    await reached(jira, 'connected');
    await expect.poll(() => seen).toEqual(['a']);
  });
});

function titles(rows: readonly Issue[]): string {
  return rows.map(({ title }) => title).join(' ');
}
