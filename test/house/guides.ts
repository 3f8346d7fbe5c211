// The guides: every Markdown file of `docs`, those in its folders too.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './imports.js';

/** What the site is built with, and what it generates. */
const NOT_GUIDES = /^(\.vitepress|reference)\//;

/** Their paths from the root. */
export const GUIDES: readonly string[] = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.md') && !NOT_GUIDES.test(path))
  .map((path) => `docs/${path}`)
  .toSorted((a, b) => a.localeCompare(b));
