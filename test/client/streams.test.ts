import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inspect } from '../../libs/client/src/client.js';
import { Bench, failureOf } from './support.js';

async function all<T>(items: AsyncIterable<T>, each: (item: T) => void = () => undefined): Promise<T[]> {
  const seen: T[] = [];
  for await (const item of items) {
    seen.push(item);
    each(item);
  }
  return seen;
}

describe('a stream', () => {
  it('gives each item and ends with the answer', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.export', ({ item, answer, frame }) => {
      for (const n of [1, 2, 3]) item({ n, ...(frame.data as object) });
      answer(null, { status: 204 });
    });
    const jira = bench.client();
    const items = await all(jira.hook('issues').stream('export', { data: { a: 1 } }));
    expect(items).toEqual([1, 2, 3].map((n) => ({ n, a: 1 })));
    expect(inspect(jira)).toMatchObject({ requests: 0, unacknowledged: 0 });
    expect(bench.server.requests('$cancel')).toHaveLength(0);
  });

  it('throws what the server ends it with, after the items', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.export', ({ item, refuse }) => {
      item(1);
      refuse('INTERNAL');
    });
    const seen: unknown[] = [];
    const failure = failureOf(all(bench.client().stream('issues', 'export'), (item) => seen.push(item)));
    expect(await failure).toMatchObject({ code: 'INTERNAL', status: 500 });
    expect(seen).toEqual([1]);
  });

  it('is cancelled on the server when its loop is left', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.export', ({ item }) => item(1));
    const jira = bench.client();
    for await (const item of jira.stream('issues', 'export')) {
      expect(item).toBe(1);
      break;
    }
    const { frame } = await bench.server.arrival('$cancel');
    expect(frame.data).toEqual({ target: bench.server.requests('export')[0]?.frame.requestId });
    expect(inspect(jira)).toMatchObject({ requests: 0 });
  });

  it('is not asked before it is read', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.list', ({ answer }) => answer([]));
    const jira = bench.client();
    jira.stream('issues', 'export');
    await jira.hook('issues').list();
    expect(bench.server.requests('export')).toHaveLength(0);
  });

  it('fails when the connection is lost', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.export', ({ item }) => item(1));
    const failure = failureOf(all(bench.client().stream('issues', 'export'), () => bench.server.cut()));
    expect(await failure).toMatchObject({ code: 'CONNECTION_LOST' });
  });

  it('fails and is cancelled when its reader is too slow', async () => {
    await using bench = await Bench.start();
    bench.server.on('issues.export', ({ item }) => {
      for (const n of [1, 2, 3, 4]) item(n);
    });
    const seen: unknown[] = [];
    const items = bench.client({ maxBufferedItems: 2 }).stream('issues', 'export');
    expect(await failureOf(all(items, (item) => seen.push(item)))).toMatchObject({ code: 'STREAM_OVERFLOW' });
    await bench.server.arrival('$cancel');
  });

  it('may take longer than its time limit as long as items keep coming, and not when they stop', async () => {
    await using bench = await Bench.start();
    const timeoutMs = 1_500;
    let sent = 0;
    bench.server.on('issues.export', async ({ item }) => {
      for (const end = Date.now() + timeoutMs + 100; Date.now() < end; await setTimeout(50)) item(++sent);
    });
    const seen: unknown[] = [];
    const items = bench.client().stream('issues', 'export', { timeoutMs });
    expect(await failureOf(all(items, (item) => seen.push(item)))).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    expect(seen).toHaveLength(sent);
    await bench.server.arrival('$cancel');
  });
});
