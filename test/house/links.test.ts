// Every guide can be found: from the README in two clicks, and from the packages' pages in the registry.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GUIDES } from './guides.js';
import { ROOT } from './imports.js';

const guides = GUIDES;
const packages = ['jira', 'client', 'protocol'].map((name) => `libs/${name}`);
const documents = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'apps/example/README.md', ...guides];

interface Link {
  /** From the root; undefined for another site. */
  readonly file?: string;
  readonly anchor?: string;
  readonly text: string;
}

/** The links of a document, code left out. */
function linksOf(document: string, content = readFileSync(join(ROOT, document), 'utf8')): Link[] {
  const prose = content.replace(/^(`{3,})[^]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)[^)]*\)/g)].map(([, text = '']) => {
    if (/^[a-z]+:/.test(text)) return { text };
    const [path = '', anchor] = text.split('#', 2);
    const file = path === '' ? document : relative(ROOT, resolve(ROOT, dirname(document), path));
    return anchor === undefined ? { text, file } : { text, file, anchor };
  });
}

/** The anchors that GitHub makes of a document's headings. */
function anchorsOf(document: string): Set<string> {
  const headings = readFileSync(join(ROOT, document), 'utf8')
    .replace(/^(`{3,})[^]*?^\1/gm, '')
    .matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Documents that can be reached in that many clicks. */
function reachable(from: string, clicks: number): Set<string> {
  const found = new Set<string>();
  let pages = [from];
  for (let click = 0; click < clicks; click++) {
    const linked = pages.flatMap((page) => linksOf(page)).flatMap(({ file }) => file ?? []);
    pages = linked.filter((file) => file.endsWith('.md') && existsSync(join(ROOT, file)));
    for (const page of pages) found.add(page);
  }
  return found;
}

describe('the documents', () => {
  it('are reached from the README in at most two clicks, each of them', () => {
    const found = reachable('README.md', 2);
    expect(guides.filter((guide) => !found.has(guide))).toEqual([]);
  });

  it.each(documents)('%s has no dead link, and no anchor that is not there', (document) => {
    const dead = linksOf(document).filter(({ file, anchor }) => {
      if (file === undefined) return false;
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).has(anchor);
    });
    expect(dead.map(({ text }) => text)).toEqual([]);
  });

  it.each(['forRootAsync', 'ScopeTypes', 'VerifiedToken', 'forFeature'])('explain %s in a guide', (name) => {
    const reference = ['docs/api.md', 'docs/architecture.md', 'docs/protocol.md'];
    const texts = guides
      .filter((guide) => !reference.includes(guide))
      .map((guide) => readFileSync(join(ROOT, guide), 'utf8'));
    expect(texts.some((text) => text.includes(name))).toBe(true);
  });
});

describe('the check of links', () => {
  it('finds files, anchors and other sites, but not what code says', () => {
    const content = ['[a](api.md#errors), [b](#here), [c](https://d.example)', '```ts', '[x](y)', '```', '`[z](z)`'];
    expect(linksOf('docs/made-up.md', content.join('\n'))).toEqual([
      { text: 'api.md#errors', file: 'docs/api.md', anchor: 'errors' },
      { text: '#here', file: 'docs/made-up.md', anchor: 'here' },
      { text: 'https://d.example' },
    ]);
  });
});

interface Manifest {
  readonly homepage?: string;
  readonly repository?: { readonly type: string; readonly url: string; readonly directory?: string };
  readonly bugs?: { readonly url: string };
  readonly keywords?: readonly string[];
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
}

describe('what the registry shows of', () => {
  const url = manifestOf('.').repository?.url ?? '';
  const site = url.replace(/^git\+/, '').replace(/\.git$/, '');

  it.each(packages)('%s says where it comes from', (folder) => {
    const { homepage, repository, bugs, keywords = [] } = manifestOf(folder);
    expect(repository).toEqual({ type: 'git', url, directory: folder });
    expect(homepage).toBe(`${site}/tree/main/${folder}#readme`);
    expect(bugs?.url).toBe(`${site}/issues`);
    expect(keywords.length).toBeGreaterThanOrEqual(5);
  });

  it.each(packages)('%s links guides of the repository, all of which are there', (folder) => {
    const blob = `${site}/blob/main/`;
    const links = linksOf(`${folder}/README.md`);
    expect(links.filter(({ file }) => file !== undefined)).toEqual([]); // the registry has no files to link
    const ours = links.filter(({ text }) => text.startsWith(blob)).map(({ text }) => text.slice(blob.length));
    expect(ours.length).toBeGreaterThan(1);
    expect(ours.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});
