// `npm run bench`: measures, prints, and writes results.md and results.json, or checks the bounds.

import { readFileSync, writeFileSync } from 'node:fs';
import { choose, dropAll } from '../work/databases.js';
import { ROWS } from '../work/rows.js';
import { assertFilesAllowed } from './machine.js';
import { measureRow, type Line } from './measure.js';
import { readBigOptions, readOptions, USAGE, type Options } from './options.js';
import { json, lineText, markdown, ratioOf } from './report.js';

const HOME = new URL('../../', import.meta.url);

try {
  const args = process.argv.slice(2);
  const bigTables = readBigOptions(args);
  const options = bigTables ? 'help' : readOptions(args);
  if (bigTables) await (await import('../big/big.js')).big(bigTables);
  else if (options === 'help') console.log(USAGE);
  else if (options.check) await check(options);
  else await bench(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  // Exit at once: child processes that are still starting keep this one alive. They end with it.
  process.exit(1);
}

async function bench(options: Options): Promise<void> {
  const start = Date.now();
  const lines = await measure(options);
  const command = ['npm run bench', ...process.argv.slice(2)].join(' ').replace('bench --', 'bench -- --');
  writeFileSync(new URL('results.json', HOME), json(lines, command));
  // Quick figures, or a part of the rows, must not replace a better table.
  const isWhole =
    options.database === 'sqlite' &&
    !options.quick &&
    options.rows.length === ROWS.length &&
    options.profile === undefined;
  if (isWhole)
    writeFileSync(new URL('results.md', HOME), await markdown(lines, command, (Date.now() - start) / 60_000));
  console.log(isWhole ? 'Written: bench/results.md, bench/results.json' : 'Written: bench/results.json');
}

async function check(options: Options): Promise<void> {
  const bounds = JSON.parse(readFileSync(new URL('bounds.json', HOME), 'utf8')) as Record<string, number>;
  const below = (lines: readonly Line[]): Line[] =>
    lines.filter((line) => !((ratioOf(line, 'jira') ?? NaN) >= (bounds[line.name] ?? 0)));
  let failed = below(await measure(options));
  if (failed.length > 0) {
    console.log(`Below its bound, measured once more: ${failed.map((line) => line.name).join(', ')}`);
    const again = options.rows.filter((name) => failed.some((line) => line.name === name));
    failed = below(await measure({ ...options, rows: again }));
  }
  for (const line of failed)
    console.error(`${line.name}: ${ratioOf(line, 'jira')?.toFixed(2)} of bare, the bound is ${bounds[line.name]}.`);
  if (failed.length > 0) process.exitCode = 1;
  else console.log('All within their bounds.');
}

async function measure(options: Options): Promise<Line[]> {
  const rows = ROWS.filter((row) => options.rows.includes(row.name));
  assertFilesAllowed(rows);
  choose(options.database);
  const lines: Line[] = [];
  try {
    for (const row of rows)
      for (const line of await measureRow(row, options)) {
        lines.push(line);
        console.log(lineText(line));
      }
  } finally {
    await dropAll(options.database);
  }
  return lines;
}
