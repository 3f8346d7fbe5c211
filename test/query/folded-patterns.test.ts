// The patterns that let an index serve searches without case find whatever the exact test finds, whatever lower case the
// database has.

import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { afterEach, expect, it } from 'vitest';
import { dialectOf } from '../../libs/jira/src/commits/dialect/dialects.js';
import type { ColumnType, TextTest } from '../../libs/jira/src/commits/dialect/dialect.js';
import { describeWith } from '../support/services.js';

const LOCALES = {
  'C, which knows ASCII alone': `LOCALE 'C'`,
  'C.UTF-8': `LOCALE 'C.UTF-8'`,
  'Turkish, where I is ı': `LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'tr'`,
  'ICU, which has two small sigmas': `LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'und'`,
} as const;

const TESTS = ['contains', 'startswith', 'endswith', 'exact'] as const;
const LETTERS = [...'abkABKiIsS09 %_!\\\'"ßẞéÉöÖσςΣıİ\u0307\u0301\u212A\u212BжЖ漢字😀ǅǆϴθẛ\u1E9EⱥȺ𐐀𐐨ꙋᲈꭰᎠ'];
const letter = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...LETTERS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
);
const text = fc.array(letter, { maxLength: 9 }).map((letters) => storable(letters.join('')));
/** A part of a text in another case, or any text. */
const pair = fc
  .tuple(text, fc.nat(4), fc.nat(9), fc.constantFrom('same', 'lower', 'upper', 'other'), text)
  .map(([whole, from, length, as, other]): [string, string] => {
    const part = [...whole].slice(from % 3, from + length).join('');
    return [whole, storable({ same: part, lower: part.toLowerCase(), upper: part.toUpperCase(), other }[as])];
  });

function storable(value: string): string {
  return value.replaceAll(/[\0\p{Surrogate}]/gu, '');
}

describeWith('postgres', 'a pattern for an index', (url) => {
  const undos: (() => Promise<void>)[] = [];
  afterEach(async () => {
    while (undos.length > 0) await undos.pop()?.();
  });

  async function open(locale: string): Promise<DataSource> {
    const server = await new DataSource({ type: 'postgres', url }).initialize();
    undos.push(() => server.destroy());
    const name = `jira_test_${randomUUID().slice(0, 8)}`;
    await server.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' ${locale}`);
    undos.push(() => server.query(`DROP DATABASE ${name} WITH (FORCE)`));
    const place = new URL(url);
    place.pathname = name;
    const dataSource = await new DataSource({ type: 'postgres', url: place.href, poolSize: 1 }).initialize();
    undos.push(() => dataSource.destroy());
    await dialectOf(dataSource).prepare((sql) => dataSource.query(sql));
    return dataSource;
  }

  it.each(Object.entries(LOCALES))('finds what the exact test finds: %s', async (_, locale) => {
    const dataSource = await open(locale);
    const dialect = dialectOf(dataSource);
    const column = { kind: 'text', type: 'text', column: {} } as unknown as ColumnType;
    const values: string[] = [];
    const bind = (value: string): string => `$${values.push(value)}::text`;
    const exactly = (sql: string, test: TextTest | 'exact', value: string): string =>
      test === 'exact'
        ? `${dialect.foldedText(sql)} = ${dialect.foldedText(bind(value))}`
        : dialect.textTest((one) => dialect.foldedText(one), sql, test, value, bind);
    let patterns = 0;
    let found = 0;
    for (let round = 0; round < 20; round++) {
      values.length = 0;
      const cases = fc.sample(pair, 200).flatMap(([whole, value], i) => {
        const test = TESTS[(i + round) % TESTS.length];
        const before = values.length;
        const sql = bind(whole);
        const narrow = dialect.narrowFolded?.(sql, column, test, value, bind);
        if (narrow === undefined) {
          values.length = before;
          return [];
        }
        patterns++;
        return [`(${exactly(sql, test, value)}, ${narrow}, ${bind(JSON.stringify([test, whole, value]))})`];
      });
      const rows: { exact: boolean; narrow: boolean; what: string }[] = await dataSource.query(
        `SELECT * FROM (VALUES ${cases.join(', ')}) AS cases (exact, narrow, what)`,
        values,
      );
      found += rows.filter(({ exact }) => exact).length;
      expect(rows.filter(({ exact, narrow }) => exact && !narrow)).toEqual([]);
    }
    expect(patterns).toBeGreaterThan(500);
    expect(found).toBeGreaterThan(100);
  });
});
