// The query of a list, derived from the hook's allow-lists. Types only.

import type { ClosedQuery, Query, Sendable } from 'nestjs-jira-protocol';
import type { FilterBackendSpec } from '../policy/filtering/filter-backend.js';
import type { Lookup } from '../policy/filtering/filter.js';

/**
 * The query of a hook's `list` and `subscribe`: the keys of `filterFields` with their lookups, and the keys for search, order and
 * pages. If you declare `filterFields` without `as const`, the compiler knows the fields but not their lookups, so it allows all
 * lookups. A hook that declares no `filterFields` takes any query.
 */
export type ListQuery<H> = H extends { filterFields: infer Fields }
  ? string extends keyof Fields
    ? OrderedQuery<H>
    : FilterQuery<EntityOf<H>, Fields> & ListKeys<H> & (HasBackends<H> extends true ? Query : ClosedQuery)
  : OrderedQuery<H>;

/** Any query, but with the names of `orderingFields` and `expandFields` if the hook declares them. */
type OrderedQuery<H> =
  unknown extends OrderingOf<H> ? RetrieveQuery<H> : RetrieveQuery<H> & { readonly ordering?: OrderingOf<H> };

/** The query of `retrieve`: any query, but with the names of `expandFields` if the hook declares them. */
export type RetrieveQuery<H> = unknown extends ExpandOf<H> ? Query : Query & { readonly expand?: ExpandOf<H> };

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
  readonly ordering?: unknown extends OrderingOf<H> ? string | readonly string[] : OrderingOf<H>;
  readonly expand?: unknown extends ExpandOf<H> ? string | readonly string[] : ExpandOf<H>;
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
    ? Sendable<Value>
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

/** What `ordering` may be; `unknown` if the hook's declaration does not say. */
type OrderingOf<H> = H extends { orderingFields: infer Fields }
  ? Ordered<NameOf<Fields, SortableOf<EntityOf<H>>>>
  : unknown;

/** What `expand` may be; `unknown` if the hook's declaration does not say. */
type ExpandOf<H> = H extends { expandFields: infer Fields }
  ? Fields extends readonly string[]
    ? Listed<PathOf<NameOf<Fields, ReachableOf<EntityOf<H>>>>>
    : string extends keyof Fields
      ? unknown
      : Listed<PathOf<keyof Fields>>
  : unknown;

/** Names as declared: literals; for a list without `as const` the entity's names; `unknown` for a base class's list. */
type NameOf<Fields, OfEntity> = Fields extends readonly (infer Name)[]
  ? string extends Name
    ? Fields extends string[]
      ? OfEntity
      : unknown
    : Name
  : unknown;

type Ordered<Name> = [Name] extends [string] ? Listed<Name | `-${Name}`> : unknown;

/** One name, several in a string (only the first is checked), or a list. */
type Listed<Name> = [Name] extends [string] ? OneOrMore<Name> : unknown;
type OneOrMore<Name extends string> = Name | `${Name},${string}` | readonly Name[];

/** A path to a relation includes the relations on the way. */
type PathOf<Path> = Path extends `${infer Head}.${infer Tail}` ? Head | `${Head}.${PathOf<Tail> & string}` : Path;

/** Columns, and columns across relations and in embedded columns. */
type SortableOf<Entity> = unknown extends Entity
  ? unknown
  : 'pk' | (keyof Entity & string) | `${keyof Entity & string}${'__' | '.'}${string}`;

type ReachableOf<Entity> = unknown extends Entity ? unknown : RelationOf<Entity> | `${RelationOf<Entity>}.${string}`;

type RelationOf<Entity> = {
  [K in keyof Entity & string]: RowAt<NonNullable<Entity[K]>> extends infer Row
    ? Row extends string | number | boolean | bigint | Date | Uint8Array | ((...args: never[]) => unknown)
      ? never
      : K
    : never;
}[keyof Entity & string];
