// The explorer's page, as the built example serves it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient } from 'nestjs-jira-client';
import { ExampleServer } from '../example/example-server.js';
import { describeWith } from '../support/services.js';
import { launch } from './browser.js';

const BUILD_MS = 240_000;
const ROOT = join(import.meta.dirname, '../..');
const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** A page of the explorer with a query in its form. */
function address(action: string, query: object): string {
  return `#/${action}?${encodeURIComponent(JSON.stringify({ method: 'SUBSCRIPTION', query }))}`;
}

/** What the copied program prints, until it ends or has printed this. */
async function runCode(code: string, until?: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-'], { cwd: ROOT });
  const ended = once(child, 'close');
  let printed = '';
  const hear = (text: Buffer): void => {
    printed += text.toString();
    if (until !== undefined && printed.includes(until)) child.kill();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  child.stdin.end(code.replace('…', 'demo-ada'));
  await ended;
  return printed;
}

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
    context.setDefaultTimeout(20_000);
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
    await ada.getByRole('button', { name: 'Add title__icontains' }).click();
    await ada.getByRole('textbox', { name: 'title__icontains' }).fill('explorer');
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
    await ada.getByRole('list', { name: 'Changes' }).getByText('entered').waitFor();

    // The address holds the call: another tab begins with it.
    expect(decodeURIComponent(grace.url())).toContain('Found by the explorer');
    await ada.context().close();
    await grace.context().close();
  });

  it('copies a call as code and as a frame', async () => {
    const page = await open('demo-ada', '#/issues/list', { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.getByRole('button', { name: 'Add search' }).click();
    await page.locator('#query-search').fill('delivery');
    await page.getByRole('button', { name: 'Copy as client code' }).click();
    const code = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(code).toContain(`jira.hook('issues').action('list', { method: 'GET', query: { search: 'delivery' } })`);
    expect(await runCode(code)).toContain('Checkout forgets the delivery date');
    await page.getByRole('button', { name: 'Copy as frame' }).click();
    const frame = JSON.parse(await page.evaluate<string>('navigator.clipboard.readText()')) as object;
    expect(frame).toEqual({ requestId: '1', method: 'GET', action: 'list', query: { search: 'delivery' } });
    await page.context().close();
  });

  it('connects by a handshake in JSON, sends a frame of one’s own, and keeps calls, by the keyboard', async () => {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(`${server.url}/explorer/`);
    await page.getByText('More of the handshake').click();
    await page.getByLabel('Further members of auth, as JSON').fill('{ "token": "demo-ada" }');
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.getByText('Connected', { exact: true }).waitFor();
    await page.locator('body').press('`');
    const frames = page.getByRole('region', { name: 'Frames' });
    await frames.getByLabel('Event').fill('users');
    await frames.getByLabel('Payload as JSON').fill('{ "requestId": "own", "method": "GET", "action": "me" }');
    await page.keyboard.press('Enter');
    await frames.getByText('"requestId":"own"').nth(1).getByText('ada').waitFor();
    await frames.getByRole('button', { name: 'Close' }).click();
    await page.locator('body').press('/');
    await page.keyboard.type('users me');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /users.*me/ }).waitFor();
    await page.keyboard.press('Control+Enter');
    const answer = page.getByRole('region', { name: 'Answer' });
    await answer.getByText('200').waitFor();
    expect(await answer.getByText(/^[\d.]+ ms$/).count()).toBe(1);
    await page.getByRole('button', { name: 'Dark colours' }).click();
    await page.locator('html[data-theme="dark"]').waitFor();
    await page.getByRole('banner').getByRole('link').click();
    await page.getByRole('link', { name: 'users / me' }).waitFor();
    await page.context().close();
  });

  it('tells why a row entered or left, by what the caller may read alone', async () => {
    const grace = await open('demo-grace', address('issues/subscribe', { status: 'open' }));
    await grace.getByRole('button', { name: 'Subscribe', exact: true }).click();
    const changes = grace.getByRole('list', { name: 'Changes' });
    await grace.getByRole('region', { name: 'Live rows of subscribe' }).waitFor();
    const ada = createClient(server.url, { auth: { token: 'demo-ada' } });
    const issues = ada.hook('issues');
    const { id } = (await issues.create({ title: 'Why?', projectId: 1, status: 'doing' })) as { id: number };
    await issues.patch(id, { status: 'open' });
    await changes.getByText(`${id} entered because status became open`).waitFor();
    await issues.patch(id, { status: 'done' });
    await changes.getByText(`${id} left because status became done`).waitFor();
    await issues.destroy(id);
    // Out of a project that the other may not see: nothing is said of what was before.
    const { results } = (await issues.list({ projectId: 2, status: 'open' })) as { results: { id: number }[] };
    const hidden = results[0]?.id ?? 0;
    await issues.patch(hidden, { projectId: 1 });
    await changes.getByText(`${hidden} entered: created, or came into your sight`).waitFor();
    await issues.patch(hidden, { projectId: 2 });
    await changes.getByText(`${hidden} left: deleted, or went out of your sight`).waitFor();
    expect(await changes.getByText('projectId').count()).toBe(0);
    ada.close();
    await grace.context().close();
  });

  it('opens a live list that follows, and copies it as code that runs', async () => {
    const query = { status: 'open', ordering: 'rank', page_size: 2 };
    const permissions = ['clipboard-read', 'clipboard-write'];
    const page = await open('demo-ada', address('issues/listen', query), { permissions });
    await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
    const live = page.getByRole('region', { name: 'Live rows of listen' });
    await live.getByRole('row').nth(2).waitFor();
    const client = createClient(server.url, { auth: { token: 'demo-grace' } });
    const issues = client.hook('issues');
    const { id } = (await issues.create({ title: 'First of all', projectId: 1, rank: -100 })) as { id: number };
    await live.getByRole('row').nth(1).getByText('First of all').waitFor();
    expect(await live.getByRole('row').count()).toBe(3); // with the head
    await live.getByText('left: by its place in the order').waitFor();
    await issues.patch(id, { title: 'First still' });
    await live.getByRole('row').nth(1).getByText('First still').waitFor();
    await page.getByRole('button', { name: 'Copy as client code' }).click();
    const code = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(code).toContain(
      "jira.hook('issues').action('list', { query: { status: 'open', ordering: 'rank', page_size: 2 } })",
    );
    expect(await runCode(code, 'First still')).toContain('First still');
    await issues.destroy(id);
    await live.getByText(`${id} left: deleted, or went out of your sight`).waitFor();
    client.close();
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
