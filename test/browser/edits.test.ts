import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ExampleServer } from '../example/example-server.js';
import { describeWith } from '../support/services.js';
import { launch, Window } from './browser.js';

const BUILD_MS = 120_000;

describeWith('chromium', 'Two people who edit one issue', (chromium) => {
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
  }, BUILD_MS);

  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  /** Both have the issue open; Grace has edits that are not saved, and Ada has saved hers. */
  async function meet(title: string, graces: string, adas: string, adasStatus = 'open'): Promise<void> {
    await ada.create(title);
    await grace.card(title).waitFor();
    await Promise.all([ada.open(title), grace.open(title)]);
    await grace.dialog.getByLabel('Description').fill(graces);
    await ada.dialog.getByLabel('Description').fill(adas);
    await ada.dialog.getByLabel('Status').selectOption(adasStatus);
    await ada.save();
    await grace.dialog.getByText('Ada Lovelace saved this issue after you began editing.').waitFor();
  }

  it('does not overwrite the first save by the second: the server says VERSION_CONFLICT, the page what changed', async () => {
    await meet('Both at once', 'As Grace says', 'As Ada says', 'doing');
    await grace.save();
    await grace.conflict.getByRole('heading', { name: 'Ada Lovelace saved this issue' }).waitFor();
    expect(grace.received.filter((frame) => frame.includes('"VERSION_CONFLICT"'))).toHaveLength(1);
    const clash = grace.conflict.getByRole('group', { name: 'Description' });
    expect(await clash.innerText()).toMatch(/theirs\s+As Ada says[^]*yours\s+As Grace says/);
    expect(await grace.conflict.getByLabel('Also changed by them').innerText()).toMatch(/Status:\s+Open\s+→?\s*Doing/);
    expect(await grace.page.evaluate('document.activeElement.id')).toBe('conflict-title');
    await grace.page.keyboard.press('Escape');
    await grace.dialog.waitFor({ state: 'hidden' });
    await grace.open('Both at once');
    expect(await grace.dialog.getByLabel('Description').inputValue()).toBe('As Ada says');
    await grace.page.keyboard.press('Escape');
  });

  it('keeps mine, with what the other changed elsewhere', async () => {
    await meet('Mine, please', 'As Grace says', 'As Ada says', 'doing');
    await grace.save();
    await grace.conflict.getByRole('button', { name: 'Keep mine' }).click();
    await grace.dialog.waitFor({ state: 'hidden' });
    await ada.card('Mine, please', ada.column('Doing')).waitFor();
    await ada.open('Mine, please');
    await expect.poll(() => ada.dialog.getByLabel('Description').inputValue()).toBe('As Grace says');
    await ada.page.keyboard.press('Escape');
  });

  it('takes theirs, and leaves the dialog open with it', async () => {
    await meet('Theirs, please', 'As Grace says', 'As Ada says');
    await grace.save();
    await grace.conflict.getByRole('button', { name: 'Take theirs' }).click();
    await grace.conflict.waitFor({ state: 'detached' });
    expect(await grace.dialog.getByLabel('Description').inputValue()).toBe('As Ada says');
    await grace.save();
    await grace.dialog.waitFor({ state: 'hidden' });
  });

  it('offers to keep both where they edited different fields', async () => {
    await ada.create('A field each');
    await grace.card('A field each').waitFor();
    await Promise.all([ada.open('A field each'), grace.open('A field each')]);
    await grace.dialog.getByLabel('Description').fill('By Grace');
    await ada.dialog.getByLabel('Title').fill('A field each, by Ada');
    await ada.save();
    await grace.dialog.getByText('saved this issue after you began editing').waitFor();
    await grace.save();
    await grace.conflict.getByRole('button', { name: 'Keep both' }).click();
    await grace.dialog.waitFor({ state: 'hidden' });
    await ada.open('A field each, by Ada');
    await expect.poll(() => ada.dialog.getByLabel('Description').inputValue()).toBe('By Grace');
    await ada.page.keyboard.press('Escape');
  });

  it('asks nothing when the other has only moved the card within its column', async () => {
    await ada.create('Moved a little');
    await grace.card('Moved a little').waitFor();
    await grace.open('Moved a little');
    await grace.dialog.getByLabel('Description').fill('Still here');
    await ada.page.getByRole('button', { name: 'Moved a little' }).focus();
    await ada.page.keyboard.press('Shift+ArrowDown');
    await grace.dialog.getByText('saved this issue after you began editing').waitFor();
    await grace.save();
    await grace.dialog.waitFor({ state: 'hidden' });
    await ada.open('Moved a little');
    await expect.poll(() => ada.dialog.getByLabel('Description').inputValue()).toBe('Still here');
    await ada.page.keyboard.press('Escape');
  });

  it('has one way to the status of an issue: its menu, and Save', async () => {
    await ada.create('Get it done');
    await ada.open('Get it done');
    expect(await ada.dialog.getByRole('button', { name: /done/i }).count()).toBe(0);
    await ada.dialog.getByLabel('Status').selectOption('done');
    await ada.save();
    await grace.card('Get it done', grace.column('Done')).waitFor();
    expect([...ada.errors, ...grace.errors]).toEqual([]);
  });
});
