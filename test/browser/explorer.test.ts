// The explorer's page, as the built example serves it.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ExampleServer } from '../example/example-server.js';
import { describeWith } from '../support/services.js';
import { launch } from './browser.js';

const BUILD_MS = 120_000;
const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

describeWith('chromium', 'The explorer', (chromium) => {
  let server: ExampleServer;
  let browser: Browser;
  const errors: string[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([ExampleServer.start(), launch(chromium)]);
  }, BUILD_MS);
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  async function open(token: string, hash = '', options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(`${server.url}/explorer/${hash}`);
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.getByText('Connected', { exact: true }).waitFor();
    return page;
  }

  it('refuses a token that is none, and says so', async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${server.url}/explorer`);
    await page.getByLabel('Token').fill('nobody');
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    const refusal = page.getByRole('alert').filter({ hasText: 'UNAUTHENTICATED' });
    await refusal.waitFor();
    expect(await refusal.count()).toBe(1);
    await page.context().close();
  });

  it('calls an action from its form, shows a field error, then the answer, and another user’s change', async () => {
    const ada = await open('demo-ada', '#/issues/subscribe');
    await ada.getByLabel('title__icontains').fill('explorer');
    await ada.getByRole('button', { name: 'Subscribe', exact: true }).click();
    await ada.getByRole('region', { name: 'Live rows of subscribe' }).waitFor();

    const grace = await open('demo-grace');
    await grace.getByLabel('Search actions').fill('issues create');
    await grace.getByRole('navigation').getByRole('link', { name: 'create' }).click();
    await grace.getByLabel('projectId').fill('1');
    await grace.getByRole('button', { name: 'Send' }).click();
    await grace
      .locator('.field', { has: grace.getByLabel('title') })
      .getByText('A title has 1 to 200 characters.')
      .waitFor();
    await grace.getByLabel('title').fill('Found by the explorer');
    await grace.keyboard.press('Control+Enter');
    await grace.getByRole('region', { name: 'Answer' }).getByText('201').waitFor();

    await ada.getByRole('cell', { name: 'Found by the explorer' }).waitFor();
    await ada.getByRole('list', { name: 'Changes' }).getByText('added').waitFor();

    // The address holds the call: another tab begins with it.
    expect(decodeURIComponent(grace.url())).toContain('Found by the explorer');
    await ada.context().close();
    await grace.context().close();
  });

  it('copies a call as code and as a frame', async () => {
    const page = await open('demo-ada', '#/issues/list', { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.locator('#query-search').fill('date');
    await page.getByRole('button', { name: 'Copy as client code' }).click();
    const code = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(code).toContain(`jira.hook('issues').action('list', { method: 'GET', query: { search: 'date' } })`);
    await page.getByRole('button', { name: 'Copy as frame' }).click();
    const frame = JSON.parse(await page.evaluate<string>('navigator.clipboard.readText()')) as object;
    expect(frame).toEqual({ requestId: '1', method: 'GET', action: 'list', query: { search: 'date' } });
    await page.context().close();
  });

  it.each([
    ['light', {}],
    ['dark', { colorScheme: 'dark', viewport: { width: 390, height: 844 } }],
  ] as const)('has no fault that axe-core finds, in %s', async (_name, options) => {
    const page = await open('demo-ada', '#/issues/subscribe', options);
    await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
    await page.getByRole('region', { name: 'Live rows of subscribe' }).getByRole('table').waitFor();
    await page.evaluate(AXE);
    const { violations } = await page.evaluate<{
      violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
    }>('axe.run()');
    expect(
      violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id} ${html.slice(0, 200)} ${failureSummary}`),
      ),
    ).toEqual([]);
    const isWide = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
    expect(isWide).toBe(false);
    await page.context().close();
  });

  it('has run without an error, its content security policy included', () => {
    expect(errors).toEqual([]);
  });
});
