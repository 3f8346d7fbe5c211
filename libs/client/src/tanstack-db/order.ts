// An order of TanStack DB as an order of a list.

import { parseOrderByExpression, type LoadSubsetOptions } from '@tanstack/db';

/** The first rows of an order. */
export interface Demand {
  /** How many. */
  readonly rows: number;
  /** The leading field. */
  readonly field: string;
  /** The list's `ordering`, and the same backwards. */
  readonly ordering: string;
  readonly backwards: string;
  /** Rows without a value come first, and the server has them last. */
  readonly areNullsElsewhere: boolean;
  /** Text is in the server's order too. */
  readonly isTextAlike: boolean;
}

/** Undefined: all rows are needed. */
export function demandOf({ orderBy, limit, offset = 0 }: LoadSubsetOptions): Demand | undefined {
  const [first] = limit === undefined ? [] : parse(orderBy);
  if (!first || limit === undefined) return undefined;
  const name = first.field.join('__');
  const isDescending = first.direction === 'desc';
  return {
    rows: offset + limit,
    field: first.field.join('.'),
    // The leading field is enough: rows that are equal in it are read to the last.
    ordering: isDescending ? `-${name}` : name,
    backwards: isDescending ? name : `-${name}`,
    // Rows without a value come last in the server's ascending order, first in its descending one, where they are read anyway.
    areNullsElsewhere: first.nulls === 'first' && !isDescending,
    isTextAlike: first.stringSort === 'lexical',
  };
}

function parse(orderBy: LoadSubsetOptions['orderBy']): ReturnType<typeof parseOrderByExpression> {
  try {
    return parseOrderByExpression(orderBy);
  } catch {
    // By an expression, not a field.
    return [];
  }
}

export function valueAt(row: unknown, field: string): unknown {
  return field.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | null)?.[name], row);
}

/** Whether these rows, the first of the server's order, hold the first rows of the order that was asked for. */
export function isEnough(rows: readonly unknown[], demand: Demand): boolean {
  const values = rows.map((row) => valueAt(row, demand.field)).filter((value) => value !== null && value !== undefined);
  if (!demand.isTextAlike && values.some((value) => typeof value === 'string' && !isDate(value))) return false;
  const boundary = values[demand.rows - 1];
  // All rows that are equal there belong to it: which of them come first is not said.
  return boundary !== undefined && values.at(-1) !== boundary;
}

/** In every collation in the same order. */
function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text);
}
