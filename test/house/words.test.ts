import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import ts from 'typescript';
import { GUIDES } from './guides.js';
import { ROOT, readImports } from './imports.js';

/** Phrases that docs/glossary.md and the English of errors and comments have replaced, and what to write in their place. */
const REPLACED: readonly (readonly [RegExp, string])[] = [
  [/which there is not/i, 'Unknown …'],
  [/what is no message/i, 'malformed frames'],
  [/\bof late\b/i, 'Too many …'],
  [/\bbelongs? into\b/i, 'belongs in'],
  [/\bstops to \w+e?\b/i, 'stops …ing'],
  [/nobody waits for/i, 'the request ended'],
  [/\bis away: /i, 'is unavailable'],
  [/changed meanwhile/i, 'was modified by another request'],
  [/\bwhat it may be told\b/i, 'options'],
  [/\bshort ways\b/i, 'fast paths'],
  [/\bnobody planned for\b/i, 'unexpected'],
  [/\basked instead of\b/i, 'checked in place of'],
  [/\breturns its own undo\b/i, 'returns a function that …'],
  [/\bin vain\b/i, 'no … within'],
  [/may not give this value/i, 'the row would not be visible to you'],
  [/\bstarts to capture\b/i, 'starts capturing'],
  [/\bits own undo\b/i, 'returns a function that …'],
  [/\bwhat there is:/i, 'the action: "Create the entity"'],
];

/** Words that no identifier has, and what the glossary says in their place. */
const OLD_WORDS = new Map<string, string>([
  ...byWords('channel, cursor, slot, target, membership', 'place', 'places', 'placed'),
  ...byWords('date', 'moment', 'moments'),
  ...byWords('max…', 'most', 'longest', 'largest'),
  ...byWords('transport', 'door', 'doors'),
  ...byWords('disconnect', 'expel', 'expelled'),
]);

/** Where a subscription is _placed_ in its channel, the verb is right. */
const ALLOWED: readonly RegExp[] = [/live\/delivery\/(placement|subscription-state)\b/];
const PHRASES = new Set(['atMost']);

function byWords(instead: string, ...words: readonly string[]): (readonly [string, string])[] {
  return words.map((word) => [word, instead]);
}

/** One sentence per identifier that has an old word in it: `placeOf`, `MOST_ROWS`. */
function identifierFaults(file: string, text: string): string[] {
  if (ALLOWED.some((pattern) => pattern.test(file))) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !PHRASES.has(node.text))
      for (const word of node.text.split(/[_$]+|(?<=[a-z0-9])(?=[A-Z])/)) {
        const instead = OLD_WORDS.get(word.toLowerCase());
        const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
        if (instead !== undefined) found.add(`${file}:${line} names ${node.text}; say "${instead}"`);
      }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...found];
}

/** One sentence per line that has a replaced phrase. */
function wordFaults(file: string, text: string): string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      REPLACED.filter(([phrase]) => phrase.test(line)).map(
        ([phrase, instead]) => `${file}:${index + 1} has ${String(phrase)}; write "${instead}"`,
      ),
    );
}

describe('the words of the libraries', () => {
  const files = [...readImports('libs').keys()].filter((file) => /^libs\/[^/]+\/src\//.test(file));

  it('are those of the glossary', () => {
    expect(files.flatMap((file) => wordFaults(file, readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
  });

  it('are those of the glossary in identifiers too', () => {
    const faults = files.flatMap((file) => identifierFaults(file, readFileSync(join(ROOT, file), 'utf8')));
    expect(faults).toEqual([]);
  });

  it('are refused in identifiers, and not in words that only look alike', () => {
    const text = 'const MOST_ROWS = 1;\nreplaceDoors(almost, atMost);';
    expect(identifierFaults('a.ts', text)).toEqual([
      'a.ts:1 names MOST_ROWS; say "max…"',
      'a.ts:2 names replaceDoors; say "transport"',
    ]);
  });

  it('were read at all', () => {
    expect(files).toContain('libs/jira/src/live/delivery/hub.ts');
  });

  const packages = ['jira', 'client', 'protocol'].map((name) => `libs/${name}/README.md`);
  const documents = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'apps/example/README.md', ...packages, ...GUIDES];

  it.each(documents)('are those of the glossary in %s too', (document) => {
    expect(wordFaults(document, readFileSync(join(ROOT, document), 'utf8'))).toEqual([]);
  });

  it('are refused by line, with the words to use', () => {
    expect(wordFaults('a.ts', 'const a = 1;\n// Nobody waits for this.')).toEqual([
      'a.ts:2 has /nobody waits for/i; write "the request ended"',
    ]);
  });
});
