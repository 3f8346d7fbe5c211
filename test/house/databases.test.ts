// Which database a data source is of is asked in one place; everything else asks its dialect.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, isTest, readImports } from './imports.js';

const NAME = '(?:better-sqlite3|sqlite|sqljs|postgres(?:ql)?|aurora-postgres|mysql2?|mariadb|aurora-mysql|cockroachdb)';
/** As a text, or as a key that is looked up. */
const NAMES = new RegExp(`(['"\`])${NAME}\\1|^\\s*(?:readonly )?${NAME}\\??:`);
const TYPE = /\boptions\.type\b|\{[^{}]*\btype\b[^{}]*\} = [\w.]+\.options\b/;

/** Opens a database of its own, rather than asking which one there is. */
const OPENS_ITS_OWN = 'libs/jira/src/testing/test-app.ts';
const ASKS = 'libs/jira/src/commits/dialect/dialects.ts';

/** One sentence per line that asks which database it is. */
function databaseFaults(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const code = line.replace(/(^|\s)(\/\/|\*|\/\*).*$/, '');
    const asks = TYPE.test(code) || (file !== OPENS_ITS_OWN && NAMES.test(code));
    return asks ? [`${file}:${index + 1} asks which database it is; ask dialectOf() what it does`] : [];
  });
}

describe('which database it is', () => {
  const files = [...readImports('libs/jira/src').keys()].filter((file) => !isTest(file));
  const faultsOf = (file: string): string[] => databaseFaults(file, readFileSync(join(ROOT, file), 'utf8'));

  it('is asked by the dialects alone', () => {
    expect(files.filter((file) => file !== ASKS).flatMap(faultsOf)).toEqual([]);
  });

  it('is asked there', () => {
    expect(faultsOf(ASKS).length).toBeGreaterThan(5);
  });

  it.each([
    "if (dataSource.options.type === 'postgres') return;",
    "switch (name) { case 'mysql': }",
    '  mysql: [],',
    'const { type } = driver.options;',
    'const { version, type: name } = this.dataSource.driver.options;',
  ])('is found in %s', (line) => {
    expect(databaseFaults('a.ts', `const a = 1;\n${line}`)).toEqual([
      'a.ts:2 asks which database it is; ask dialectOf() what it does',
    ]);
  });

  it('is not found in a comment', () => {
    expect(databaseFaults('a.ts', "/** `'postgres'` */\n// options.type")).toEqual([]);
  });
});
