import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const COUNTS = { A: 28, B: 6, C: 7, D: 8, E: 4 };

it('lists each feature of the five systems once, with tests that are there', () => {
  const rows = readFileSync(join(ROOT, 'docs/parity.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| [A-E]\d/.test(line))
    .map((line) => line.split(/ *\| */).slice(1, -1));
  const wanted = Object.entries(COUNTS).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, n) => `${letter}${n + 1}`),
  );
  expect(rows.map(([row]) => row)).toEqual(wanted);
  const untested = rows.filter((cells) => {
    const tests = [...(cells.at(-1) ?? '').matchAll(/\]\(\.\.\/(test\/[\w/-]+\.test\.ts)\)/g)];
    return tests.length === 0 || tests.some(([, path]) => !existsSync(join(ROOT, path)));
  });
  expect(untested.map(([row]) => row)).toEqual([]);
});
