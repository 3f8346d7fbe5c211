// `nestjs-jira new hook`: what it writes compiles, and the test that it writes passes.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { entityOf } from '../../libs/jira/src/cli/hook-files.js';
import { newCommand } from '../../libs/jira/src/cli/new-command.js';

const ROOT = join(import.meta.dirname, '../..');
const APP = join(ROOT, 'test/generated/new-hook');
const FOLDER = join(APP, 'src/work-items');

vi.spyOn(process.stdout, 'write').mockReturnValue(true);
rmSync(APP, { recursive: true, force: true });
mkdirSync(APP, { recursive: true });
writeFileSync(join(APP, 'package.json'), JSON.stringify({ type: 'module', devDependencies: { vitest: '4' } }));
const code = await newCommand(['hook', 'work-items'], APP);
afterAll(() => rmSync(APP, { recursive: true, force: true }));

const COMPILE_TIMEOUT_MS = 300_000; // on a busy machine

describe('a new hook', () => {
  it('has an entity, DTOs with a view, the hook and a test', () => {
    expect(code).toBe(0);
    expect(readdirSync(FOLDER).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'work-item.dto.ts',
      'work-item.entity.ts',
      'work-item.hook.spec.ts',
      'work-item.hook.ts',
    ]);
  });

  it('compiles', { timeout: COMPILE_TIMEOUT_MS }, () => {
    const read = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as { config: object };
    const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, ROOT);
    const files = readdirSync(FOLDER).map((name) => join(FOLDER, name));
    const program = ts.createProgram(files, { ...options, noEmit: true, skipLibCheck: true });
    const faults = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    expect(faults).toEqual([]);
  });

  it('is not written over another one', async () => {
    await expect(newCommand(['hook', 'work-items'], APP)).rejects.toThrow(/work-item.entity.ts exists/);
  });

  it('needs names that are names', async () => {
    await expect(newCommand(['hook', '../issues'], APP)).rejects.toThrow('"../issues" is not a namespace.');
    await expect(newCommand(['hook', 'issues', '--entity', 'an issue'], APP)).rejects.toThrow('--entity Issue');
  });

  it.each([
    ['issues', 'Issue'],
    ['categories', 'Category'],
    ['boxes', 'Box'],
    ['addresses', 'Address'],
    ['news-items', 'NewsItem'],
    ['progress', 'Progress'],
  ])('of %s serves the entity %s', (namespace, entity) => {
    expect(entityOf(namespace)).toBe(entity);
  });
});

describe('its own test', async () => {
  await import(join(FOLDER, 'work-item.hook.spec.ts')); // adds its tests here
});
