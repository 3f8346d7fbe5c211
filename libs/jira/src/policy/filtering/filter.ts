// The filter tree: what a checked query means, before any store turns it into its own language.

export const LOOKUPS = [
  'exact', 'iexact', 'ne', 'contains', 'icontains', 'startswith', 'istartswith', 'endswith', 'iendswith',
  'regex', 'iregex', 'in', 'not_in', 'range', 'gt', 'gte', 'lt', 'lte', 'isnull',
  'date', 'year', 'month', 'day', 'week_day', 'hour', 'minute', 'second',
] as const; // prettier-ignore
/** How a condition compares a field. */
export type Lookup = (typeof LOOKUPS)[number];

/** One comparison of one column; `path` may cross relations (`['project', 'name']`). `value` has the column's type. */
export interface FilterTerm {
  readonly kind: 'term';
  readonly path: readonly string[];
  readonly lookup: Lookup;
  readonly value: unknown;
  /**
   * Whether it reads related rows that the caller may not retrieve.
   *
   * @default false: rows that their own hooks hide from the caller count as missing
   */
  readonly unrestricted?: boolean;
}

/** Filters combined with AND or OR. */
export interface FilterGroup {
  readonly kind: 'and' | 'or';
  /** An empty `and` is true, an empty `or` is false. */
  readonly filters: readonly Filter[];
}

/** The complement: rows for which `filter` is not true, including those for which it is unknown (null). */
export interface FilterNot {
  readonly kind: 'not';
  readonly filter: Filter;
}

/** A filter: one comparison, or a combination of filters. */
export type Filter = FilterTerm | FilterGroup | FilterNot;

/** One field of an order. `path` may cross relations (`['project', 'name']`). */
export interface Ordering {
  readonly path: readonly string[];
  readonly direction: 'asc' | 'desc';
  /** Whether it depends on related rows that the caller may not retrieve. @default false: they count as missing */
  readonly unrestricted?: boolean;
}

export const EVERYTHING: Filter = { kind: 'and', filters: [] };

/** Combines filters with AND, and drops empty ones. */
export function allOf(...filters: readonly (Filter | undefined)[]): Filter {
  const parts = filters.filter((f): f is Filter => f !== undefined && !(f.kind === 'and' && f.filters.length === 0));
  return parts.length === 1 ? parts[0] : { kind: 'and', filters: parts };
}

/** `project__name` and `project.name` are one path. */
export function pathOf(name: string): readonly string[] {
  return name.split(/__|\./);
}
