// Compiles a filter to a condition. The meaning of each lookup (`icontains`, `isnull`, …) is defined here.

import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { Filter, FilterTerm } from '../../policy/filtering/filter.js';
import { kindOf, toStored } from './column-value.js';
import {
  and,
  complement,
  oneOf,
  or,
  related,
  type Comparison,
  type Condition,
  type TextComparison,
} from './condition.js';
import type { DatePart } from '../../commits/dialect/dialect.js';
import { resolvePath } from './field-path.js';
import { SEES_ALL, type Sight } from './sight.js';

/**
 * @param sight the related rows that the filter may read
 * @throws TypeError if a path names no column; a checked query has no such path
 */
export function filterCondition(metadata: EntityMetadata, filter: Filter, sight: Sight = SEES_ALL): Condition {
  switch (filter.kind) {
    case 'and':
      return and(filter.filters.map((part) => filterCondition(metadata, part, sight)));
    case 'or':
      return or(filter.filters.map((part) => filterCondition(metadata, part, sight)));
    case 'not':
      return complement(filterCondition(metadata, filter.filter, sight));
    case 'term':
      return termCondition(metadata, filter, filter.unrestricted ? SEES_ALL : sight);
  }
}

function termCondition(metadata: EntityMetadata, term: FilterTerm, sight: Sight): Condition {
  const field = resolvePath(metadata, term.path);
  if (!field) throw new TypeError(`${metadata.name} has no field "${term.path.join('__')}" to filter by.`);
  if (term.lookup === 'in' && listOf(term.value).includes(null)) {
    const values = listOf(term.value).filter((value) => value !== null);
    const alternatives: FilterTerm[] = [
      { ...term, value: values },
      { ...term, lookup: 'isnull', value: true },
    ];
    return or(alternatives.map((one) => termCondition(metadata, one, sight)));
  }
  const positive = positiveOf(term);
  const through = (condition: Condition): Condition =>
    field.relations.reduceRight((inner, relation) => {
      return related(relation, and([sight(relation.inverseEntityMetadata), inner]));
    }, condition);
  if (positive !== undefined) return complement(termCondition(metadata, positive, sight));
  // "Has no value" is the complement of "has a value", so it also holds if the related row is missing.
  if (isNullTest(term)) {
    const isNull: Condition = { kind: 'null', column: field.column };
    if (field.relations.length === 0) return isNull;
    return complement(through(complement(isNull)));
  }
  return through(lookupCondition(field.column, term));
}

function isNullTest({ lookup, value }: FilterTerm): boolean {
  return (lookup === 'isnull' && value !== false) || (lookup === 'exact' && value === null);
}

/** Negative lookups are complements: they hold for rows without a value, and for rows without a related row. */
function positiveOf(term: FilterTerm): FilterTerm | undefined {
  if (term.lookup === 'ne') return { ...term, lookup: 'exact' };
  if (term.lookup === 'not_in') return { ...term, lookup: 'in' };
  return term.lookup === 'isnull' && term.value === false ? { ...term, value: true } : undefined;
}

function lookupCondition(column: ColumnMetadata, { lookup, value }: FilterTerm): Condition {
  switch (lookup) {
    case 'exact':
      return oneOf(column, [toStored(column, value)]);
    case 'in':
      return oneOf(column, listOf(value).map((item) => toStored(column, item))); // prettier-ignore
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return compare(column, lookup, value);
    case 'range': {
      const [from, to] = listOf(value);
      return and([compare(column, 'gte', from), compare(column, 'lte', to)]);
    }
    case 'contains':
    case 'startswith':
    case 'endswith':
      return text(column, lookup, false, value);
    case 'icontains':
    case 'istartswith':
    case 'iendswith':
    case 'iexact':
      return text(column, lookup.slice(1) as TextComparison['test'], true, value);
    case 'regex':
    case 'iregex':
      return text(column, 'regex', lookup === 'iregex', value);
    case 'date':
      return dayCondition(column, String(value));
    case 'year':
      return yearCondition(column, Number(value));
    case 'month':
    case 'day':
    case 'week_day':
    case 'hour':
    case 'minute':
    case 'second':
      return { kind: 'part', column, part: lookup satisfies DatePart, value: Number(value) };
    // `positiveOf` and the null test have already replaced these.
    case 'ne':
    case 'not_in':
    case 'isnull':
      throw new TypeError(`The lookup "${lookup}" is not a comparison.`);
  }
}

function compare(column: ColumnMetadata, operator: Comparison['operator'], value: unknown): Condition {
  return { kind: 'compare', column, operator, values: [toStored(column, value)] };
}

function text(column: ColumnMetadata, test: TextComparison['test'], folded: boolean, value: unknown): Condition {
  return { kind: 'text', column, test, folded, value: String(value) };
}

/** Matches one UTC day. As a range, it can use an index on the column. */
function dayCondition(column: ColumnMetadata, day: string): Condition {
  if (kindOf(column) === 'day') return oneOf(column, [toStored(column, day)]);
  const start = new Date(`${day}T00:00:00.000Z`);
  return between(column, start, new Date(start.getTime() + 86_400_000));
}

function yearCondition(column: ColumnMetadata, year: number): Condition {
  const [from, to] = [String(year).padStart(4, '0'), String(year + 1).padStart(4, '0')];
  if (kindOf(column) === 'day')
    return and([compare(column, 'gte', `${from}-01-01`), compare(column, 'lte', `${from}-12-31`)]);
  return between(column, new Date(`${from}-01-01T00:00:00.000Z`), new Date(`${to}-01-01T00:00:00.000Z`));
}

function between(column: ColumnMetadata, from: Date, to: Date): Condition {
  return and([compare(column, 'gte', from), compare(column, 'lt', to)]);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
