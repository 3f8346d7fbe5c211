import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NestFactory } from '@nestjs/core';
import { JiraModule } from 'nestjs-jira';
import { AppModule } from '../../apps/example/src/app.module.js';
import { apiTypes } from '../../libs/jira/src/cli/api-types.js';
import { builtExample } from '../example/built-example.js';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

const CLIENT = `
import { createClient } from 'nestjs-jira-client';
import type { Api, IssueView } from './api.js';

const jira = createClient<Api>('http://localhost:3000');
const issues = jira.hook('issues');
export const page = issues.list({ status__in: ['open'], ordering: '-rank', page: 1 }).then(({ results }) => results[0]?.title.length);
export const created = issues.create({ title: 'Ship it', projectId: 1 }).then((issue: IssueView) => issue.id + 1);
export const changed = issues.patch(1, { assigneeId: null });
export const stop = issues.subscribe({ status: 'open' }, () => {});
// @ts-expect-error -- a title is needed
export const missing = issues.create({ projectId: 1 });
// @ts-expect-error -- a text is meant
export const wrong = issues.create({ title: 1, projectId: 1 });
`;

describe('the types of the example', () => {
  let folder: string;
  let text: string;

  beforeAll(async () => {
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    text = apiTypes(JiraModule.document(app, { info: { title: 'Issue tracker' } }));
    await app.close();
    folder = await mkdtemp(join(ROOT, 'test/document/generated-'));
    await writeFile(join(folder, 'api.ts'), text);
    await writeFile(join(folder, 'client.ts'), CLIENT);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are those that a typed client takes, and refuses', () => {
    const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
      config: object;
    };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
    const program = ts.createProgram([join(folder, 'client.ts')], { ...options, noEmit: true, skipLibCheck: true });
    const faults = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    expect(faults).toEqual([]);
  });

  it('say what is not known, and nothing in its place', () => {
    expect(text).toMatch(/close: \{\s+input: unknown;/);
    expect(text).not.toMatch(/\bany\b/);
  });
});

describe('npx nestjs-jira', () => {
  let folder: string;
  const cli = (...args: string[]) =>
    run(process.execPath, [join(ROOT, 'libs/jira/dist/cli/main.js'), ...args], { cwd: folder });

  beforeAll(async () => {
    await builtExample();
    folder = await mkdtemp(join(tmpdir(), 'jira-cli-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('writes the document of a compiled module, and types from that', async () => {
    const env = { ...process.env, JIRA_DATA: folder };
    const main = join(ROOT, 'libs/jira/dist/cli/main.js');
    await run(
      process.execPath,
      [main, 'document', join(ROOT, 'apps/example/dist/app.module.js'), '--out', 'asyncapi.json'],
      { cwd: folder, env },
    );
    const document = JSON.parse(await readFile(join(folder, 'asyncapi.json'), 'utf8')) as { asyncapi: string };
    expect(document.asyncapi).toBe('3.1.0');
    const { stdout } = await cli('types', 'asyncapi.json');
    expect(stdout).toContain('export type Api = {');
    expect(stdout).toContain('export type IssueView = {');
  });

  it('writes types from the address of a document', async () => {
    const document = await readFile(join(folder, 'asyncapi.json'), 'utf8');
    const server = createServer((_request, response) => response.end(document)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { stdout } = await cli('types', `http://127.0.0.1:${port}/asyncapi.json`);
    server.close();
    expect(stdout).toBe((await cli('types', 'asyncapi.json')).stdout);
  });

  it('lists the indexes that the hooks of a compiled module need', async () => {
    const main = join(ROOT, 'libs/jira/dist/cli/main.js');
    const module = join(ROOT, 'apps/example/dist/app.module.js');
    const env = { ...process.env, JIRA_DATA: folder };
    await expect(
      run(process.execPath, [main, 'indexes', module, '--check'], { cwd: folder, env }),
    ).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/-- \d+ indexes missing.*CREATE INDEX/s) as string,
    });
  });

  it('says how it is used, and what is wrong with a source', async () => {
    await expect(cli('types')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('Usage:') as string });
    await writeFile(join(folder, 'other.json'), '{}');
    await expect(cli('types', 'other.json')).rejects.toMatchObject({
      code: 1,
      stderr: 'other.json is not an AsyncAPI 3 document.\n',
    });
  });
});
