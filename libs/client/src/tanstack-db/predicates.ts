// Translates a predicate of TanStack DB to a list's filter. The filter selects the same rows, or more if it cannot express all.

import { extractFieldPath, extractValue, type IR } from '@tanstack/db';
import type { Query } from 'nestjs-jira-protocol';

type Expression = IR.BasicExpression;

/** Query keys that are not filters. To filter by a field with such a name, use a lookup. */
const RESERVED = new Set(['page', 'page_size', 'limit', 'offset', 'cursor', 'ordering', 'search', 'expand', 'fields']);

/** The server's default limit of values for `in`. */
const MAX_VALUES = 100;

const COMPARISONS = new Set(['gt', 'gte', 'lt', 'lte']);

/** Returns a filter for all rows that the predicate may hold for. `{}` selects all rows. */
export function filterOf(where: Expression | undefined): Query {
  return (where && translate(where, false)) ?? {};
}

/** Combines two filters that must both hold. A key that both have is taken from the first: more rows, never fewer. */
export function both(first: Query, second: Query): Query {
  return { ...second, ...first };
}

/** Returns the key of the only row that the predicate may hold for, if there is such a key. */
export function onlyKey(where: Expression | undefined, field: string): string | number | undefined {
  if (where?.type !== 'func') return undefined;
  if (where.name === 'and') return where.args.map((arg) => onlyKey(arg, field)).find((key) => key !== undefined);
  const value: unknown = where.name === 'eq' ? sides(where.args, field) : undefined;
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

function sides([left, right]: readonly Expression[], field: string): unknown {
  if (!left || !right) return undefined;
  if (extractFieldPath(left)?.join('.') === field) return extractValue(right);
  return extractFieldPath(right)?.join('.') === field ? extractValue(left) : undefined;
}

/** Returns undefined if nothing narrows the rows. Negation moves down to the comparisons, which all have an exact opposite. */
function translate(expression: Expression, isNegated: boolean): Query | undefined {
  if (expression.type !== 'func') return undefined;
  const { name, args } = expression;
  if (name === 'not') return args[0] && translate(args[0], !isNegated);
  if (name === 'and' || name === 'or') {
    const parts = args.map((arg) => translate(arg, isNegated));
    return (name === 'and') === isNegated ? anyOf(parts) : allOf(parts);
  }
  const term = termOf(name, args);
  return term && { [isNegated ? `${term[0]}!` : term[0]]: term[1] };
}

function allOf(parts: readonly (Query | undefined)[]): Query | undefined {
  const said = parts.filter((part) => part !== undefined);
  return said.length === 0 ? undefined : said.reduce(both);
}

function anyOf(parts: readonly (Query | undefined)[]): Query | undefined {
  const said = parts.filter((part) => part !== undefined);
  if (said.length === 0 || said.length < parts.length) return undefined;
  return said.length === 1 ? said[0] : { $or: said };
}

const MIRRORED: Readonly<Record<string, string>> = { eq: 'eq', gt: 'lt', gte: 'lte', lt: 'gt', lte: 'gte' };

function termOf(name: string, [left, right]: readonly Expression[]): [key: string, value: unknown] | undefined {
  if (!left) return undefined;
  const field = fieldOf(left);
  if (name === 'isNull') return field === undefined ? undefined : [`${field}__isnull`, true];
  if (!right) return undefined;
  if (field === undefined) {
    const mirrored = MIRRORED[name];
    return mirrored !== undefined && fieldOf(right) !== undefined ? termOf(mirrored, [right, left]) : undefined;
  }
  if (right.type !== 'val') return undefined;
  const value: unknown = extractValue(right);
  if (name === 'in') return valuesTerm(field, value);
  if (name === 'like' || name === 'ilike') return textTerm(field, value, name === 'ilike');
  const plain = plainOf(value);
  if (plain === undefined) return undefined;
  if (name === 'eq') return exact(field, plain);
  return COMPARISONS.has(name) && isComparedAlike(plain) ? [`${field}__${name}`, plain] : undefined;
}

function fieldOf(expression: Expression): string | undefined {
  return extractFieldPath(expression)?.join('__');
}

function exact(field: string, value: unknown): [string, unknown] {
  return [RESERVED.has(field) ? `${field}__exact` : field, value];
}

function valuesTerm(field: string, value: unknown): [string, unknown] | undefined {
  if (!Array.isArray(value)) return undefined;
  const plain = value.filter((item) => item !== null && item !== undefined).map(plainOf);
  if (plain.length === 0 || plain.length > MAX_VALUES || plain.includes(undefined)) return undefined;
  return [`${field}__in`, plain];
}

/** Translates the patterns that equal a lookup: `a%`, `%a`, `%a%` and `a`. */
function textTerm(field: string, pattern: unknown, isCaseIgnored: boolean): [string, unknown] | undefined {
  if (typeof pattern !== 'string') return undefined;
  const [, before, text, after] = /^(%*)([^%_]+)(%*)$/s.exec(pattern) ?? [];
  if (text === undefined) return undefined;
  // Databases ignore the case of other letters differently.
  // oxlint-disable-next-line no-control-regex -- it is the range of ASCII
  if (isCaseIgnored && !/^[\x00-\x7f]*$/.test(text)) return undefined;
  const lookup = before ? (after ? 'contains' : 'endswith') : after ? 'startswith' : 'exact';
  if (lookup === 'exact' && !isCaseIgnored) return exact(field, text);
  return [`${field}__${isCaseIgnored ? 'i' : ''}${lookup}`, text];
}

/** The value as a query may hold it. Undefined if it may not. */
function plainOf(value: unknown): string | number | boolean | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' || typeof value === 'boolean' ? value : undefined;
}

/** JavaScript compares text by code units, the server by code points. Up to U+D7FF, the order is the same. */
function isComparedAlike(value: string | number | boolean): boolean {
  return typeof value === 'string' ? !/[\uD800-\uFFFF]/.test(value) : typeof value === 'number';
}
