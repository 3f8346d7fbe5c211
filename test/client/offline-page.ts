// Tabs of one browser, each with a client that keeps what it has, and a server for them.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { build, type Rolldown } from 'vite';

const path = (name: string) => fileURLToPath(new URL(`../../libs/${name}`, import.meta.url));

/** The client, its stores and what it keeps as one script that sets the global `jira`. */
async function script(): Promise<string> {
  const entry = fileURLToPath(new URL('offline-tab.ts', import.meta.url));
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { alias: { 'nestjs-jira-protocol': path('protocol/src/index.ts') } },
    build: { write: false, lib: { entry, formats: ['iife'], name: 'jira', fileName: 'tab' } },
  });
  const [{ output: chunks }] = output as [Rolldown.RolldownOutput];
  return chunks[0].code;
}

/** What a tab of these tests has in its global scope. */
export interface TabGlobals {
  jira: typeof import('./offline-tab.js');
  client: import('nestjs-jira-client').JiraClient;
  kept: import('nestjs-jira-client/offline').IndexedDb;
  store: import('nestjs-jira-client/store').LiveStore<{ id: number; title: string }>;
  /** Codes and titles of what was told, oldest first. */
  told: string[];
  outcomes: string[];
}

export interface TabOptions {
  readonly user?: number;
  readonly maxWrites?: number;
  readonly maxAgeMs?: number;
  readonly schema?: string;
}

export class Tab {
  constructor(
    readonly page: Page,
    private readonly serverUrl: string,
  ) {}

  /** Starts the client of this tab, as the page's own script would. */
  async start({ user = 1, schema = '1', ...offline }: TabOptions = {}): Promise<this> {
    await this.page.evaluate(
      ([url, id, form, given]) => {
        const tab = globalThis as unknown as TabGlobals;
        tab.told = [];
        tab.outcomes = [];
        tab.kept = tab.jira.indexedDb('tracker', { user: String(id), schema: form });
        tab.client = tab.jira.createClient(url, {
          auth: { token: `user-${id}` },
          persist: tab.kept,
          offline: {
            ...given,
            onRefused: (error, { data }) => void tab.told.push(`${error.code} ${(data as { title?: string }).title}`),
          },
          reconnectMinMs: 20,
          reconnectMaxMs: 100,
          connectTimeoutMs: 3_000,
          heartbeatIntervalMs: 500,
          heartbeatTimeoutMs: 1_000,
          onError: (error) => void tab.told.push((error as { code: string }).code),
        });
        tab.store = tab.jira.liveStore(tab.client.hook('notes')) as unknown as TabGlobals['store'];
        tab.store.subscribe(() => undefined);
      },
      [this.serverUrl, user, schema, offline] as const,
    );
    return this;
  }

  /** Writes without waiting for the answer. */
  async write(id: number, title: string): Promise<void> {
    await this.page.evaluate(
      ([key, text]) => {
        const tab = globalThis as unknown as TabGlobals;
        const written = tab.client
          .hook('notes')
          .action('update', { id: key, method: 'PATCH', data: { title: text }, optimistic: true });
        written.then(
          () => tab.outcomes.push(`done ${text}`),
          (error: unknown) => tab.outcomes.push(`${(error as { code: string }).code} ${text}`),
        );
      },
      [id, title] as const,
    );
  }

  titles(): Promise<string[]> {
    return this.read(({ store }) => store.getSnapshot().rows.map(({ title }) => title));
  }

  isStale(): Promise<boolean> {
    return this.read(({ store }) => store.getSnapshot().isStale);
  }

  told(): Promise<string[]> {
    return this.read(({ told }) => told);
  }

  outcomes(): Promise<string[]> {
    return this.read(({ outcomes }) => outcomes);
  }

  /** How many writes the browser keeps. */
  queued(): Promise<number> {
    return this.page.evaluate(async () => {
      const database = await (globalThis as unknown as TabGlobals).jira.openDB('tracker');
      const count = await database.count('writes');
      // oxlint-disable-next-line typescript/no-unsafe-call -- the tests' program has no types of the DOM
      database.close();
      return count;
    });
  }

  private read<Value>(look: (tab: TabGlobals) => Value): Promise<Value> {
    return this.page.evaluate(`(${look.toString()})(globalThis)`);
  }
}

/** A browser with an empty page of its own origin. */
export class OfflineBrowser implements AsyncDisposable {
  private constructor(
    private readonly pages: Server,
    private readonly browser: Browser,
  ) {}

  static async launch(executablePath: string): Promise<OfflineBrowser> {
    const code = await script();
    const pages = createServer(({ url }, response) => {
      if (url === '/tab.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(code);
      else
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><script src="tab.js"></script>');
    });
    pages.listen(0, '127.0.0.1');
    await once(pages, 'listening');
    const args = ['--no-sandbox', '--disable-gpu'];
    return new OfflineBrowser(pages, await chromium.launch({ executablePath, args }));
  }

  context(): Promise<BrowserContext> {
    return this.browser.newContext();
  }

  async tab(context: BrowserContext, serverUrl: string): Promise<Tab> {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(this.pages.address() as AddressInfo).port}/`);
    return new Tab(page, serverUrl);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    this.pages.close();
  }
}
