import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { ValidationException } from '../../core/errors/jira.exception.js';
import type { FieldDeclaration } from './field-declaration.js';
import type { FieldType, FieldTypes } from './field-type.js';
import { EVERYTHING, type Filter, type Lookup } from './filter.js';
import { DEFAULT_LIMITS } from '../../core/limits/limits.js';
import { QueryLanguage } from './query-language.js';

const TYPES: Readonly<Record<string, FieldType>> = {
  status: { kind: 'enum', isNullable: false, values: ['open', 'done'] },
  title: { kind: 'string', isNullable: true },
  points: { kind: 'integer', isNullable: true, min: -100, max: 100 },
  createdAt: { kind: 'date', isNullable: false },
  'tags.label': { kind: 'string', isNullable: false },
  'project.name': { kind: 'string', isNullable: false },
  'a.b.c.d.e': { kind: 'string', isNullable: false },
  gt: { kind: 'integer', isNullable: false },
};

class Types implements FieldTypes {
  typeOf(path: readonly string[]): FieldType | undefined {
    return TYPES[path.join('.')];
  }
  relationDepth(path: readonly string[]): number {
    return path.length - 1;
  }
  hasMany(path: readonly string[]): boolean {
    return path[0] === 'tags';
  }
}

const DECLARED: FieldDeclaration = {
  filterFields: {
    status: ['exact', 'in', 'isnull'],
    title: ['exact', 'icontains', 'ne'],
    points: ['exact', 'gt', 'range', 'in'],
    createdAt: ['year', 'date', 'gte'],
    project__name: ['exact', 'startswith'],
    gt: ['exact'],
  },
  orderingFields: ['createdAt', 'title', 'project__name'],
  searchFields: ['title', 'project.name'],
};
const RESERVED = new Set(['page', 'ordering', 'search', 'status2']);

const language = new QueryLanguage('IssueHook', DECLARED, new Types());
const term = (path: string, lookup: Lookup, value: unknown): Filter => ({ kind: 'term', path: path.split('.'), lookup, value }); // prettier-ignore
const parse = (query: Record<string, unknown>): Filter => language.parseFilter(query, RESERVED);

function errorsOf(read: () => unknown): unknown {
  try {
    read();
  } catch (error) {
    if (error instanceof ValidationException) return error.errors;
    throw error;
  }
  throw new Error('Nothing was refused.');
}

describe('parseFilter', () => {
  it.each<[Record<string, unknown>, Filter]>([
    [{}, EVERYTHING],
    [{ status: 'open', page: 2 }, term('status', 'exact', 'open')],
    [{ status__exact: 'open' }, term('status', 'exact', 'open')],
    [{ 'status!': 'open' }, { kind: 'not', filter: term('status', 'exact', 'open') }],
    [{ 'status__in!': 'open,done' }, { kind: 'not', filter: term('status', 'in', ['open', 'done']) }],
    [{ status__in: ['open'] }, term('status', 'in', ['open'])],
    [{ status__isnull: 'true' }, term('status', 'isnull', true)],
    [{ title: null }, term('title', 'exact', null)],
    [{ title__icontains: 'a,b' }, term('title', 'icontains', 'a,b')],
    [{ points__range: '1, 5' }, term('points', 'range', [1, 5])],
    [{ points__in: 5 }, term('points', 'in', [5])],
    [{ createdAt__year: '2024' }, term('createdAt', 'year', 2024)],
    [{ createdAt__date: '2024-02-29' }, term('createdAt', 'date', '2024-02-29')],
    [{ project__name__startswith: 'x' }, term('project.name', 'startswith', 'x')],
    [{ 'project.name': 'x' }, term('project.name', 'exact', 'x')],
    [{ gt: 1 }, term('gt', 'exact', 1)],
  ])('reads %j', (query, expected) => {
    expect(parse(query)).toEqual(expected);
  });

  it('joins keys with and, and alternatives with or', () => {
    expect(parse({ points__gt: 1, $or: [{ status: 'open' }, { title: 'x', 'points!': 5 }] })).toEqual({
      kind: 'and',
      filters: [
        term('points', 'gt', 1),
        {
          kind: 'or',
          filters: [
            term('status', 'exact', 'open'),
            {
              kind: 'and',
              filters: [term('title', 'exact', 'x'), { kind: 'not', filter: term('points', 'exact', 5) }],
            },
          ],
        },
      ],
    });
  });

  it('looks for every word of a search in any of the search fields', () => {
    const word = (value: string): Filter => ({ kind: 'or', filters: [term('title', 'icontains', value), term('project.name', 'icontains', value)] }); // prettier-ignore
    expect(parse({ search: '  ship  it ' })).toEqual({ kind: 'and', filters: [word('ship'), word('it')] });
    expect(parse({ search: '' })).toEqual(EVERYTHING);
  });

  it('names every fault at once, as the client wrote the keys', () => {
    const query = {
      points: 'abc',
      'points__in!': '1,x',
      points__range: '1',
      title__contains: 'x',
      unknown: 1,
      title__nonsense: 1,
      constructor: 1,
      createdAt__year: 'soon',
      $or: [{ status: 'shut' }, {}, 'x', { $or: [] }],
    };
    const text = expect.any(String) as string;
    expect(errorsOf(() => parse(query))).toEqual({
      points: ['Must be an integer.'],
      'points__in!': ['Must be an integer.'],
      points__range: ['Must have two values: from and to.'],
      title__contains: ['The lookup "contains" is not allowed here; allowed: exact, icontains, ne.'],
      unknown: ['This field cannot be filtered.'],
      title__nonsense: ['This field cannot be filtered.'],
      constructor: ['This field cannot be filtered.'],
      createdAt__year: ['Must be an integer.'],
      '$or.0.status': ['Must be one of open, done.'],
      '$or.1': [text],
      '$or.2': [text],
      '$or.3.$or': [text],
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['long lists', { points__in: Array.from({ length: 101 }, (_, n) => n - 50) }],
    ['long text', { title: 'x'.repeat(1001) }],
    ['deep alternatives', { $or: [{ $or: [{ $or: [{ $or: [{ title: 'x' }] }] }] }] }],
    ['many alternatives', { $or: Array.from({ length: 51 }, () => ({ title: 'x' })) }],
    ['many comparisons', { $or: Array.from({ length: 20 }, () => ({ title: 'x', status: 'open', points: 1 })) }],
    ['long searches', { search: 'a b c d e f g h i' }],
    ['search of no text', { search: ['a'] }],
  ])('refuses %s', (_, query) => {
    expect(Object.keys(errorsOf(() => parse(query)) as object)).toHaveLength(1);
  });

  it('refuses a search where nothing is declared to search in', () => {
    const silent = new QueryLanguage('IssueHook', { ...DECLARED, searchFields: [] }, new Types());
    expect(errorsOf(() => silent.parseFilter({ search: 'x' }, RESERVED))).toHaveProperty('search');
  });
});

describe('parseOrdering', () => {
  it('reads fields and directions', () => {
    expect(language.parseOrdering({ ordering: '-createdAt, title,project__name' })).toEqual([
      { path: ['createdAt'], direction: 'desc' },
      { path: ['title'], direction: 'asc' },
      { path: ['project', 'name'], direction: 'asc' },
    ]);
    expect(language.parseOrdering({ ordering: ['title'] })).toEqual([{ path: ['title'], direction: 'asc' }]);
    expect(language.parseOrdering({})).toBeUndefined();
  });

  it.each([['points'], ['-'], ['title,'], [7], [{}], [Array.from({ length: 9 }, () => 'title')]])(
    'refuses %j',
    (ordering) => {
      // prettier-ignore
      expect(errorsOf(() => language.parseOrdering({ ordering }))).toHaveProperty('ordering');
    },
  );
});

describe('a declaration', () => {
  const declare = (more: Partial<FieldDeclaration>): (() => unknown) => () => new QueryLanguage('IssueHook', { ...DECLARED, ...more }, new Types()); // prettier-ignore

  it.each<[string, Partial<FieldDeclaration>]>([
    ['an unknown field', { filterFields: { nope: ['exact'] } }],
    ['an unknown lookup', { filterFields: { title: ['like'] } }],
    ['a lookup its field has no meaning for', { filterFields: { points: ['icontains'] } }],
    ['patterns where the store has no safe ones', { filterFields: { title: ['regex'] } }],
    ['an unknown field to order by', { orderingFields: ['nope'] }],
    ['a field to order by of which a row may have several', { orderingFields: ['tags__label'] }],
    ['a number to search in', { searchFields: ['points'] }],
    ['a field too many relations away', { orderingFields: ['a__b__c__d__e'] }],
  ])('with %s is refused at boot', (_, declared) => {
    expect(declare(declared)).toThrow(ConfigurationError);
    expect(declare(declared)).toThrow(/^IssueHook lists "?.+\. .+\.$/);
  });

  it.each([
    [{ title: 4.5 }, 'has the weight 4.5 for "title" in queryWeights'],
    [{ title: -1 }, 'has the weight -1'],
    [{ createdBy: 1 }, 'weighs "createdBy" in queryWeights, which clients can neither filter nor search by'],
    [{ title__weight: 1 }, 'weighs "title__weight"'],
  ])('refuses the weights %o', (queryWeights, fault) => {
    expect(() => new QueryLanguage('IssueHook', { ...DECLARED, queryWeights }, new Types())).toThrow(fault);
  });

  it('may raise the limits', () => {
    const limits = { ...DEFAULT_LIMITS, relationDepth: 4 };
    expect(() => new QueryLanguage('IssueHook', { ...DECLARED, orderingFields: ['a__b__c__d__e'] }, new Types(), limits)).not.toThrow(); // prettier-ignore
  });
});
