// Finds and writes the TypeScript examples of a document, as docs/contributing.md describes them.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fencesOf, type Fence } from './markdown.js';

const ROOT = join(import.meta.dirname, '../..');

export interface Example {
  /** Path of its document from the root of the repository. */
  readonly document: string;
  /** The name by which the other examples of its document import it. */
  readonly file: string;
  readonly text: string;
  /** The line of the document on which it begins. */
  readonly line: number;
}

/** The examples of a document that must compile: all `ts` and `tsx` blocks that are not fragments. */
export function examplesOf(document: string, markdown = readFileSync(join(ROOT, document), 'utf8')): Example[] {
  return fencesOf(markdown)
    .filter(isExample)
    .map(({ language, info, text, line }) => ({
      document,
      file: /(?:^|\s)file=(\S+)/.exec(info)?.[1] ?? `line-${line}.${language}`,
      text,
      line,
    }));
}

function isExample({ language, info }: Fence): boolean {
  return /^tsx?$|^typescript$/.test(language) && !info.split(/\s+/).includes('fragment');
}

/**
 * Writes the examples of a document to a new folder, so that a test can import and run them:
 * `using examples = writeExamples('README.md'); await import(examples.pathOf('issue.hook.ts'))`.
 */
export function writeExamples(document: string, markdown?: string): WrittenExamples {
  const generated = join(ROOT, 'test/generated');
  mkdirSync(generated, { recursive: true });
  // A new folder each time, because several tests write examples of the same document at once.
  const folder = mkdtempSync(join(generated, `${basename(document)}-`));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  for (const { file, text } of examplesOf(document, markdown)) writeFileSync(join(folder, file), text);
  return { pathOf: (file) => join(folder, file), [Symbol.dispose]: remove };
}

export interface WrittenExamples extends Disposable {
  pathOf(file: string): string;
}
