import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from 'nestjs-jira-client';
import { launch } from '../browser/browser.js';
import { describeWith } from '../support/services.js';
import { TutorialApp } from './tutorial-app.js';
import { watchTwoWindows } from './tutorial-windows.js';

const ROOT = join(import.meta.dirname, '../..');
const BUILD_MS = 300_000;

describe('the tutorial, done as it is written in what `nest new` makes', () => {
  let app: TutorialApp;
  let url: string;
  beforeAll(async () => {
    app = await TutorialApp.create();
    ({ url } = app);
    await app.start();
  }, BUILD_MS);
  afterAll(() => app?.[Symbol.asyncDispose]());

  it('serves the page, and the Socket.IO client it loads', async () => {
    const page = await (await fetch(url)).text();
    expect(page).toContain("import { createClient } from 'nestjs-jira-client'");
    const [, map] = /<script type="importmap">(.*?)<\/script>/s.exec(page) ?? [];
    const { imports } = JSON.parse(map ?? '') as { imports: Record<string, string> };
    expect((await fetch(new URL(imports['socket.io-client'] ?? '', url))).status).toBe(200);
  });

  it('shows each window what it may see, as it changes', async () => {
    expect(await watchTwoWindows(app)).toEqual({ grace: ['Theirs'], ada: ['Hers'] });
  });

  it('has windows that come back by themselves when the server does', async () => {
    const states: string[] = [];
    const grace = createClient(url, { auth: { token: 'grace' }, reconnectMinMs: 50, reconnectMaxMs: 100 });
    grace.hook('tasks').subscribe(() => undefined, { onState: (state) => states.push(state) });
    await expect.poll(() => states.at(-1)).toBe('subscribed');
    await app.stop();
    await expect.poll(() => states.at(-1)).not.toBe('subscribed');
    await app.start();
    await expect.poll(() => states.at(-1)).toBe('subscribed');
    grace.close();
  });

  describeWith('chromium', 'its page', (chromium) => {
    it('is live in two windows', async () => {
      await using browser = await launch(chromium);
      const [ada, grace] = await Promise.all(
        ['ada', 'grace'].map(async (name) => {
          const page = await (await browser.newContext()).newPage();
          await page.goto(`${url}/?as=${name}`);
          return page;
        }),
      );
      if (!ada || !grace) throw new Error('There are two windows.');
      await ada.getByText('You are ada').waitFor();
      await grace.getByText('You are grace').waitFor();
      await ada.getByPlaceholder('What is to be done?').fill('Ring the bell');
      await ada.getByRole('checkbox').check();
      await ada.getByRole('button', { name: 'Add' }).click();
      await grace.getByText('Ring the bell', { exact: true }).click();
      await ada.getByText('✓ Ring the bell').waitFor();
      expect(await grace.getByRole('listitem').allTextContents()).toContain('✓ Ring the bell');
      // Styled, and to be used by keyboard.
      await grace.getByPlaceholder('What is to be done?').fill('By keyboard');
      await grace.keyboard.press('Enter');
      await grace.getByRole('button', { name: 'By keyboard' }).press('Enter');
      await grace.getByText('✓ By keyboard').waitFor();
      const { font, width } = await grace.evaluate<{ font: string; width: number }>(
        '({ font: getComputedStyle(document.body).fontFamily, width: document.body.clientWidth })',
      );
      expect(font).toContain('system-ui');
      expect(width).toBeLessThan(600);
    });

    it('says that a user is unknown', async () => {
      await using browser = await launch(chromium);
      const page = await browser.newPage();
      await page.goto(`${url}/?as=eve`);
      await page.getByText('There is no user eve').waitFor();
      expect(await page.getByText('You are').count()).toBe(0);
    });
  });

  it(
    'compiles the examples of all documents as they come from the package, with declarations',
    { timeout: BUILD_MS },
    async () => {
      const documents = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
      expect(await app.faultsOf(['README.md', ...documents.map((name) => `docs/${name}`)])).toBe('');
    },
  );

  it('pleases the linter of the generator', async () => {
    expect(await app.lint()).toContain('Found 0 warnings and 0 errors');
  });

  it('ends with a test that passes', { timeout: BUILD_MS }, async () => {
    expect(await app.test()).toMatch(/Tests[^\n]* 1 passed[^\n]*\(1\)/);
  });
});
