// The TypeScript examples of a document, as docs/contributing.md describes them.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fencesOf, type Fence } from './markdown.js';

const ROOT = join(import.meta.dirname, '../..');

export interface Example {
  /** Its document's path from the root. */
  readonly document: string;
  /** The name it has for the other examples of its document. */
  readonly file: string;
  readonly text: string;
  /** Line of the document at which it begins. */
  readonly line: number;
}

/** The examples of a document that have to compile: all of its `ts` and `tsx` blocks but the fragments. */
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
 * Writes the examples of a document to a folder of their own, from which a test can import and so run them:
 * `using examples = writeExamples('README.md'); await import(examples.pathOf('issue.hook.ts'))`.
 */
export function writeExamples(document: string, markdown?: string): WrittenExamples {
  const generated = join(ROOT, 'test/generated');
  mkdirSync(generated, { recursive: true });
  // Several tests write examples of the same document at the same time.
  const folder = mkdtempSync(join(generated, `${basename(document)}-`));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  for (const { file, text } of examplesOf(document, markdown)) writeFileSync(join(folder, file), text);
  return { pathOf: (file) => join(folder, file), [Symbol.dispose]: remove };
}

export interface WrittenExamples extends Disposable {
  pathOf(file: string): string;
}
