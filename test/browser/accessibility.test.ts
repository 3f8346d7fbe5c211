// axe-core finds no fault with any state of the page, light and dark, on a desk and on a phone.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ExampleServer } from '../example/example-server.js';
import { describeWith } from '../support/services.js';
import { launch, Window } from './browser.js';

const BUILD_MS = 120_000;
const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const DESK = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const LOOKS = [
  { name: 'light, on a desk', ...DESK, colorScheme: 'light' },
  { name: 'dark, on a desk', ...DESK, colorScheme: 'dark' },
  { name: 'light, on a phone', ...PHONE, colorScheme: 'light' },
  { name: 'dark, on a phone', ...PHONE, colorScheme: 'dark' },
] as const;

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** One line per fault. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  // Colours are judged as they are at rest.
  await page.evaluate('Promise.all(document.getAnimations().map((animation) => animation.finish()))');
  const { violations, passes } = await page.evaluate<Record<string, readonly Violation[]>>('axe.run()');
  if (!violations || !passes || passes.length < 10) throw new Error('axe-core has judged next to nothing.');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  );
}

describeWith('chromium', 'The accessibility of the example', (chromium) => {
  let server: ExampleServer;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([ExampleServer.start(), launch(chromium)]);
  }, BUILD_MS);

  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  it.each(LOOKS)('has no fault: $name', async ({ name, ...look }) => {
    await using grace = await Window.open(browser, server.url, 'grace', look);
    await using ada = await Window.open(browser, server.url, 'ada');
    const faults: Record<string, readonly string[]> = {};
    faults['board'] = await faultsOf(grace.page);

    await grace.page.getByRole('button', { name: /^Frames/ }).click();
    await grace.page.locator('.frame summary').last().click();
    faults['frames'] = await faultsOf(grace.page);
    await grace.page.getByRole('button', { name: /^Frames/ }).click();

    await grace.page.getByLabel('Filter by text').fill('nothing at all');
    await grace.page.getByText('Nothing matches the filter.').first().waitFor();
    faults['nothing found'] = await faultsOf(grace.page);
    await grace.page.getByLabel('Filter by text').fill('');

    const title = `Looked at, ${name}`;
    await ada.create(title);
    await grace.card(title).waitFor();
    await grace.open(title);
    faults['issue'] = await faultsOf(grace.page);

    await grace.dialog.getByLabel('Title').fill('');
    await grace.save();
    await grace.dialog.getByText('A title has 1 to 200 characters.').waitFor();
    faults['wrong field'] = await faultsOf(grace.page);

    await ada.open(title);
    await ada.dialog.getByLabel('Title').fill(`${title}, by Ada`);
    await ada.dialog.getByLabel('Status').selectOption('doing');
    await ada.save();
    await grace.dialog.getByText('saved this issue after you began editing').waitFor();
    faults['overtaken'] = await faultsOf(grace.page);
    await grace.dialog.getByLabel('Title').fill(`${title}, by Grace`);
    await grace.save();
    await grace.conflict.waitFor();
    faults['conflict'] = await faultsOf(grace.page);

    await grace.page.goto(`${server.url}/?as=eve`);
    await grace.page.getByRole('alert').waitFor();
    faults['unknown user'] = await faultsOf(grace.page);

    expect(Object.entries(faults).filter(([, found]) => found.length > 0)).toEqual([]);
    expect([...ada.errors, ...grace.errors]).toEqual([]);
  });
});
