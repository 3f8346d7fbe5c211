// `npm run bench -- --big`: compares lists of a large table with SQL written by hand.

import { createTestApp, type TestApp } from 'nestjs-jira/testing';
import { choose, dropAll, freshDatabase } from '../work/databases.js';
import { casesFor, USER, type Case } from './cases.js';
import { fill, sizesOf, type ServerName } from './fill.js';
import { ENTITIES, HOOKS } from './model.js';
import { costOf, Recorder, type Statement } from './plans.js';

export interface BigOptions {
  readonly database: ServerName;
  /** Number of issues. */
  readonly size: number;
  /** Also print statements and plans. */
  readonly verbose: boolean;
}

export async function big({ database, size, verbose }: BigOptions): Promise<void> {
  choose(database);
  const recorder = new Recorder();
  try {
    const place = await freshDatabase(database);
    const app = await createTestApp({
      hooks: HOOKS,
      entities: ENTITIES,
      database: { ...place, logging: ['query'], logger: recorder },
      options: { limits: { actionTimeoutMs: 600_000 } },
    });
    try {
      const start = performance.now();
      await fill(app.dataSource, database, size);
      const sizes = Object.entries(sizesOf(size)).map(([name, rows]) => `${rows} ${name}s`);
      console.log(`${database}: ${sizes.join(', ')}, made in ${Math.round((performance.now() - start) / 1_000)} s`);
      for (const one of casesFor(database, size)) await measure(app, recorder, one, { database, size, verbose });
    } finally {
      await app.close();
    }
  } finally {
    await dropAll(database);
  }
}

async function measure(
  app: TestApp,
  recorder: Recorder,
  one: Case,
  { database, size, verbose }: BigOptions,
): Promise<void> {
  const ours = await statementsOf(app, recorder, one, size);
  const found = await costOf(app.dataSource, database, ours);
  const hand = await costOf(
    app.dataSource,
    database,
    one.byHand.map((sql): Statement => [sql, []]),
  );
  const ratio = (found.ms / hand.ms).toFixed(1);
  console.log(`${one.name}: ${found.ms.toFixed(1)} ms, ${found.rows} rows; by hand ${hand.ms.toFixed(1)} ms, ${hand.rows} rows; ratio ${ratio}`); // prettier-ignore
  if (!verbose) return;
  for (const [i, [sql]] of ours.entries()) console.log(`  ${sql}\n    ${found.plans[i] ?? ''}`);
  for (const [i, sql] of one.byHand.entries()) console.log(`  by hand: ${sql}\n    ${hand.plans[i] ?? ''}`);
}

/** The statements that the library sends for one call. */
async function statementsOf(app: TestApp, recorder: Recorder, one: Case, size: number): Promise<Statement[]> {
  const client = await app.connect(USER);
  let { query } = one;
  if (one.isInTheMiddle) query = { ...query, cursor: await middleOf(client, size) };
  recorder.sent.length = 0;
  const answer = await client.call(one.hook, one.action, 'GET', { query });
  if (answer.status !== 200) throw new Error(`${one.name}: ${JSON.stringify(answer.data)}`);
  client.close();
  return [...recorder.sent];
}

/** The cursor after the middle row: `next` of a one-row page that ends with it. */
async function middleOf(client: Awaited<ReturnType<TestApp['connect']>>, size: number): Promise<unknown> {
  const around = { id__in: [Math.round(size / 2), Math.round(size / 2) - 1].join(), page_size: 1 };
  const { data } = await client.call('issues', 'list', 'GET', { query: around });
  return (data as { readonly next: string | null }).next;
}
