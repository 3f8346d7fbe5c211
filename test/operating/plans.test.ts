// Limits by plan: each connection has those of its user, and what is wrong with them leaves it those of all.

import { Logger } from '@nestjs/common';
import { afterEach, expect, it, vi } from 'vitest';
import type { JiraOptions, LimitsOf } from 'nestjs-jira';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { seedTracker, TRACKER } from '../support/tracker.js';

/** Users. */
const [GOLD, FREE] = [1, 2];

const byPlan: LimitsOf = ({ user }) => {
  const { id } = user as { readonly id: number };
  return id === GOLD ? { subscriptions: 3, requestsInFlight: 50, connectionsPerUser: 3, answerBytes: 100_000 } : {};
};

const start = async (options: JiraOptions): Promise<TestApp> => {
  const app = await createTestApp({ ...TRACKER, options });
  await seedTracker(app);
  return app;
};

afterEach(() => vi.restoreAllMocks());

const subscribeTo = async (client: TestClient, times: number): Promise<number[]> => {
  const statuses: number[] = [];
  for (let i = 0; i < times; i++) statuses.push((await client.call('issues', 'subscribe', 'SUBSCRIPTION')).status);
  return statuses;
};

const connectionsOf = async (app: TestApp, user: number): Promise<number> => {
  const all = await Promise.allSettled([1, 2, 3, 4, 5].map(() => app.connect(user)));
  return all.filter(({ status }) => status === 'fulfilled').length;
};

it('gives each connection the limits of its plan', async () => {
  const limits = { subscriptions: 1, requestsInFlight: 1, connectionsPerUser: 2, answerBytes: 10 };
  await using app = await start({ limits, limitsOf: byPlan });
  const gold = await app.connect(GOLD);
  const free = await app.connect(FREE);
  expect(await subscribeTo(gold, 4)).toEqual([200, 200, 200, 429]);
  expect((await gold.call('issues', 'list', 'GET')).status).toBe(200);
  expect((await free.call('issues', 'list', 'GET')).data).toMatchObject({ code: 'ANSWER_TOO_LARGE' });
  const inFlight = (client: TestClient) => Promise.all([client.call('issues', 'list', 'GET'), client.call('issues', 'list', 'GET')]); // prettier-ignore
  expect((await inFlight(gold)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await inFlight(free)).map(({ data }) => (data as { code: string }).code)).toContain('TOO_MANY_REQUESTS');
});

it('counts the connections of a user by the plan', async () => {
  await using app = await start({ limits: { connectionsPerUser: 2 }, limitsOf: byPlan });
  expect([await connectionsOf(app, FREE), await connectionsOf(app, GOLD)]).toEqual([2, 3]);
});

it('lets all connections of a user together send at the rate of the plan', async () => {
  const limitsOf: LimitsOf = (connection) => ({ userRequestsPerSecond: byPlan(connection).subscriptions ? 40 : 1 });
  await using app = await start({ limits: { userRequestsPerSecond: 2, burstSeconds: 2 }, limitsOf });
  const listAll = async (user: number): Promise<Set<number>> => {
    const clients = [await app.connect(user), await app.connect(user)];
    const all = clients.flatMap((client) => Array.from({ length: 40 }, () => client.call('issues', 'list', 'GET')));
    return new Set((await Promise.all(all)).map(({ status }) => status));
  };
  expect(await listAll(GOLD)).toEqual(new Set([200]));
  expect(await listAll(FREE)).toEqual(new Set([200, 429]));
});

it('gives all connections of a user together the requests in flight and the weight of the plan', async () => {
  const gold = { userRequestsInFlight: 50, userWeightPerSecond: 10_000 };
  const limitsOf: LimitsOf = (connection) => (byPlan(connection).subscriptions ? gold : {});
  const limits = { userRequestsInFlight: 1, userWeightPerSecond: 1, burstSeconds: 1 };
  await using app = await start({ limits, limitsOf });
  const refusalOf = ({ status, data }: { status: number; data?: unknown }): string =>
    status === 200 ? 'ok' : (data as { readonly message: string }).message;
  /** Each query weighs 80, so one uses up the weight of more than a minute. */
  const query = { $or: Array.from({ length: 20 }, () => ({ title__icontains: 'a' })) };
  const answersTo = async (user: number): Promise<{ readonly atOnce: Set<string>; readonly inTurn: string[] }> => {
    const clients = [await app.connect(user), await app.connect(user)];
    const all = clients.flatMap((client) => Array.from({ length: 20 }, () => client.call('issues', 'list', 'GET')));
    const atOnce = new Set((await Promise.all(all)).map(refusalOf));
    const inTurn: string[] = [];
    for (const client of clients) inTurn.push(refusalOf(await client.call('issues', 'list', 'GET', { query })));
    return { atOnce, inTurn };
  };
  expect(await answersTo(GOLD)).toEqual({ atOnce: new Set(['ok']), inTurn: ['ok', 'ok'] });
  expect(await answersTo(FREE)).toEqual({
    atOnce: new Set(['ok', 'Too many requests of this user in flight; the limit is 1.']),
    inTurn: ['ok', 'The requests of this user weigh more than 1 a second. Try again in a second.'],
  });
});

const WRONG: readonly (readonly [title: string, limitsOf: () => unknown, message: string])[] = [
  ['an unknown limit', () => ({ subscription: 9 }), 'unknown limit "subscription". Did you mean "subscriptions"?'],
  ['a limit of the server', () => ({ frameBytes: 9 }), 'unknown limit "frameBytes".'],
  ['no number', () => ({ subscriptions: '9' }), 'subscriptions = 9. Use a positive integer.'],
  ['zero', () => ({ subscriptions: 0 }), 'subscriptions = 0. Use a positive integer.'],
  ['a promise', () => Promise.resolve({}), 'It returned a promise.'],
  ['nothing', () => undefined, 'It returned undefined.'],
  [
    'an error',
    () => {
      throw new Error('no plan');
    },
    'no plan',
  ],
];

it.each(WRONG)('logs %s, and the limits of all hold', async (_title, limitsOf, message) => {
  const lines: string[] = [];
  vi.spyOn(Logger.prototype, 'error').mockImplementation((...said: unknown[]) => void lines.push(said.join('\n')));
  await using app = await start({ limits: { subscriptions: 2 }, limitsOf: limitsOf as LimitsOf });
  expect(await subscribeTo(await app.connect(1), 3)).toEqual([200, 200, 429]);
  expect(lines.join('\n')).toContain('limitsOf failed: connection ');
  expect(lines.join('\n')).toContain(message);
});
