// What a filter means, read plainly in JavaScript: the judge of the three databases.

import type { Filter, FilterTerm } from '../../libs/jira/src/policy/filtering/filter.js';
import type { Owner, Sample } from './model.js';

export interface Row {
  readonly row: Sample;
  readonly owner: Owner | null;
}

export function holds(filter: Filter, row: Row): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((part) => holds(part, row));
    case 'or':
      return filter.filters.some((part) => holds(part, row));
    case 'not':
      return !holds(filter.filter, row);
    case 'term':
      return holdsTerm(filter, row);
  }
}

function holdsTerm(term: FilterTerm, row: Row): boolean {
  const values = valuesOf(term.path, row).filter((value) => value !== null && value !== undefined);
  switch (term.lookup) {
    case 'ne':
      return !holdsTerm({ ...term, lookup: 'exact' }, row);
    case 'not_in':
      return !holdsTerm({ ...term, lookup: 'in' }, row);
    case 'isnull':
      return (values.length === 0) === term.value;
    case 'exact':
      return term.value === null ? values.length === 0 : values.some((value) => compares(value, term));
    default:
      return values.some((value) => compares(value, term));
  }
}

function valuesOf(path: readonly string[], { row, owner }: Row): unknown[] {
  const name = path.join('.');
  if (name === 'owner' || name === 'owner.id') return [row.owner?.id];
  if (name === 'owner.name') return [owner?.name];
  if (name === 'tags.id') return row.tags.map((tag) => tag.id);
  if (name === 'tags.label') return row.tags.map((tag) => tag.label);
  return [path.reduce<unknown>((object, key) => (object as Record<string, unknown>)[key], row)];
}

function compares(value: unknown, { lookup, path, value: operand }: FilterTerm): boolean {
  const compareTwo = { big: compareBig, price: compareNumbers }[path[0]] ?? compare;
  const order = (other: unknown): number => compareTwo(value, other);
  switch (lookup) {
    case 'exact':
      return order(operand) === 0;
    case 'in':
      return (operand as unknown[]).some((item) => order(item) === 0);
    case 'gt':
      return order(operand) > 0;
    case 'gte':
      return order(operand) >= 0;
    case 'lt':
      return order(operand) < 0;
    case 'lte':
      return order(operand) <= 0;
    case 'range': {
      const [from, to] = operand as [unknown, unknown];
      return order(from) >= 0 && order(to) <= 0;
    }
    case 'contains':
      return String(value).includes(String(operand));
    case 'startswith':
      return String(value).startsWith(String(operand));
    case 'endswith':
      return String(value).endsWith(String(operand));
    case 'iexact':
      return lower(value) === lower(operand);
    case 'icontains':
      return lower(value).includes(lower(operand));
    case 'istartswith':
      return lower(value).startsWith(lower(operand));
    case 'iendswith':
      return lower(value).endsWith(lower(operand));
    default:
      return partOf(new Date(value as string), lookup) === operand;
  }
}

function lower(value: unknown): string {
  return String(value).toLowerCase().replace(/ς/g, 'σ');
}

function partOf(date: Date, lookup: FilterTerm['lookup']): unknown {
  const iso = date.toISOString();
  if (lookup === 'date') return iso.slice(0, 10);
  if (lookup === 'week_day') return date.getUTCDay() + 1;
  const [from, to] = ({ year: [0, 4], month: [5, 7], day: [8, 10], hour: [11, 13], minute: [14, 16], second: [17, 19] } as Record<string, [number, number]>)[lookup] ?? [0, 0]; // prettier-ignore
  return Number(iso.slice(from, to));
}

/** Decimals are texts here and numbers there, with as many zeros as the database likes. */
function compareNumbers(a: unknown, b: unknown): number {
  return Number(a) - Number(b);
}

function compareBig(a: unknown, b: unknown): number {
  const [x, y] = [BigInt(a as string), BigInt(b as string)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function compare(a: unknown, b: unknown): number {
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime();
  if (typeof a !== 'string' || typeof b !== 'string') return Number(a) - Number(b);
  const [x, y] = [Array.from(a), Array.from(b)].map((chars) => chars.map((char) => char.codePointAt(0) as number)) as [number[], number[]]; // prettier-ignore
  for (const [index, code] of x.entries()) {
    const other = y[index];
    if (other === undefined) return 1;
    if (code !== other) return code - other;
  }
  return x.length - y.length;
}
