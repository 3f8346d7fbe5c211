import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, isTest, readImports } from './imports.js';

const MOST_LINES = 300;

/** Says of a text that is too long what is to be done about it. */
function lengthFault(file: string, text: string): string[] {
  const lines = text.trimEnd().split('\n').length;
  if (lines <= MOST_LINES) return [];
  return [`${file} has ${lines} lines, more than ${MOST_LINES}: split it, so that each file is one thing`];
}

/** Tests themselves may be as long as what they say. */
const ROOMS = {
  libs: { isOne: (file: string) => /^libs\/[^/]+\/src\//.test(file), example: 'libs/jira/src/live/delivery/hub.ts' },
  test: { isOne: (file: string) => !file.endsWith('.test.ts'), example: 'test/models/world.ts' },
};

describe.each(Object.entries(ROOMS))('the source files of %s', (room, { isOne, example }) => {
  const files = [...readImports(room).keys()].filter((file) => isOne(file) && !isTest(file));

  it('are short enough to be one thing each', () => {
    expect(files.flatMap((file) => lengthFault(file, readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
  });

  it('were read at all', () => {
    expect(files).toContain(example);
  });
});

describe('the rule of lengths', () => {
  it('allows 300 lines', () => {
    expect(lengthFault('a.ts', '//\n'.repeat(300))).toEqual([]);
  });

  it('refuses 301, and says what to do', () => {
    const fault = 'a.ts has 301 lines, more than 300: split it, so that each file is one thing';
    expect(lengthFault('a.ts', '//\n'.repeat(301))).toEqual([fault]);
  });
});
