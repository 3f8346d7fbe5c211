import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import type { AsyncApiDocument, ExplorerOptions } from 'nestjs-jira';
import { createTestApp, type TestApp } from '../support/app.js';
import { TRACKER } from '../support/tracker.js';
import { faultsOf } from './validator.js';

const isBuilt = existsSync(join(import.meta.dirname, '../../libs/jira/dist/explorer/index.html'));

afterEach(() => vi.unstubAllEnvs());

function withExplorer(explorer?: boolean | ExplorerOptions): Promise<TestApp> {
  return createTestApp({ ...TRACKER, options: { explorer } });
}

it('serves the document beside the page, with the host it was asked at', async () => {
  await using app = await withExplorer({ info: { title: 'Tracker' } });
  const response = await fetch(`${app.url}/explorer/asyncapi.json`);
  const document = (await response.json()) as AsyncApiDocument;
  expect(response.headers.get('content-type')).toContain('application/json');
  expect(faultsOf(document)).toEqual([]);
  expect(document.info['title']).toBe('Tracker');
  expect(document.servers['default']?.['host']).toBe(new URL(app.url).host);
});

it.runIf(isBuilt)('serves the page with a policy that allows nothing from elsewhere', async () => {
  await using app = await withExplorer({ path: '/tools/api' });
  const page = await fetch(`${app.url}/tools/api`);
  expect(page.url).toBe(`${app.url}/tools/api/`);
  expect(await page.text()).toContain('./explorer.js');
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  const script = await fetch(`${app.url}/tools/api/explorer.js`);
  expect(script.headers.get('content-type')).toContain('javascript');
  expect(script.status).toBe(200);
});

it('serves nothing unless it is told to', async () => {
  await using app = await withExplorer();
  expect((await fetch(`${app.url}/explorer/asyncapi.json`)).status).toBe(404);
  expect((await fetch(`${app.url}/explorer`)).status).toBe(404);
});

it('serves nothing in production, unless that is said too', async () => {
  vi.stubEnv('NODE_ENV', 'production');
  await using off = await withExplorer(true);
  expect((await fetch(`${off.url}/explorer/asyncapi.json`)).status).toBe(404);
  await using on = await withExplorer({ inProduction: true });
  expect((await fetch(`${on.url}/explorer/asyncapi.json`)).status).toBe(200);
});

it('asks its guard for each file, and lets nobody in where that throws', async () => {
  const guard: ExplorerOptions['guard'] = ({ headers }) => {
    if (headers['x-throw']) throw new Error('no');
    return headers.authorization === 'Basic right';
  };
  await using app = await withExplorer({ guard });
  for (const path of ['/explorer', '/explorer/', '/explorer/explorer.js', '/explorer/asyncapi.json']) {
    const refused = await fetch(app.url + path, { redirect: 'manual' });
    if (refused.status === 404 && !isBuilt) continue;
    expect([path, refused.status]).toEqual([path, 401]);
    expect(refused.headers.get('www-authenticate')).toContain('Basic');
    expect(await refused.text()).toBe('Unauthorized');
  }
  const url = `${app.url}/explorer/asyncapi.json`;
  expect((await fetch(url, { headers: { authorization: 'Basic right' } })).status).toBe(200);
  expect((await fetch(url, { headers: { authorization: 'Basic right', 'x-throw': '1' } })).status).toBe(401);
});

it('names a path that is none at boot', async () => {
  await expect(withExplorer({ path: 'explorer/' })).rejects.toThrow('has the option explorer.path = "explorer/"');
});
