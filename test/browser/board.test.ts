import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ExampleServer } from '../example/example-server.js';
import { describeWith } from '../support/services.js';
import { launch, Window } from './browser.js';

const BUILD_MS = 120_000;

describeWith('chromium', 'The board in two windows', (chromium) => {
  let server: ExampleServer;
  let browser: Browser;
  let ada: Window;
  let grace: Window;

  beforeAll(async () => {
    [server, browser] = await Promise.all([ExampleServer.start(), launch(chromium)]);
    [ada, grace] = await Promise.all([
      Window.open(browser, server.url, 'ada'),
      Window.open(browser, server.url, 'grace'),
    ]);
    await Promise.all([ada.mark(), grace.mark()]);
  }, BUILD_MS);

  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  it('shows an issue that one creates to the other, without a reload', async () => {
    await ada.create('Ring the bell');
    await grace.card('Ring the bell', grace.column('Open')).waitFor();
    await ada.card('Ring the bell').waitFor();
    expect(await grace.card('Ring the bell').count()).toBe(1);
    expect(await ada.card('Ring the bell').count()).toBe(1);
    expect(await grace.isSamePage()).toBe(true);
  });

  it('moves a card in the other window when one drags it', async () => {
    await ada.create('Carry me over');
    await ada.card('Carry me over').dragTo(ada.column('Doing').locator('.column-head'));
    await grace.card('Carry me over', grace.column('Doing')).waitFor();
    await ada.card('Carry me over', ada.column('Doing')).waitFor();
    expect(await grace.card('Carry me over').count()).toBe(1);
  });

  it('keeps the order in which cards were dropped', async () => {
    const first = ada.column('Done').locator('.card').first();
    const title = await first.locator('.card-title').innerText();
    await ada.create('On top of it');
    await ada.card('On top of it').dragTo(first, { targetPosition: { x: 40, y: 4 } });
    await grace.card('On top of it', grace.column('Done')).waitFor();
    const titles = await grace.column('Done').locator('.card-title').allInnerTexts();
    expect(titles.indexOf('On top of it')).toBe(titles.indexOf(title) - 1);
  });

  it('moves cards by keyboard and keeps the focus on them', async () => {
    await grace.create('Push me');
    await grace.page.getByRole('button', { name: 'Push me' }).focus();
    await grace.page.keyboard.press('Shift+ArrowRight');
    await ada.card('Push me', ada.column('Doing')).waitFor();
    expect(await grace.page.evaluate('document.activeElement.textContent')).toBe('Push me');
    await grace.page.keyboard.press('Enter');
    await grace.dialog.waitFor();
    await grace.page.keyboard.press('Escape');
    await grace.dialog.waitFor({ state: 'hidden' });
    expect(await grace.page.evaluate('document.activeElement.textContent')).toBe('Push me');
  });

  it('shows edits and deletions of others at once, in an open dialog too', async () => {
    await ada.create('Half a thought');
    await grace.open('Half a thought');
    await ada.open('Half a thought');
    await ada.dialog.getByLabel('Title').fill('A whole thought');
    await ada.dialog.getByLabel('Assignee').selectOption({ label: 'Grace Hopper' });
    await ada.dialog.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => grace.dialog.getByLabel('Title').inputValue()).toBe('A whole thought');
    await ada.open('A whole thought');
    await ada.dialog.getByRole('button', { name: 'Delete' }).click();
    await ada.dialog.getByRole('button', { name: 'Really delete?' }).click();
    await grace.dialog.getByText('This issue is not there any more.').waitFor();
    await grace.page.keyboard.press('Escape');
    expect(await grace.card('A whole thought').count()).toBe(0);
  });

  it('carries a conversation', async () => {
    await ada.create('Let us talk');
    await grace.card('Let us talk').waitFor();
    await Promise.all([ada.open('Let us talk'), grace.open('Let us talk')]);
    await ada.dialog.getByLabel('Add a comment').fill('Shall we?');
    await ada.dialog.getByRole('button', { name: 'Comment' }).click();
    await grace.dialog.locator('.comment', { hasText: 'Shall we?' }).waitFor();
    expect(await grace.dialog.locator('.comment').innerText()).toContain('Ada Lovelace');
    await Promise.all([ada.page.keyboard.press('Escape'), grace.page.keyboard.press('Escape')]);
    expect(await grace.card('Let us talk').locator('.card-comments').innerText()).toMatch(/^1\b/);
  });

  it('shows the error of a field beside the field', async () => {
    await ada.page.getByRole('button', { name: 'New issue', exact: true }).click();
    await ada.dialog.getByLabel('Title').fill('x'.repeat(201));
    await ada.dialog.getByRole('button', { name: 'Create issue' }).click();
    const error = ada.dialog.locator('.field', { hasText: 'Title' }).getByRole('alert');
    await error.waitFor();
    expect(await error.innerText()).toBe('A title has 1 to 200 characters.');
    expect(await ada.dialog.getByLabel('Title').getAttribute('aria-invalid')).toBe('true');
    await ada.page.keyboard.press('Escape');
    await ada.dialog.waitFor({ state: 'hidden' });
  });

  it('filters by text and by assignee', async () => {
    await ada.page.getByLabel('Filter by text').fill('umlaut');
    await expect.poll(() => ada.page.locator('.card').count()).toBe(1);
    await ada.page.getByLabel('Filter by text').fill('');
    await ada.page.getByLabel('Filter by assignee').selectOption({ label: 'Grace Hopper' });
    await ada.card('Keyboard: no way out').waitFor();
    expect(await ada.card('Upgrade to Node 20').count()).toBe(0);
    await ada.page.getByLabel('Filter by assignee').selectOption({ label: 'Everybody' });
    await ada.card('Upgrade to Node 20').waitFor();
  });

  it('never tells Grace of the other project', async () => {
    await using quiet = await Window.open(browser, server.url, 'ada');
    await quiet.chooseProject('Quiet launch');
    await quiet.create('Nobody may know');
    await quiet.card('Nobody may know').dragTo(quiet.column('Doing').locator('.column-head'));
    await quiet.card('Nobody may know', quiet.column('Doing')).waitFor();
    // What Grace would have been told came before this.
    await ada.create('Everybody may know');
    await grace.card('Everybody may know').waitFor();
    expect(await grace.page.getByLabel('Project').locator('option').allInnerTexts()).toEqual(['Orchard']);
    const heard = grace.received.join('\n');
    expect(heard).toContain('Everybody may know');
    expect(heard).not.toMatch(/Nobody may know|Quiet launch|Book the hall/);
  });

  it('works on a phone', async () => {
    await using phone = await Window.open(browser, server.url, 'grace', {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    await ada.create('From afar');
    const card = phone.card('From afar', phone.column('Open'));
    await card.waitFor();
    expect(await phone.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);

    await card.getByLabel('Move “From afar”').selectOption('done');
    await ada.card('From afar', ada.column('Done')).waitFor();
    await phone.page.getByRole('navigation', { name: 'Columns' }).getByText('Done').tap();
    await expect
      .poll(async () => (await phone.card('From afar').boundingBox())?.x ?? -1)
      .toSatisfy((x: number) => x >= 0 && x < 60);

    await phone.page.getByRole('button', { name: 'From afar' }).tap();
    const save = await phone.dialog.getByRole('button', { name: 'Save' }).boundingBox();
    expect(save?.x).toBeGreaterThanOrEqual(0);
    expect((save?.x ?? 0) + (save?.width ?? 0)).toBeLessThanOrEqual(390);
    expect((save?.y ?? 0) + (save?.height ?? 0)).toBeLessThanOrEqual(844);
    expect(save?.height).toBeGreaterThanOrEqual(40);
  });

  it('did all that without an error on a page', () => {
    expect([...ada.errors, ...grace.errors]).toEqual([]);
  });
});
