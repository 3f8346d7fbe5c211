// Why a row entered or left a subscription. The reasons come only from what the caller is sent: a second subscription without
// the filter shows the row outside of the filter, too, but nothing that the caller may not read.

export type Fields = Readonly<Record<string, unknown>>;

/** What the subscription without a filter got for a row in one commit. `unchanged` if it got only other rows. */
export interface Sight {
  readonly type: 'added' | 'modified' | 'removed' | 'unchanged';
  readonly before?: Fields;
  readonly after?: Fields;
}

const BY_ORDER = 'by its place in the order';

/**
 * Returns a text such as `because status became open` if that is certain, else undefined.
 *
 * @param isList whether the order may also keep a row out
 */
export function reasonToEnter(query: unknown, { type, before, after }: Sight, isList: boolean): string | undefined {
  if (type === 'added') return 'created, or came into your sight';
  const { conditions, isAll } = conditionsOf(query);
  if (isList && (type === 'unchanged' || (isAll && before && conditions.every((one) => holds(one, before) === true))))
    return BY_ORDER;
  if (!after) return undefined;
  if (before) return told(conditions.filter((one) => holds(one, after) === true && holds(one, before) === false), after); // prettier-ignore
  // The row was outside before. If there is only one condition, that one did not hold.
  return isAll && !isList && conditions.length === 1 ? told(conditions.filter((one) => holds(one, after) === true), after) : undefined; // prettier-ignore
}

export function reasonToLeave(query: unknown, { type, after }: Sight, isList: boolean): string | undefined {
  if (type === 'removed') return 'deleted, or went out of your sight';
  const { conditions, isAll } = conditionsOf(query);
  if (isList && (type === 'unchanged' || (isAll && after && conditions.every((one) => holds(one, after) === true))))
    return BY_ORDER;
  return after && told(conditions.filter((one) => holds(one, after) === false), after); // prettier-ignore
}

export function hasFilter(query: unknown): boolean {
  return Object.keys(query ?? {}).some((key) => !NO_FILTERS.has(key));
}

function told(conditions: readonly Condition[], after: Fields): string | undefined {
  const fields = [...new Set(conditions.map(({ field }) => field))];
  const said = fields.map((field) => `${field} became ${brief(after[field])}`).join(' and ');
  return said === '' ? undefined : `because ${said}`;
}

interface Condition {
  readonly field: string;
  readonly lookup: string;
  readonly isNegated: boolean;
  readonly value: unknown;
}

const NO_FILTERS = new Set(['page', 'page_size', 'limit', 'offset', 'cursor', 'ordering', 'fields', 'expand', 'pk']);

/** The query's conditions. `isAll`: whether the query has no others. */
function conditionsOf(query: unknown): { readonly conditions: readonly Condition[]; readonly isAll: boolean } {
  const asked = Object.entries((query ?? {}) as Fields).filter(([key]) => !NO_FILTERS.has(key));
  const conditions = asked.flatMap(([key, value]): Condition[] => {
    const [, path = '', negation] = /^(.*?)(!?)$/.exec(key) ?? [];
    const parts = path.split(/__|\./);
    const lookup = parts.length > 1 ? parts.pop() : 'exact';
    const [field] = parts;
    const isKnown = parts.length === 1 && field !== undefined && lookup !== undefined && lookup in LOOKUPS;
    return isKnown && key !== 'search' ? [{ field, lookup, isNegated: negation === '!', value }] : [];
  });
  return { conditions, isAll: conditions.length === asked.length };
}

/** Whether the condition holds for the row. Undefined if the fields that the caller sees do not tell. */
function holds({ field, lookup, isNegated, value }: Condition, row: Fields): boolean | undefined {
  const own = row[field];
  if (own === undefined) return undefined;
  const found = LOOKUPS[lookup]?.(own, value);
  return found === undefined ? undefined : found !== isNegated;
}

type Lookup = (own: unknown, value: unknown) => boolean | undefined;

const LOOKUPS: Readonly<Record<string, Lookup>> = {
  exact: same,
  ne: (own, value) => !same(own, value),
  in: (own, value) => listOf(value).some((one) => same(own, one)),
  not_in: (own, value) => !listOf(value).some((one) => same(own, one)),
  isnull: (own, value) => (own === null) === ['true', '1'].includes(textOf(value)),
  lt: (own, value) => compared(own, value, (order) => order < 0),
  lte: (own, value) => compared(own, value, (order) => order <= 0),
  gt: (own, value) => compared(own, value, (order) => order > 0),
  gte: (own, value) => compared(own, value, (order) => order >= 0),
  contains: (own, value) => typeof own === 'string' && own.includes(textOf(value)),
  icontains: (own, value) => typeof own === 'string' && own.toLowerCase().includes(textOf(value).toLowerCase()),
  startswith: (own, value) => typeof own === 'string' && own.startsWith(textOf(value)),
  endswith: (own, value) => typeof own === 'string' && own.endsWith(textOf(value)),
};

function same(own: unknown, value: unknown): boolean {
  return own === null || value === null ? own === value : textOf(own) === textOf(value);
}

/** The value as text, because a query may write a number as text. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : textOf(value).split(',').map((one) => one.trim()); // prettier-ignore
}

/** Compares numbers and dates. Undefined for other texts, whose order only the database knows. */
function compared(own: unknown, value: unknown, isMet: (order: number) => boolean): boolean | undefined {
  if (own === null) return false;
  const [a, b] = [own, value].map((one) => (typeof one === 'number' ? one : Number.isNaN(Number(one)) ? Date.parse(String(one)) : Number(one))); // prettier-ignore
  return a === undefined || b === undefined || Number.isNaN(a) || Number.isNaN(b) ? undefined : isMet(a - b);
}

const INSTANT = /^\d{4}-(\d\d-\d\d)T(\d\d:\d\d:\d\d)/;

export function brief(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '–');
  const [, day, time] = INSTANT.exec(text) ?? [];
  if (day !== undefined) return `${day} ${time}`;
  return text.length > 32 ? `${text.slice(0, 32)}…` : text;
}
