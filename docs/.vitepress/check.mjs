// `npm run docs:check`: opens the built site in Chromium, on a desk and on a phone, in light and in dark. No page is wider than
// its window, axe-core finds no fault, and the search answers from files of the site alone.

import { createServer } from 'node:http';
import { readFileSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const DIST = join(import.meta.dirname, 'dist');
const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const DESK = { viewport: { width: 1280, height: 800 } };
const LOOKS = {
  'light, on a desk': { ...DESK, colorScheme: 'light' },
  'dark, on a phone': { ...PHONE, colorScheme: 'dark' },
};
/** The pages of a guide, and one of each kind of the others. */
const ALL = ['index', 'getting-started', 'tutorial', 'concepts/index', 'concepts/hooks', 'errors', 'recipes/index'];
const KINDS = ['reference/index', 'reference/nestjs-jira/classes/ModelHook', 'filtering', 'faq', 'protocol'];

const { CHROMIUM_PATH, SHOTS } = process.env;
const faults = [];
if (CHROMIUM_PATH) await check();
else process.stdout.write('There is no CHROMIUM_PATH: the site was not opened.\n');
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.exitCode = faults.length > 0 ? 1 : 0;

async function check() {
  const server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const site = `http://127.0.0.1:${server.address().port}`;
  const browser = await chromium.launch({ executablePath: CHROMIUM_PATH, args: ['--no-sandbox', '--disable-gpu'] });
  const pages = process.argv.slice(2);
  try {
    for (const [look, options] of Object.entries(LOOKS)) {
      const context = await offlineContext(browser, site, options);
      for (const page of pages.length > 0 ? pages : [...ALL, ...KINDS].filter(isThere))
        await examine(context, site, page, look);
      await context.close();
    }
    await searches(browser, site);
  } finally {
    await browser.close();
    server.close();
  }
}

/** A window that reaches the site, and nothing else. */
async function offlineContext(browser, site, options) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(120_000); // a page that is slow is no fault of the site
  await context.route(
    (url) => url.origin !== site,
    (route) => {
      faults.push(`The site asks ${route.request().url()}`);
      return route.abort();
    },
  );
  return context;
}

async function examine(context, site, path, look) {
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(`${path}, ${look}: ${error.message}`));
  await page.goto(`${site}/${path}`);
  await page.locator('.VPNavBar').waitFor();
  await page.locator('.VPSwitchAppearance:not([title=""])').first().waitFor({ state: 'attached' }); // the page is alive
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (tooWide > 0) faults.push(`${path}, ${look}: ${tooWide} px wider than the window`);
  await page.evaluate(AXE);
  await page.evaluate(() => document.getAnimations().forEach((animation) => animation.finish()));
  const { violations, passes } = await page.evaluate('axe.run()');
  if (passes.length < 10) faults.push(`${path}, ${look}: axe-core has judged next to nothing`);
  for (const { id, nodes } of violations)
    faults.push(
      `${path}, ${look}: ${id}, ${nodes.length} times: ${nodes[0].html.slice(0, 200)} ${nodes[0].failureSummary}`,
    );
  if (SHOTS) await page.screenshot({ path: join(SHOTS, `${path.replaceAll('/', '_')}-${look}.png`) });
  await page.close();
}

async function searches(browser, site) {
  const page = await (await offlineContext(browser, site, DESK)).newPage();
  await page.goto(`${site}/`);
  await page.locator('.DocSearch-Button').first().click();
  await page.getByRole('searchbox').fill('visibility');
  const first = page.locator('.VPLocalSearchBox .result').first();
  await first.waitFor();
  await first.click();
  await page.waitForURL((url) => url.pathname !== '/');
  await page.close();
}

function serve(request, response) {
  const { pathname } = new URL(request.url, 'http://site');
  const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
  const file = [path, `${path}.html`].map((name) => join(DIST, name)).find((name) => isFile(name));
  if (!file) return response.writeHead(404).end();
  return response
    .writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
    .end(readFileSync(file));
}

function isThere(page) {
  return isFile(join(DIST, `${page}.html`));
}

function isFile(path) {
  return relative(DIST, path).split('/')[0] !== '..' && (statSync(path, { throwIfNoEntry: false })?.isFile() ?? false);
}
