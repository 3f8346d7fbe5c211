import { describe, expect, it } from 'vitest';
import type { Crud } from 'nestjs-jira-client';
import { liveStore } from 'nestjs-jira-client/store';
import { Bench, failureOf } from './support.js';
import { TrackerClients } from './tracker-clients.js';
import type { Asked } from './stub-server.js';

const nothing = (): void => undefined;
const byText = (a: string, b: string): number => a.localeCompare(b);

describe('an optimistic write', () => {
  it('is shown at once, and taken back when it fails', async () => {
    await using tracker = await TrackerClients.start();
    const issues = tracker.client(1).hook('issues');
    for (const title of ['a', 'b']) await issues.create({ title, projectId: 1 });
    const open = liveStore(issues, { status: 'open' });
    const seen: string[] = [];
    const show = (): void => {
      const text = open
        .getSnapshot()
        .rows.map(({ title }) => title)
        .join(' ');
      // The new row may come before the answer that names its key: for that moment it is beside its layer.
      if (seen.at(-1) !== text && text !== 'A b c c') seen.push(text);
    };
    open.subscribe(show);
    await open.ready;
    await issues.patch(1, { title: 'A' }, { optimistic: true });
    await issues.create({ title: 'c', projectId: 1 }, { optimistic: { id: -1, title: 'c', status: 'open' } });
    await expect.poll(() => open.getSnapshot().rows.at(-1)?.id).toBe(3);
    await issues.action('close', { id: 2, optimistic: { status: 'done' } });
    await issues.destroy(1, { optimistic: true });
    await failureOf(issues.patch(3, { title: '' }, { optimistic: true }));
    await expect.poll(() => seen).toEqual(['a b', 'A b', 'A b c', 'A c', 'c', '', 'c']);
  });

  it('shows what is, or what is with what is being written, and nothing else, whatever happens when', async () => {
    const seeds = Array.from({ length: Number(process.env['OPTIMISTIC_RUNS'] ?? 4) }, (_, at) => at + 1);
    // Each waits most of the time.
    while (seeds.length > 0) expect((await Promise.all(seeds.splice(0, 25).map(play))).flat()).toEqual([]);
  });
});

interface Row {
  id: number;
  title: string;
}
type Api = { rows: Omit<Crud<Row>, 'list'> & { list: { input: undefined; query: object; output: Row[] } } };

const shownBy = (rows: readonly Row[]): string[] => rows.map(({ id, title }) => `${id} ${title}`).toSorted(byText);

/** Numbers from a seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

/** One history: writes of this client and of others, answers late and out of order, errors, and a connection that is cut. */
async function play(seed: number): Promise<readonly string[]> {
  const draw = numbers(seed);
  await using bench = await Bench.start();
  const table = new Map<number, string>([0, 1, 2].map((id) => [id, `start ${id}`]));
  /** Every title that a row had on the server. */
  const past = new Map([...table].map(([id, title]) => [id, new Set([title])]));
  const waiting: Asked[] = [];
  const store = (id: number, title: string): string => {
    table.set(id, title);
    past.get(id)?.add(title);
    return bench.server.announce('rows', 'c', { type: 'modified', id, data: { id, title } });
  };
  bench.server
    .channel('rows', () => 'c')
    .on('rows.list', async ({ answer }) => {
      const rows = [...table].map(([id, title]) => ({ id, title }));
      if (draw(3) === 0) await new Promise((resolve) => setTimeout(resolve, draw(20)));
      answer(rows);
    })
    .on('rows.update', (asked) => void waiting.push(asked));
  const jira = bench.client<Api>({ onError: nothing });
  const rows = jira.hook('rows');
  const live = liveStore(rows, {}, draw(2) === 0 ? { compare: (a, b) => a.id - b.id } : {});
  /** What each write under way would show. */
  const pending = new Map<object, { id: number; title: string }>();
  const faults: string[] = [];
  const check = (): void => {
    for (const { id, title } of live.getSnapshot().rows) {
      const isPending = [...pending.values()].some((one) => one.id === id && one.title === title);
      if (!past.get(id)?.has(title) && !isPending) faults.push(`${seed}: ${id} shows "${title}"`);
    }
  };
  live.subscribe(check);
  await live.ready;
  const writes: Promise<unknown>[] = [];
  for (let step = 0; step < 25; step++) {
    const kind = draw(6);
    if (kind < 2) {
      const [id, title] = [draw(3), `${seed} ${step}`];
      const write = {};
      pending.set(write, { id, title });
      const request = rows.patch(id, { title }, { optimistic: true });
      const shown = live.getSnapshot().rows.find((row) => row.id === id)?.title;
      // The newest write is the one that shows.
      if (shown !== title) faults.push(`${seed}: ${id} shows "${shown}", not "${title}"`);
      writes.push(request.then(nothing, nothing).finally(() => setTimeout(() => pending.delete(write), 0)));
    } else if (kind === 2 && waiting.length > 0) {
      const [asked] = waiting.splice(draw(waiting.length), 1) as [Asked];
      const id = Number(asked.frame.query?.['pk']);
      if (draw(3) === 0) asked.refuse('CONFLICT');
      else {
        const { title } = asked.frame.data as { title: string };
        // The change before its answer or after it.
        const isEarly = draw(2) === 0;
        const position = isEarly ? store(id, title) : bench.server.next();
        asked.answer({ id, title }, { position });
        if (!isEarly) {
          table.set(id, title);
          past.get(id)?.add(title);
          bench.server.announce('rows', 'c', { type: 'modified', id, data: { id, title }, position });
        }
      }
    } else if (kind === 3) store(draw(3), `other ${step}`);
    else if (kind === 4 && draw(4) === 0) bench.server.cut();
    else await new Promise((resolve) => setTimeout(resolve, draw(6)));
  }
  for (const asked of waiting.splice(0)) asked.refuse('CONFLICT');
  bench.server.cut();
  await Promise.all(writes);
  bench.server.on('rows.update', ({ refuse }) => refuse('CONFLICT'));
  // At rest there is what the server has.
  await expect
    .poll(() => shownBy(live.getSnapshot().rows))
    .toEqual([...table].map(([id, title]) => `${id} ${title}`).toSorted(byText));
  return faults;
}
