// Nobody learns from an answer whether a row they may not see exists, nor what the server is made of.

import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { Action, ActionScope, BaseHook, Hook } from 'nestjs-jira';
import type { AnswerFrame, Method } from 'nestjs-jira-protocol';
import { createTestApp, type TestClient } from '../support/app.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';

const HIDDEN = 1;
const MISSING = 999;

@Hook('broken')
class BrokenHook extends BaseHook {
  @Action({ methods: ['GET'] })
  query(scope: ActionScope): Promise<unknown> {
    return scope.manager.query('SELECT no_such_column FROM issue');
  }
}

async function begin() {
  const limits = { requestsPerSecond: 1e6, userRequestsPerSecond: 1e6 };
  const app = await createTestApp({ ...TRACKER, providers: [...TRACKER.providers, BrokenHook], options: { limits } });
  await seedTracker(app);
  await app.dataSource.manager.save(Issue, { title: 'hidden from user 2', projectId: 2 });
  return app;
}

/** Everything but what the client itself sent. */
const told = ({ status, data }: AnswerFrame): unknown => ({ status, data });

const WAYS: readonly (readonly [action: string, method: Method, data: object])[] = [
  ['retrieve', 'GET', {}],
  ['update', 'PUT', { title: 'mine', projectId: 1 }],
  ['update', 'PATCH', { title: 'mine' }],
  ['destroy', 'DELETE', {}],
  ['close', 'POST', {}],
];

describe('an invisible row', () => {
  it.each(WAYS)('is as missing to "%s" by %s as one that is not there', async (action, method, data) => {
    await using app = await begin();
    const grace = await app.connect(2);
    const ask = async (pk: number): Promise<AnswerFrame> =>
      grace.call('issues', action, method, { query: { pk }, data });
    const hidden = await ask(HIDDEN);
    expect(hidden).toMatchObject({ status: 404, data: { code: 'NOT_FOUND' } });
    expect(told(hidden)).toEqual(told(await ask(MISSING)));
  });

  it('is as missing to a relation that the input sets as one that is not there', async () => {
    await using app = await begin();
    const grace = await app.connect(2);
    const create = (projectId: number): Promise<AnswerFrame> =>
      grace.call('issues', 'create', 'POST', { data: { title: 'T', projectId } });
    const hidden = await create(2);
    expect(hidden.status).toBe(400);
    expect(told(hidden)).toEqual(told(await create(MISSING)));
  });

  it('counts nowhere: not in a list, a page, a filter nor a search', async () => {
    await using app = await begin();
    const grace = await app.connect(2);
    for (const query of [{}, { projectId: 2 }, { title__icontains: 'hidden' }, { page: 2, page_size: 1 }])
      expect(await grace.call('issues', 'list', 'GET', { query })).toMatchObject({
        data: { count: 0, next_page: null, previous_page: null, results: [] },
      });
  });

  it('takes as long as one that is not there, within generous bounds', async () => {
    await using app = await begin();
    const grace = await app.connect(2);
    const ratio = async (): Promise<number> => {
      const times: Record<number, number[]> = { [HIDDEN]: [], [MISSING]: [] };
      for (let n = 0; n < 150; n++)
        for (const pk of n % 2 ? [HIDDEN, MISSING] : [MISSING, HIDDEN]) times[pk]?.push(await timed(grace, pk));
      const [hidden, missing] = [median(times[HIDDEN] ?? []), median(times[MISSING] ?? [])];
      return Math.max(hidden, missing) / Math.min(hidden, missing);
    };
    // Loading and judging the row in the server would cost a multiple each time: one query decides in both cases.
    await expect.poll(ratio).toBeLessThan(1.5);
  });
});

describe('answers', () => {
  it('of a 5xx carry the request id and nothing else', async () => {
    await using app = await begin();
    const grace = await app.connect(2);
    const answer = await grace.call('broken', 'query', 'GET', { requestId: 'r-500' });
    expect(told(answer)).toEqual({ status: 500, data: { code: 'INTERNAL', message: 'Server error (request r-500).' } });
  });

  it('never show SQL, names of tables, nor where the code is', async () => {
    await using app = await begin();
    const grace = await app.connect(2);
    const values = [
      null,
      '',
      'x',
      -1,
      Number.MAX_VALUE,
      {},
      [],
      "'; DROP TABLE issue; --",
      '\u0000',
      '9'.repeat(400),
      true,
      [['a']],
    ];
    const actions: readonly (readonly [string, Method])[] = [['list', 'GET'], ['create', 'POST'], ...WAYS.map(([a, m]) => [a, m] as const)]; // prettier-ignore
    const leaks =
      /SELECT |INSERT |UPDATE "|DELETE FROM|SQLITE|syntax error|constraint failed|QueryFailed|"issue"|node_modules|at \w+ \(|\.[jt]s:\d+/;
    let seen = 0;
    for (const value of values)
      for (const [action, method] of actions)
        for (const key of ['pk', 'status__in', 'title__icontains', 'ordering', 'page', 'page_size', 'search']) {
          const data = { title: value, status: value, projectId: value };
          const answer = await grace.call('issues', action, method, { query: { pk: 1, [key]: value }, data });
          const { status, data: body } = answer as { status: number; data: unknown };
          expect(JSON.stringify(status >= 400 ? body : null)).not.toMatch(leaks);
          expect({ ok: status < 500, action, method, key, value, body }).toMatchObject({ ok: true });
          seen++;
        }
    expect(seen).toBeGreaterThan(500);
  });
});

async function timed(client: TestClient, pk: number): Promise<number> {
  const begun = performance.now();
  await client.call('issues', 'retrieve', 'GET', { query: { pk } });
  return performance.now() - begun;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
