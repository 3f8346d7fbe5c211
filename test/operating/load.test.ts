// `nestjs-jira load` against a real server: what it reports is what the server did.

import { expect, it } from 'vitest';
import { Load, type LoadResult } from '../../libs/jira/src/cli/load/load.js';
import { loadOptions } from '../../libs/jira/src/cli/load/load-options.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';

const start = async (limits = {}): Promise<TestApp> => {
  const app = await createTestApp({ ...TRACKER, options: { limits } });
  await seedTracker(app);
  return app;
};

async function load(app: TestApp, ...args: string[]): Promise<LoadResult> {
  const options = loadOptions([app.url, '--hook', 'issues', '--token', 'user-1', '--ramp', '200', '--seconds', '1', ...args]); // prettier-ignore
  if (options === 'help') throw new Error('No help was asked for.');
  return new Load(options).run();
}

const DATA = '{"title":"load {n}","projectId":1}';

it('writes at the rate, and times answers and frames', async () => {
  await using app = await start();
  const before = await app.dataSource.getRepository(Issue).count();
  const result = await load(app, '--connections', '5', '--subscriptions', '2', '--writes', '50', '--data', DATA);
  const written = (await app.dataSource.getRepository(Issue).count()) - before;
  expect(result).toMatchObject({ connections: 5, subscriptions: 10, errors: {}, writes: written, resets: 0 });
  expect(written).toBeGreaterThan(0);
  expect(written).toBeLessThanOrEqual(50);
  // Subscriptions with the same filter share a channel, whose frames a connection gets once.
  expect(result.deliveries).toBe(5 * written);
  expect([result.writeMs.count, result.deliveryMs.count, result.connectMs.count]).toEqual([written, 5 * written, 5]);
  for (const { p50, p95, p99, max } of [result.writeMs, result.deliveryMs]) {
    expect(p50).toBeGreaterThan(0);
    expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].toSorted((a, b) => a - b));
  }
});

it('counts what was refused, by code', async () => {
  await using app = await start({ subscriptions: 1 });
  const result = await load(app, '--connections', '2', '--subscriptions', '3', '--writes', '20', '--data', '{}');
  expect(result.subscriptions).toBe(2);
  expect(result.errors['429 TOO_MANY_SUBSCRIPTIONS']).toBe(4);
  expect(result.errors['400 VALIDATION_FAILED']).toBeGreaterThan(5);
  expect(result.writes).toBe(0);
});

it('says why nobody was let in', async () => {
  await using app = await start();
  await expect(load(app, '--token', 'forged', '--token', 'forged', '--connections', '2')).resolves.toMatchObject({ connections: 1 }); // prettier-ignore
  const options = loadOptions([app.url, '--hook', 'issues', '--token', 'forged', '--connections', '2']);
  await expect(new Load(options as never).run()).rejects.toThrow('No connection was admitted: Invalid credentials.');
});

it.each([
  [['localhost:3000', '--hook', 'issues'], 'Name the server'],
  [['http://localhost:3000'], 'Name the hook: --hook issues'],
  [['http://localhost:3000', '--hook', 'a', '--writes', 'many'], '--writes many: use an integer from 0 on.'],
  [['http://localhost:3000', '--hook', 'a', '--data', '[1]'], '--data [1]: use a JSON object.'],
  [['http://localhost:3000', '--hook', 'a', '--write', '1'], "Unknown option '--write'"],
])('refuses %j', (args, message) => {
  expect(() => loadOptions(args)).toThrow(message);
});
