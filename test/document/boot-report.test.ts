import type { LoggerService } from '@nestjs/common';
import { Action, BaseHook, EventHandlers, Hook, IsAuthenticated, OnMessage, type JiraOptions } from 'nestjs-jira';
import { afterEach, expect, it, vi } from 'vitest';
import { createTestApp } from '../support/app.js';
import { TRACKER } from '../support/tracker.js';

@Hook('open', { path: '/doors/:id' })
class OpenHook extends BaseHook {
  @Action()
  look() {}

  @Action({ permissions: [IsAuthenticated] })
  touch() {}
}

@EventHandlers({ permissions: [IsAuthenticated] })
class Chat {
  @OnMessage('say')
  say() {}
}

afterEach(() => vi.unstubAllEnvs());

/** What the application says of itself when it starts. */
async function reportsOf(options: JiraOptions): Promise<{ readonly reports: string[]; readonly url: string }> {
  const reports: string[] = [];
  const log = (message: unknown): void => {
    if (String(message).startsWith('What clients may call')) reports.push(String(message));
  };
  const logger: LoggerService = { log, error: () => {}, warn: () => {} };
  await using app = await createTestApp({ ...TRACKER, providers: [...TRACKER.providers, OpenHook, Chat], options, logger }); // prettier-ignore
  return { reports, url: app.url };
}

it('is one table of namespaces, actions and who may call them, with the address of the explorer', async () => {
  const { reports, url } = await reportsOf({ bootReport: true, explorer: true });
  expect(reports).toHaveLength(1);
  const lines = (reports[0] ?? '').split('\n').map((line) => line.trim().split(/ {2,}/));
  expect(lines[1]).toEqual(['namespace', 'actions', 'who may', 'at']);
  expect(lines).toContainEqual(['projects', expect.stringContaining('retrieve'), 'IsAuthenticated', '/socket.io']);
  expect(lines).toContainEqual(['open', 'look', 'anyone', '/doors/:id']);
  expect(lines).toContainEqual(['touch', 'IsAuthenticated']);
  expect(lines).toContainEqual(['say', '(event)', 'IsAuthenticated', '/socket.io']);
  expect(lines.at(-1)).toEqual([`The explorer is at http://localhost:${new URL(url).port}/explorer`]);
});

it('is there in development alone, unless it is said', async () => {
  const countIn = async (environment: string, options: JiraOptions = {}): Promise<number> => {
    vi.stubEnv('NODE_ENV', environment);
    return (await reportsOf(options)).reports.length;
  };
  expect(await countIn('development')).toBe(1);
  expect(await countIn('development', { bootReport: false })).toBe(0);
  expect(await countIn('production')).toBe(0);
  expect(await countIn('test')).toBe(0);
});
