import { expect, it } from 'vitest';
import { writeExamples } from '../support/examples.js';
import { Bench } from './support.js';

interface Board {
  readonly board: (url: string, render: (issues: readonly { title: string }[]) => void) => Promise<() => void>;
}

it("the guide's first example shows what the server has, and what it is told", async () => {
  await using bench = await Bench.start();
  const results: object[] = [{ id: 1, title: 'first' }];
  bench.server
    .channel('issues', ({ query }) => JSON.stringify(query))
    .on('issues.list', ({ answer }) => answer({ count: results.length, next_page: null, previous_page: null, results }))
    .on('issues.create', ({ frame, answer }) => {
      const data = { id: 2, ...(frame.data as object) };
      results.push(data);
      answer(data, { status: 201 });
      bench.server.announce('issues', '{"status":"open"}', { type: 'added', id: 2, data });
    });
  using examples = writeExamples('docs/client.md');
  const { board } = (await import(examples.pathOf('board.ts'))) as Board;
  let seen: string[] = [];
  const close = await board(bench.server.url, (issues) => (seen = issues.map(({ title }) => title)));
  await expect.poll(() => seen).toEqual(['first', 'Ship it']);
  close();
});
