// The query of a list, derived from the hook's allow-lists. Types only.

import type { ClosedQuery, Query } from 'nestjs-jira-protocol';
import type { FilterBackendSpec } from '../policy/filtering/filter-backend.js';
import type { Lookup } from '../policy/filtering/filter.js';

/**
 * The query of a hook's `list` and `subscribe`: keys of `filterFields` with their lookups, and what goes beside them.
 * Without `as const` the compiler knows the fields but not which lookups each has: all are allowed then. A hook that
 * declares no `filterFields` takes any query.
 */
export type ListQuery<H> = H extends { filterFields: infer Fields }
  ? string extends keyof Fields
    ? Query
    : FilterQuery<EntityOf<H>, Fields> & ListKeys<H> & (HasBackends<H> extends true ? Query : ClosedQuery)
  : Query;

/** Filter backends read keys that types cannot see. */
type HasBackends<H> = H extends { filterBackends: readonly (infer Backend)[] }
  ? FilterBackendSpec extends Backend
    ? false
    : true
  : false;

type FilterQuery<Entity, Fields> = Terms<Entity, Fields> & { readonly $or?: readonly FilterQuery<Entity, Fields>[] };

interface ListKeys<H> {
  /** Words, each of which must occur in one of the `searchFields`. */
  readonly search?: string;
  readonly ordering?: OrderingOf<H>;
  readonly expand?: string | readonly string[];
  readonly fields?: string | readonly string[];
  readonly page?: number;
  readonly page_size?: number;
  readonly limit?: number;
  readonly offset?: number;
  readonly cursor?: string | null;
}

type EntityOf<H> = H extends { entity: abstract new (...args: never[]) => infer Entity } ? Entity : unknown;

type Terms<Entity, Fields> = {
  readonly [P in PairOf<Fields> as KeyOf<P['field'], P['lookup']>]?: ValueOf<ValueAt<Entity, P['field']>, P['lookup']>;
};

/** Each field with each of its lookups. */
type PairOf<Fields> = {
  [F in keyof Fields & string]: LookupOf<Fields[F]> extends infer L
    ? L extends Lookup
      ? { field: F; lookup: L }
      : never
    : never;
}[keyof Fields & string];

type LookupOf<Lookups> = Lookups extends readonly (infer L)[] ? (string extends L ? Lookup : L & Lookup) : never;

type KeyOf<
  Field extends string,
  L extends Lookup,
> = `${L extends 'exact' ? Field | `${Field}__exact` : `${Field}__${L}`}${'' | '!'}`;

type ValueAt<Entity, Path extends string> = Path extends keyof Entity
  ? Comparable<NonNullable<Entity[Path]>>
  : Path extends `${infer Head}__${infer Tail}`
    ? Head extends keyof Entity
      ? ValueAt<RowAt<NonNullable<Entity[Head]>>, Tail>
      : unknown
    : unknown;

type RowAt<Value> = Value extends readonly (infer Row)[]
  ? Row
  : Value extends PromiseLike<infer Lazy>
    ? RowAt<NonNullable<Lazy>>
    : Value;

/** The value's type on the wire; a related row is its key. */
type Comparable<Value> = unknown extends Value
  ? unknown
  : Value extends string | number | boolean
    ? Value
    : Value extends Date | bigint
      ? string
      : string | number;

type DatePart = 'year' | 'month' | 'day' | 'week_day' | 'hour' | 'minute' | 'second';

/** Lists may be written as a string: `a,b`. */
type ValueOf<Value, L extends Lookup> = L extends 'exact' | 'ne'
  ? Value | null
  : L extends 'in' | 'not_in'
    ? readonly Value[] | string
    : L extends 'range'
      ? readonly [Value, Value] | string
      : L extends 'isnull'
        ? boolean
        : L extends 'gt' | 'gte' | 'lt' | 'lte'
          ? Value
          : L extends DatePart
            ? number
            : string;

type OrderingOf<H> = H extends { orderingFields: readonly (infer Field)[] }
  ? string extends Field
    ? string | readonly string[]
    : Directed<Field & string> | `${Directed<Field & string>},${string}` | readonly Directed<Field & string>[]
  : never;

type Directed<Field extends string> = Field | `-${Field}`;
