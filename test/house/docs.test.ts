import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { examplesOf, writeExamples } from '../support/examples.js';
import { compileFaults } from './compile-examples.js';
import { GUIDES } from './guides.js';
import { ROOT } from './imports.js';

const documents = ['README.md', ...GUIDES];

const COMPILE_TIMEOUT_MS = 300_000;

describe('the documents', () => {
  it('have TypeScript examples that compile', { timeout: COMPILE_TIMEOUT_MS }, () => {
    expect(compileFaults(documents.flatMap((document) => examplesOf(document)))).toEqual([]);
  });

  it.each(documents)('%s gives each of its named examples a name of its own', (document) => {
    const files = examplesOf(document).map(({ file }) => file);
    expect(files).toEqual([...new Set(files)]);
  });

  it.each(documents)('%s links only to files that are there', (document) => {
    const text = readFileSync(join(ROOT, document), 'utf8').replace(/^(`{3,})[^]*?^\1/gm, '');
    const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, link]) => link ?? '');
    const local = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(local.filter((link) => !existsSync(join(ROOT, dirname(document), link)))).toEqual([]);
  });
});

describe('the check of examples', () => {
  const check = (markdown: string): string[] => compileFaults(examplesOf('docs/made-up.md', markdown));

  it('names the line of a wrong example', { timeout: COMPILE_TIMEOUT_MS }, () => {
    const faults = check(
      [
        'Some text.',
        '```ts',
        'const sum = 1 + 1;',
        'const text: string = sum;',
        '```',
        '```ts fragment',
        'nonsense (',
        '```',
        '```ts file=a.ts',
        `export const a = 'a';`,
        '```',
        '```ts',
        `import { a } from './a.js';`,
        `import { CODES } from 'nestjs-jira-protocol';`,
        'const sum: number = a;',
        'await Promise.resolve([sum, CODES.NOT_FOUND.status]);',
        '```',
      ].join('\n'),
    );
    expect(faults).toEqual([
      `docs/made-up.md:4: Type 'number' is not assignable to type 'string'.`,
      `docs/made-up.md:15: Type 'string' is not assignable to type 'number'.`,
    ]);
  });

  it('lets a test run the examples of a document', async () => {
    const markdown = [
      '```ts file=half.ts',
      `import { CODES } from 'nestjs-jira-protocol';`,
      'export const half = CODES.NOT_FOUND.status / 2;',
      '```',
      '```ts file=all.ts',
      `import { half } from './half.js';`,
      'export const all: number = half * 2;',
      '```',
    ].join('\n');
    using examples = writeExamples('docs/made-up.md', markdown);
    expect(await import(examples.pathOf('all.ts'))).toMatchObject({ all: 404 });
  });
});
