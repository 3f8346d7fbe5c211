// Translates an order of TanStack DB to a list's `ordering`.

import { parseOrderByExpression, type LoadSubsetOptions } from '@tanstack/db';

/** A demand for the first rows in an order. */
export interface Demand {
  /** The number of rows. */
  readonly rows: number;
  /** The leading field. */
  readonly field: string;
  /** The list's `ordering`. `backwards` is its reverse. */
  readonly ordering: string;
  readonly backwards: string;
  /** Whether rows without a value come first here, but last on the server. */
  readonly areNullsElsewhere: boolean;
  /** Whether text sorts as on the server. */
  readonly isTextAlike: boolean;
}

/** Returns what to read first. Undefined if all rows are needed. */
export function demandOf({ orderBy, limit, offset = 0 }: LoadSubsetOptions): Demand | undefined {
  const [first] = limit === undefined ? [] : parse(orderBy);
  if (!first || limit === undefined) return undefined;
  const name = first.field.join('__');
  const isDescending = first.direction === 'desc';
  return {
    rows: offset + limit,
    field: first.field.join('.'),
    // The leading field is enough, because all rows with an equal value in it are read.
    ordering: isDescending ? `-${name}` : name,
    backwards: isDescending ? name : `-${name}`,
    // The server puts rows without a value last when ascending and first when descending. When descending, they are read anyway.
    areNullsElsewhere: first.nulls === 'first' && !isDescending,
    isTextAlike: first.stringSort === 'lexical',
  };
}

function parse(orderBy: LoadSubsetOptions['orderBy']): ReturnType<typeof parseOrderByExpression> {
  try {
    return parseOrderByExpression(orderBy);
  } catch {
    // The order is by an expression, not by a field.
    return [];
  }
}

export function valueAt(row: unknown, field: string): unknown {
  return field.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | null)?.[name], row);
}

/** Whether these rows, the first in the server's order, contain the first rows in the wanted order. */
export function isEnough(rows: readonly unknown[], demand: Demand): boolean {
  const values = rows.map((row) => valueAt(row, demand.field)).filter((value) => value !== null && value !== undefined);
  if (!demand.isTextAlike && values.some((value) => typeof value === 'string' && !isDate(value))) return false;
  const boundary = values[demand.rows - 1];
  // Rows with equal values may come in any order, so all rows with the boundary's value must be there.
  return boundary !== undefined && values.at(-1) !== boundary;
}

/** Whether the text is an ISO date, which sorts the same in every collation. */
function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text);
}
