import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ExampleServer } from '../example/example-server.js';
import { describeWith } from '../support/services.js';
import { launch, Window } from './browser.js';

const BUILD_MS = 120_000;
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

describeWith('chromium', 'A window of the example', (chromium) => {
  let server: ExampleServer;
  let browser: Browser;
  let ada: Window;

  beforeAll(async () => {
    [server, browser] = await Promise.all([ExampleServer.start(), launch(chromium)]);
    ada = await Window.open(browser, server.url, 'ada');
  }, BUILD_MS);

  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  it('says who it belongs to, and who else is online', async () => {
    await ada.page.getByRole('button', { name: 'Signed in as Ada Lovelace' }).waitFor();
    const grace = ada.page.getByLabel('People').getByRole('listitem').filter({ hasText: 'Grace Hopper' });
    await expect.poll(() => grace.innerText()).toContain('away');
    {
      await using window = await Window.open(browser, server.url, 'grace');
      await window.card('Live order board').waitFor();
      await expect.poll(() => grace.innerText()).toContain('online');
    }
    await expect.poll(() => grace.innerText()).toContain('away');
  });

  it('opens a second window as Grace, on the same project, which follows the first', async () => {
    const [popup] = await Promise.all([
      ada.page.waitForEvent('popup'),
      ada.page.getByRole('link', { name: /Open as Grace/ }).click(),
    ]);
    await popup.getByRole('button', { name: 'Signed in as Grace Hopper' }).waitFor();
    expect(new URL(popup.url()).searchParams.get('project')).toBeTruthy();
    await ada.create('Seen by both');
    await popup.locator('.card', { hasText: 'Seen by both' }).waitFor();
    await popup.close();
  });

  it('is followed by a page that no bundler made, and follows it', async () => {
    await using context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${server.url}/plain.html?as=ada`);
    await page.getByRole('listitem').filter({ hasText: 'Checkout forgets the delivery date' }).waitFor();
    await page.getByLabel('New issue').fill('Without a bundler');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('listitem').filter({ hasText: 'Without a bundler' }).waitFor();
    await expect.poll(() => ada.card('Without a bundler').count()).toBe(1);
  });

  it('says that a user of the address is unknown, and lets one go on as somebody else', async () => {
    await using context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${server.url}/?as=eve`);
    await page.getByRole('alert').filter({ hasText: 'There is no user “eve” here.' }).waitFor();
    await page.getByRole('button', { name: 'Grace' }).click();
    await page.getByRole('button', { name: 'Signed in as Grace Hopper' }).waitFor();
    expect(new URL(page.url()).searchParams.get('as')).toBe('grace');
    await page.getByRole('button', { name: 'Signed in as Grace Hopper' }).click();
    await page.getByRole('heading', { name: 'Who are you today?' }).waitFor();
    expect(await page.getByText('There is no user').count()).toBe(0);
  });

  it('shows the frames as they come, and what is in them', async () => {
    const frames = ada.page.getByRole('region', { name: 'Frames' });
    await frames.getByRole('button', { name: /^Frames/ }).click();
    await frames.getByRole('listitem').filter({ hasText: 'GET list' }).first().waitFor();
    await frames.getByRole('button', { name: 'Clear' }).click();
    await ada.create('Over the wire');
    const lines = async (): Promise<string> => (await frames.locator('summary').allInnerTexts()).join('\n');
    await expect.poll(lines).toMatch(/issues\s+POST create[^]*issues\s+201 create/);
    await expect.poll(lines).toMatch(/issues\s+added #\d+/);
    const added = frames.getByRole('listitem').filter({ hasText: /added #/ });
    await added.locator('summary').click();
    expect(await added.locator('pre').innerText()).toContain('"title": "Over the wire"');
    await frames.getByRole('button', { name: /^Frames/ }).click();
    await added.waitFor({ state: 'hidden' });
  });

  it('shows a whole issue at 1280 × 800, with all of its buttons, however much is said of it', async () => {
    await ada.create('Much to say');
    await ada.open('Much to say');
    for (let line = 1; line <= 12; line++) {
      await ada.dialog.getByLabel('Add a comment').fill(`Line ${line}, and another word on it`);
      await ada.dialog.getByRole('button', { name: 'Comment' }).click();
      await ada.dialog.locator('.comment', { hasText: `Line ${line},` }).waitFor();
      await expect.poll(() => ada.dialog.getByLabel('Add a comment').inputValue()).toBe('');
    }
    const cutOff: string[] = [];
    for (const name of ['Comment', 'Save', 'Delete', 'Close']) {
      const box = await ada.dialog.getByRole('button', { name, exact: true }).boundingBox();
      if (!box || box.y < 0 || box.y + box.height > 800) cutOff.push(name);
    }
    expect(cutOff).toEqual([]);
    // The last comment is in sight, not under the form.
    const last = await ada.dialog.locator('.comment').last().boundingBox();
    const form = await ada.dialog.locator('.comment-form').boundingBox();
    expect((last?.y ?? 801) + (last?.height ?? 0)).toBeLessThanOrEqual((form?.y ?? 0) + 1);
    await ada.page.keyboard.press('Escape');
  });

  it('gives a phone to the cards: one row above the tabs, no title twice', async () => {
    await using phone = await Window.open(browser, server.url, 'grace', PHONE);
    const first = await phone.page.locator('.card').first().boundingBox();
    expect(first?.y).toBeLessThanOrEqual(180);
    const add = phone.page.getByRole('button', { name: 'New issue', exact: true });
    expect((await add.boundingBox())?.width).toBeLessThanOrEqual(48);
    expect((await phone.column('Open').locator('.column-head').boundingBox())?.height).toBeLessThanOrEqual(1);
    expect(await phone.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
  });

  it('did all that without an error on a page', () => {
    expect(ada.errors).toEqual([]);
  });
});
