// `nestjs-jira indexes dist/app.module.js`: the indexes that the hooks' queries need, as SQL.

import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { applicationIndexes, type ApplicationIndexes } from '../nest/indexes/application-indexes.js';
import { openApplication } from './source.js';

const USAGE = `Usage:
  nestjs-jira indexes <module> [--user <json>] [--check] [--out <file>]

Lists the indexes that the filters, searches, orders and visibilities of the hooks can use, and creates in SQL those that
the database lacks. It reads the database and changes nothing.

  <module>        a compiled module of your application, started without listening: dist/app.module.js#AppModule
  --user <json>   the user whose visibility is asked; {"id":1} by default
  --check         exits with 1 if an index is missing`;

/** @returns the exit code */
export async function indexesCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      user: { type: 'string', default: '{"id":1}' },
      check: { type: 'boolean' },
      out: { type: 'string', short: 'o' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [source] = positionals;
  if (values.help || source === undefined) {
    (values.help ? process.stdout : process.stderr).write(`${USAGE}\n`);
    return values.help ? 0 : 2;
  }
  const user = userOf(values.user);
  const app = await openApplication(source);
  try {
    const indexes = await applicationIndexes(app, user);
    const text = indexesText(indexes);
    if (values.out === undefined) process.stdout.write(text);
    else await writeFile(values.out, text);
    return values.check && indexes.missing.length > 0 ? 1 : 0;
  } finally {
    await app.close();
  }
}

function userOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Error(`--user is not JSON: ${json}`, { cause: error });
  }
}

/** Returns SQL with comments that say what each index is for. */
export function indexesText({ found, missing, unserved }: ApplicationIndexes): string {
  const lines = [`-- ${count(missing.length)} missing, ${found.length} found.`];
  for (const { name, table, uses } of found) lines.push(comment(`${table}: found ${name}, for ${uses.join('; ')}`));
  for (const { use, why } of distinct(unserved)) lines.push(comment(`${use}: ${why}`));
  const prerequisites = new Set(missing.flatMap(({ prerequisite }) => (prerequisite === undefined ? [] : [prerequisite]))); // prettier-ignore
  if (prerequisites.size > 0) lines.push('', ...[...prerequisites].map((sql) => `${sql};`));
  for (const { uses, sql, decorator } of missing)
    lines.push(
      '',
      comment(`for ${uses.join('; ')}`),
      ...(decorator === undefined ? [] : [`-- or ${decorator}`]),
      `${sql};`,
    );
  return `${lines.join('\n')}\n`;
}

function count(indexes: number): string {
  return `${indexes} ${indexes === 1 ? 'index' : 'indexes'}`;
}

/** An SQL comment on one line: the text of an error may have several. */
function comment(text: string): string {
  return `-- ${text.replaceAll(/\s+/g, ' ')}`;
}

function distinct<T extends { readonly use: string; readonly why: string }>(all: readonly T[]): T[] {
  return [...new Map(all.map((one) => [`${one.use}\n${one.why}`, one])).values()];
}
