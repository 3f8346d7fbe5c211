import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './imports.js';
import { documentedSurface, exportedSurface, type Surface } from './surface.js';

const COMPILE_TIMEOUT_MS = 300_000;

const documented = documentedSurface(readFileSync(join(ROOT, 'docs/api.md'), 'utf8'));
let exported: Surface;
beforeAll(() => {
  exported = exportedSurface();
}, COMPILE_TIMEOUT_MS);

const sorted = (names: Iterable<string> | undefined): string[] =>
  [...(names ?? [])].toSorted((a, b) => a.localeCompare(b, 'en'));

describe('the public names', () => {
  it('are at the entries that docs/api.md has a section for', () => {
    expect(sorted(documented.keys())).toEqual(sorted(exported.keys()));
  });

  it.each([...documented.keys()])('of %s are those of docs/api.md', (entry) => {
    expect(sorted(exported.get(entry)?.keys())).toEqual(sorted(documented.get(entry)?.keys()));
  });

  it('each have a sentence that says what they are for', () => {
    const silent = [...documented].flatMap(([entry, names]) =>
      [...names].filter(([, sentence]) => !/^.{16,}\.$/.test(sentence)).map(([name]) => `${entry}: ${name}`),
    );
    expect(silent).toEqual([]);
  });

  it('mean one thing, whichever entry they come from', () => {
    const meanings = new Map<string, unknown>();
    const torn = [...exported.values()].flatMap((names) =>
      [...names].filter(([name, meaning]) => {
        if (!meanings.has(name)) meanings.set(name, meaning);
        return meanings.get(name) !== meaning;
      }),
    );
    expect(torn.map(([name]) => name)).toEqual([]);
  });
});

describe('the check of public names', () => {
  it('reads sections and their tables', () => {
    const markdown = ['## `a`', '| name | for |', '| - | - |', '| `One`   | The first.  |', '## `a/b`', 'No table.'];
    expect(documentedSurface(markdown.join('\n'))).toEqual(
      new Map([
        ['a', new Map([['One', 'The first.']])],
        ['a/b', new Map()],
      ]),
    );
  });

  it('refuses a name that stands twice', () => {
    const twice = ['## `a`', '| `One` | The first. |', '| `One` | The second. |'].join('\n');
    expect(() => documentedSurface(twice)).toThrow('docs/api.md names One twice in one entry.');
  });

  it('sees types as well as values', () => {
    expect(exported.get('nestjs-jira')?.has('JiraOptions')).toBe(true);
    expect(exported.get('nestjs-jira')?.has('JiraModule')).toBe(true);
  });
});
