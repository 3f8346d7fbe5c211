// From hook classes to the types a client works with. Types only.

import type { Observable } from 'rxjs';
import type { PaginatedResponse, RowId, Sendable, SubscribedData, SubscribedTo, Wire } from 'nestjs-jira-protocol';
import type { ActionScope } from '../core/scope/scope.js';
import type { SentOf } from '../core/support/standard-schema.js';
import type { Unserialized } from '../live/observers/observer-options.js';
import type { ListQuery, RetrieveQuery } from './list-query.js';
import type { ListOf } from './mixins/list.mixin.js';
import type { InputOf, OutputOf } from './mixins/mixin.js';

/**
 * The API of these hooks, by namespace: `export type Api = ApiOf<{ issues: IssueHook }>`. Import it into the client as a type.
 * Actions are the methods whose first parameter is an `ActionScope`. Their outputs are what the client receives: dates and
 * bigints as strings, a stream item by item, nothing as `null`.
 *
 * @example a module that is configured with another pagination
 * export type Api = ApiOf<{ issues: IssueHook }, { pagination: typeof CursorPagination }>;
 */
export type ApiOf<Hooks extends Record<string, object>, Options extends ApiOptions = object> = {
  [N in keyof Hooks]: HookApi<Hooks[N], Options>;
};

/** Module options that types cannot see. Repeat here what you pass to `forRoot`. */
export interface ApiOptions {
  /** Pagination of hooks that set none. @default PageNumberPagination */
  readonly pagination?: unknown;
}

/**
 * A hook whose actions have other names on the wire, which types cannot see:
 * `ApiOf<{ issues: Renamed<IssueHook, { importAll: 'import-all' }> }>` for `@Action({ name: 'import-all' })`.
 */
export type Renamed<H extends object, Names extends Partial<Record<keyof H, string>>> = {
  [K in keyof H as K extends keyof Names ? Names[K] & string : K]: H[K];
};

type HookApi<H, Options> = {
  [K in keyof H as [ActionOf<H[K]>] extends [never] ? never : K]: ActionOf<H[K]> extends Described<
    infer Input,
    infer Query,
    infer Output
  >
    ? {
        input: Sendable<SentOf<Chosen<H, K, Input>>>;
        query: Asked<H, K, Query>;
        output: [Output] extends [SubscribedData]
          ? Opened<Announced<H, RowIn<K extends 'subscribe' ? OwnSubscribed<H, Output> : Output>>>
          : Wire<Shown<H, Answered<Paged<H, K, Output, Options>>>>;
      }
    : never;
};

type Opened<Row> = unknown extends Row ? SubscribedData : SubscribedTo<Wire<Row>>;

/** The row that a change carries, as the observer declares it. */
type RowIn<Subscribed> = Subscribed extends SubscribedTo<infer Row> ? Row : unknown;

/** What the hook's own observer answers: the ready-made `subscribe` subscribes to it. */
type OwnSubscribed<H, Output> = H extends { changes: { subscribe(...args: never[]): Promise<infer Subscribed> } }
  ? Subscribed
  : Output;

/** Without `serialize`, rows of the hook's entity are sent as its output, and other rows as their key. */
type Announced<H, Row> =
  Row extends Unserialized<infer E> ? ([E, EntityOf<H>] extends [EntityOf<H>, E] ? OutputOf<H> : { pk: RowId }) : Row;

/** The query of `list`, `subscribe` and `retrieve`, unless an override declares its own. */
type Asked<H, K, Query> = string extends keyof Query
  ? K extends 'list' | 'subscribe'
    ? ListQuery<H>
    : K extends 'retrieve'
      ? RetrieveQuery<H>
      : Query
  : Query;

/** A hook without a pagination of its own uses the module's. */
type Paged<H, K, Output, Options> = K extends 'list'
  ? Options extends { pagination: unknown }
    ? H extends { pagination: unknown }
      ? Output
      : [Output] extends [PaginatedResponse<OutputOf<H>>]
        ? ListOf<Pick<H, keyof H & 'output'> & Pick<Options, 'pagination'>>
        : Output
    : Output
  : Output;

interface Described<Input, Query, Output> {
  input: Input;
  query: Query;
  output: Output;
}

type ActionOf<M> = M extends (scope: infer S, ...rest: never[]) => infer R
  ? S extends ActionScope<infer Input, infer Query>
    ? Described<Input, Query, Awaited<R>>
    : never
  : never;

/** What the client receives for an action's return value. */
type Answered<Output> = [Output] extends [void]
  ? null
  : Output extends AsyncIterable<infer Item>
    ? Item
    : Output extends Observable<infer Item>
      ? Item
      : Output;

type EntityOf<H> = H extends { entity: abstract new (...args: never[]) => infer E } ? E : never;

/** Rows of the hook's entity, wherever an action returns them, arrive as the hook's output. */
type Shown<H, T> = [EntityOf<H>] extends [never] ? T : ShownAs<T, EntityOf<H>, OutputOf<H>>;

type ShownAs<T, E, Output> = 0 extends 1 & T
  ? T
  : T extends Kept
    ? T
    : [T, E] extends [E, T]
      ? Output
      : { [K in keyof T]: ShownAs<T[K], E, Output> };

/** Types without members that could be rows. */
type Kept =
  string | number | boolean | bigint | symbol | null | undefined | Date | Uint8Array | ((...args: never[]) => unknown);

/** `create` and `update` take the hook's inputs, unless an override declares its own. */
type Chosen<H, K, Input> = unknown extends Input
  ? K extends 'create'
    ? InputOf<H, 'createInput'>
    : K extends 'update'
      ? H extends { updateInput: unknown }
        ? InputOf<H, 'updateInput'>
        : InputOf<H, 'createInput'>
      : Input
  : Input;
