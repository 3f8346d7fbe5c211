// The client in Chromium: what the page's own events say of the network.

import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium as playwright, type Page } from 'playwright-core';
import { build, type Rolldown } from 'vite';
import { expect, it } from 'vitest';
import { describeWith } from '../support/services.js';
import { SilentProxy } from './silent-proxy.js';
import { StubServer } from './stub-server.js';

const path = (name: string) => fileURLToPath(new URL(`../../libs/${name}`, import.meta.url));

/** The client as one script that sets the global `jiraClient`. */
async function script(): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { alias: { 'nestjs-jira-protocol': path('protocol/src/index.ts') } },
    build: {
      write: false,
      lib: { entry: path('client/src/index.ts'), formats: ['iife'], name: 'jiraClient', fileName: 'client' },
    },
  });
  const [{ output: chunks }] = output as [Rolldown.RolldownOutput];
  return chunks[0].code;
}

/** An empty page: events of the network need a page that came by it. */
async function servePage(): Promise<Server> {
  const server = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>A client</title>'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

interface ClientPage {
  jiraClient: typeof import('nestjs-jira-client');
  states: string[];
  /** The page's. */
  document: EventTarget;
}

async function connect(page: Page, url: string): Promise<void> {
  await page.evaluate((serverUrl) => {
    const global = globalThis as unknown as ClientPage;
    global.states = [];
    const jira = global.jiraClient.createClient(serverUrl, {
      // The events alone are to tell.
      heartbeatIntervalMs: 3_600_000,
      heartbeatTimeoutMs: 500,
      connectTimeoutMs: 1_000,
      reconnectMinMs: 10,
      reconnectMaxMs: 40,
    });
    jira.connection.onState((state) => void global.states.push(state));
  }, url);
  await expect.poll(() => statesOf(page), { timeout: 10_000 }).toEqual(['connected']);
}

const statesOf = (page: Page): Promise<string[]> => page.evaluate(() => (globalThis as unknown as ClientPage).states);

describeWith('chromium', 'The client in a browser whose connection went silent', (executablePath) => {
  it.each(['online', 'visibilitychange'] as const)('notices it at "%s", and comes back', async (event) => {
    await using stub = await StubServer.start();
    await using proxy = await SilentProxy.start(stub.url);
    const server = await servePage();
    const browser = await playwright.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
    try {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.addScriptTag({ content: await script() });
      await connect(page, proxy.url);
      proxy.silence();
      if (event === 'online') {
        await context.setOffline(true);
        await context.setOffline(false);
      } else {
        await page.evaluate(() =>
          (globalThis as unknown as ClientPage).document.dispatchEvent(new Event('visibilitychange')),
        );
      }
      await expect.poll(() => statesOf(page), { timeout: 10_000 }).toContain('disconnected');
      proxy.heal();
      await expect.poll(async () => (await statesOf(page)).at(-1), { timeout: 30_000 }).toBe('connected');
    } finally {
      await browser.close();
      server.close();
    }
  });
});
