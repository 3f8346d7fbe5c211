// One meaning: the same condition gives the same rows in SQL, from images in SQL, in memory, and by a plain reading in
// JavaScript, on each database.

import fc from 'fast-check';
import { And, Between, Equal, In, IsNull, LessThan, LessThanOrEqual, MoreThan, MoreThanOrEqual, Not, Or, type DataSource } from 'typeorm'; // prettier-ignore
import { beforeAll, expect, it } from 'vitest';
import type { Filter, FilterTerm } from '../../libs/jira/src/policy/filtering/filter.js';
import type { Image } from '../../libs/jira/src/core/changes/change.js';
import { dialectOf } from '../../libs/jira/src/commits/dialect/dialects.js';
import { askDatabase } from '../../libs/jira/src/typeorm/query/judge-images.js';
import {
  compileFilter,
  compileVisibility,
  type RowPredicate,
} from '../../libs/jira/src/typeorm/query/row-predicate.js';
import { describeEachDatabase } from '../support/databases.js';
import { MODEL, Owner, Sample, Tag } from './model.js';
import { holds, type Row } from './oracle.js';

const RUNS = Number(process.env['JIRA_FUZZ_RUNS'] ?? 100);

const TEXTS = [
  '', ' ', 'a', 'A', 'a ', ' a', 'á', 'Á', 'ä', 'Ä', 'ß', 'ss', 'ae', 'æ', 'Σ', 'σ', 'ς', 'ΟΔΟΣ', 'οδος', '😀', '😀a', '\uFF5E',
  '%', '_', '!', '\\', "'", '"', '%a', 'a_', 'ab', 'aB%', ':jira_p0', '?', '$1', 'ы', 'Ы', 'e\u0301', 'é', 'İ', 'i\u0307', 'ı', 'I', '\uFF5E\uFF5E',
]; // prettier-ignore
const NUMBERS = [-1, 0, 1, 2, 2147483647];
// SQLite's driver reads integers beyond 2^53 rounded, so that no image holds them.
const BIGS = ['-9007199254740991', '0', '1', '9007199254740990', '9007199254740991'];
const LARGE_BIGS = ['-9223372036854775808', '0', '1', '9007199254740993', '9007199254740992', '9223372036854775807'];
const RATIOS = [-0.5, 0, 0.1, 1 / 3, 1e10];
/** The same number in several forms; digits that text would order otherwise. */
const PRICES = ['0.5', '0.500', '1', '1.000', '9.900', '10.250', '-0.001'];
const TIMES = [
  '2024-02-29T23:59:59.999Z', '2024-03-01T00:00:00.000Z', '2024-03-01T00:00:00.001Z', '2024-12-31T23:30:00.500Z', '2025-01-01T00:00:00.000Z',
].map((time) => new Date(time)); // prettier-ignore
const DAYS = ['2024-02-29', '2024-03-01', '2024-12-31'];
const UIDS = ['00000000-0000-4000-8000-00000000000a', '6f9619ff-8b86-4011-b42d-00c04fc964ff'];
const LEVELS = ['low', 'High', 'é'] as const;

const maybe = <T>(values: readonly T[]): fc.Arbitrary<T | null> => fc.option(fc.constantFrom(...values), { freq: 5 });
const text = fc.constantFrom(...TEXTS);

const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  code: text,
  part: fc.constantFrom(...NUMBERS),
  text,
  flag: fc.boolean(),
  amount: fc.constantFrom(...NUMBERS),
  big: fc.constantFrom(...BIGS, ...LARGE_BIGS),
  ratio: fc.constantFrom(...RATIOS),
  price: fc.constantFrom(...PRICES),
  at: fc.constantFrom(...TIMES),
  day: fc.constantFrom(...DAYS),
  uid: fc.constantFrom(...UIDS),
  level: fc.constantFrom(...LEVELS),
  'address.city': text,
  'address.zip': fc.constantFrom(...NUMBERS),
  owner: fc.constantFrom(1, 2, 3),
  'owner.id': fc.constantFrom(1, 2, 3),
  'owner.name': text,
  'tags.id': fc.constantFrom(1, 2, 3),
  'tags.label': text,
};
const TEXT_FIELDS = ['code', 'text', 'address.city', 'owner.name', 'tags.label'];
const ORDERED_FIELDS = Object.keys(VALUES).filter((name) => !['flag', 'uid', 'level'].includes(name));

const of = (field: string): fc.Arbitrary<unknown> => VALUES[field];
const term = (field: string, lookup: FilterTerm['lookup'], value: fc.Arbitrary<unknown>): fc.Arbitrary<Filter> =>
  value.map((v) => ({ kind: 'term', path: field.split('.'), lookup, value: v }));

const anyTerm: fc.Arbitrary<Filter> = fc.oneof(
  fc
    .constantFrom(...Object.keys(VALUES))
    .chain((field) =>
      fc.oneof(
        term(field, 'exact', fc.option(of(field), { freq: 9 })),
        term(field, 'ne', fc.option(of(field), { freq: 9 })),
        term(field, 'in', fc.array(of(field), { minLength: 1, maxLength: 3 })),
        term(field, 'not_in', fc.array(of(field), { minLength: 1, maxLength: 3 })),
        term(field, 'isnull', fc.boolean()),
      ),
    ),
  fc
    .constantFrom(...ORDERED_FIELDS)
    .chain((field) =>
      fc.oneof(
        term(field, 'gt', of(field)),
        term(field, 'gte', of(field)),
        term(field, 'lt', of(field)),
        term(field, 'lte', of(field)),
        term(field, 'range', fc.tuple(of(field), of(field))),
      ),
    ),
  fc.constantFrom(...TEXT_FIELDS).chain(
    (field) =>
    fc.constantFrom('contains', 'startswith', 'endswith', 'icontains', 'istartswith', 'iendswith', 'iexact').chain((lookup) => term(field, lookup as FilterTerm['lookup'], text)), // prettier-ignore
  ),
  fc
    .constantFrom('at', 'day')
    .chain((field) =>
      fc.oneof(
        term(field, 'date', fc.constantFrom(...DAYS)),
        term(field, 'year', fc.constantFrom(2024, 2025)),
        term(field, 'month', fc.constantFrom(1, 2, 3, 12)),
        term(field, 'day', fc.constantFrom(1, 29, 31)),
        term(field, 'week_day', fc.constantFrom(1, 2, 3, 4, 5, 6, 7)),
      ),
    ),
  term('at', 'hour', fc.constantFrom(0, 23)),
  term('at', 'minute', fc.constantFrom(0, 30, 59)),
  term('at', 'second', fc.constantFrom(0, 59)),
);

const { filter: anyFilter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyTerm,
    fc.record({ kind: fc.constantFrom('and', 'or'), filters: fc.array(tie('filter'), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant('not'), filter: tie('filter') }),
  ),
}));

/** Cases that chance seldom draws. */
const EXAMPLES: readonly Filter[] = [
  ...['owner.name', 'tags.label', 'text', 'owner'].flatMap((name) => [true, false].map((value): Filter => ({ kind: 'term', path: name.split('.'), lookup: 'isnull', value }))),
  ...(['gt', 'lt'] as const).map((lookup): Filter => ({ kind: 'term', path: ['text'], lookup, value: '\uFF5E' })),
  ...(['exact', 'gt', 'gte', 'lt', 'lte'] as const).map((lookup): Filter => ({ kind: 'term', path: ['at'], lookup, value: TIMES[1] })),
]; // prettier-ignore

const anyOperator = (value: fc.Arbitrary<unknown>, isOrdered: boolean): fc.Arbitrary<unknown> => {
  const simple = fc.oneof(
    value,
    value.map((v) => Equal(v)),
    fc.array(value, { maxLength: 3 }).map((v) => In(v)),
    fc.constant(IsNull()),
    ...(isOrdered
      ? [
          value.map((v) => LessThan(v)),
          value.map((v) => LessThanOrEqual(v)),
          value.map((v) => MoreThan(v)),
          value.map((v) => MoreThanOrEqual(v)),
          fc.tuple(value, value).map(([a, b]) => Between(a, b)),
        ]
      : []),
  );
  const operators = fc.oneof(
    value.map((v) => Equal(v)),
    fc.array(value, { maxLength: 3 }).map((v) => In(v)),
    fc.constant(IsNull()),
  );
  return fc.oneof(
    simple,
    simple.map((v) => Not(v)),
    fc.tuple(operators, operators).map(([a, b]) => Or(a, Not(b))),
    fc.tuple(operators, operators).map(([a, b]) => And(Not(a), Not(b))),
  );
};

const ownWhere = fc
  .constantFrom(...Object.keys(VALUES).filter((name) => !name.includes('.') && name !== 'owner'))
  .chain((field) => anyOperator(of(field), ORDERED_FIELDS.includes(field)).map((value) => ({ [field]: value })));
const nestedWhere = fc
  .constantFrom('address.city', 'owner.id', 'owner.name', 'tags.id', 'tags.label')
  .chain((field) => {
    const [outer, inner] = field.split('.') as [string, string];
    return anyOperator(of(field), true).map((value) => ({ [outer]: { [inner]: value } }));
  });
const deepWhere = anyOperator(of('text'), true).map((value) => ({ owner: { samples: { text: value } } }));
const anyWhere = fc.array(fc.oneof(ownWhere, nestedWhere, deepWhere), { minLength: 1, maxLength: 3 }).map((parts) => Object.assign({}, ...parts) as object); // prettier-ignore
const anyVisibility = fc.oneof(anyWhere, fc.array(anyWhere, { maxLength: 3 }));

const anyRow = fc.record({
  text: maybe(TEXTS),
  flag: maybe([true, false]),
  amount: maybe(NUMBERS),
  big: maybe(BIGS),
  ratio: maybe(RATIOS),
  price: maybe(['0.500', '1.000', '9.900', '10.250', '-0.001']),
  at: maybe(TIMES),
  day: maybe(DAYS),
  uid: maybe(UIDS),
  level: maybe(LEVELS),
  address: fc.record({ city: maybe(TEXTS), zip: maybe(NUMBERS) }),
  owner: maybe([1, 2, 3]),
  tags: fc.subarray([1, 2, 3]),
});

describeEachDatabase('a condition has one meaning', ({ type, open }) => {
  let dataSource: DataSource;
  let rows: Row[];

  beforeAll(async () => {
    dataSource = await open(MODEL);
    await dialectOf(dataSource).prepare((sql) => dataSource.query(sql));
    const names = ['ä', null, 'A '];
    await dataSource.manager.save(Owner, names.map((name) => ({ name }))); // prettier-ignore
    await dataSource.manager.save(Tag, ['a', 'Á', '%'].map((label) => ({ label }))); // prettier-ignore
    const samples = fc.sample(anyRow, { numRuns: 150, seed: 7 });
    const entities = samples.map((row, index) => ({
      ...row,
      big: type === 'better-sqlite3' || index % 3 > 0 ? row.big : LARGE_BIGS[index % LARGE_BIGS.length],
      code: TEXTS[index % TEXTS.length],
      part: index,
      owner: row.owner === null ? null : { id: row.owner },
      tags: row.tags.map((id) => ({ id })),
    }));
    await dataSource.manager.save(Sample, entities, { chunk: 50 });
    // As `datetime('now')` writes it: whole seconds have no decimals.
    if (type === 'better-sqlite3')
      await dataSource.query(`UPDATE sample SET at = substr(at, 1, 19) WHERE at LIKE '%.000'`);
    const stored = await dataSource.manager.find(Sample, { relations: { owner: true, tags: true } });
    const owners = await dataSource.manager.find(Owner, { relations: { samples: true } });
    rows = stored.map((row) => ({ row, owner: owners.find((owner) => owner.id === row.owner?.id) ?? null }));
    expect(rows).toHaveLength(150);
  });

  const imageOf = ({ row }: Row): Image => {
    const { owner, tags: _, ...own } = row;
    return { ...own, owner: owner && { id: owner.id } };
  };

  async function verdicts(
    predicate: RowPredicate,
  ): Promise<{ sql: Set<number>; images: Set<number>; memory: unknown[] }> {
    const query = dataSource.manager.createQueryBuilder(Sample, 'sample');
    predicate.apply(query, 'sample');
    const found = await query.getMany();
    const images = rows.map(imageOf);
    const judged = await askDatabase(dataSource.manager, predicate, images);
    expect(await query.getCount()).toBe(found.length);
    return {
      sql: new Set(found.map((row) => row.part)),
      images: new Set([...judged].map((index) => rows[index]?.row.part ?? -1)),
      memory: images.map((image) => predicate.matches(image)),
    };
  }

  async function agree(predicate: RowPredicate): Promise<Set<number>> {
    const { sql, images, memory } = await verdicts(predicate);
    expect(
      [...images].toSorted((a, b) => a - b),
      'judged from images',
    ).toEqual([...sql].toSorted((a, b) => a - b));
    const told = rows.flatMap(({ row }, index) => (memory[index] === undefined ? [] : [[row.part, memory[index]]]));
    const expected = told.map(([part]) => [part, sql.has(part as number)]);
    expect(told, 'in memory').toEqual(expected);
    for (const [path, values] of predicate.equalities)
      for (const { row } of rows) if (sql.has(row.part)) expectOneOf(path, row, values);
    return sql;
  }

  it('for filters, the same as read in JavaScript', async () => {
    const metadata = dataSource.getMetadata(Sample);
    await fc.assert(
      fc.asyncProperty(anyFilter, async (filter) => {
        const sql = await agree(compileFilter(metadata, filter));
        const expected = rows.filter((row) => holds(filter, row)).map(({ row }) => row.part);
        expect(
          [...sql].toSorted((a, b) => a - b),
          `on ${type}`,
        ).toEqual(expected.toSorted((a, b) => a - b));
      }),
      { numRuns: RUNS, examples: EXAMPLES.map((filter): [Filter] => [filter]) },
    );
  });

  it('for visibilities', async () => {
    const metadata = dataSource.getMetadata(Sample);
    await fc.assert(
      fc.asyncProperty(
        anyVisibility,
        async (visibility) => void (await agree(compileVisibility(metadata, visibility))),
      ),
      { numRuns: RUNS },
    );
  });
});

function expectOneOf(path: string, row: Sample, values: readonly unknown[]): void {
  const value = path.split('.').reduce<unknown>((object, name) => (object as Record<string, unknown> | null)?.[name] ?? null, row); // prettier-ignore
  expect(values.map(String)).toContain(String(value));
}
