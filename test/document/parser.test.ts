// The documents of the example and of the tests' hooks, as the parser of AsyncAPI sees them, its rules of style included.

import { DiagnosticSeverity, Parser } from '@asyncapi/parser';
import { NestFactory } from '@nestjs/core';
import { expect, it } from 'vitest';
import { JiraModule, type AsyncApiDocument } from 'nestjs-jira';
import { AppModule } from '../../apps/example/src/app.module.js';
import { createTestApp, type TestAppOptions } from '../support/app.js';
import { ARTICLES } from '../support/articles.js';
import { TRACKER } from '../support/tracker.js';

const WARNED: readonly unknown[] = [DiagnosticSeverity.Error, DiagnosticSeverity.Warning];

/** What it warns of, or calls an error. */
async function warningsOf(document: unknown): Promise<string[]> {
  const { diagnostics } = await new Parser().parse(JSON.stringify(document));
  return diagnostics
    .filter(({ severity }) => WARNED.includes(severity))
    .map(({ path, message }) => `${path.join('.')}: ${message}`);
}

async function exampleDocument(): Promise<AsyncApiDocument> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const document = JiraModule.document(app);
  await app.close();
  return document;
}

async function documentOf(parts: TestAppOptions): Promise<AsyncApiDocument> {
  await using app = await createTestApp(parts);
  return JiraModule.document(app);
}

it.each([
  ['the example', exampleDocument],
  ['the tracker', () => documentOf(TRACKER)],
  ['the articles', () => documentOf(ARTICLES)],
])(
  'warns of nothing in %s',
  async (_name, read) => {
    expect(await warningsOf(await read())).toEqual([]);
  },
  240_000,
);

it('warns of a document that is broken', async () => {
  expect(await warningsOf({ asyncapi: '3.1.0', channels: {} })).not.toEqual([]);
});
