// Types of calls, derived from the description of an API.

import type {
  ActionDescription,
  ApiDescription,
  ClosedQuery,
  PaginatedResponse,
  Query,
  SubscribedData,
  SubscribedTo,
} from 'nestjs-jira-protocol';

/** Any API: a `type` or an `interface` of namespaces, each of actions. */
export type ApiLike<Api> = { [N in keyof Api]: HookLike<Api[N]> };
/** Any hook: its actions by name. */
export type HookLike<Hook> = { [A in keyof Hook]: ActionDescription };

/** The API if none is given: every namespace and action exists, and its types are `unknown`. */
export type UntypedApi = ApiDescription;

export type NameOf<T> = keyof T & string;

type Part<Hook, Action, Name extends keyof ActionDescription> = Action extends keyof Hook
  ? Hook[Action] extends ActionDescription
    ? Hook[Action][Name]
    : never
  : unknown;

/** What an action takes as `data`; `unknown` if the hook's type does not say. */
export type InputOf<Hook, Action> = Part<Hook, Action, 'input'>;
/** What an action answers; `unknown` if the hook's type does not say. */
export type OutputOf<Hook, Action> = Part<Hook, Action, 'output'>;
/** The query of an action: any query if its type is unknown, exactly its keys if the type is closed. */
export type QueryOf<Hook, Action> =
  unknown extends Part<Hook, Action, 'query'>
    ? Query
    : keyof ClosedQuery extends keyof Part<Hook, Action, 'query'>
      ? Part<Hook, Action, 'query'>
      : Part<Hook, Action, 'query'> & Partial<Query>;

/** The type of a hook's rows: the output of `retrieve`, else an item of `list`. */
export type RowOf<Hook> = 'retrieve' extends keyof Hook
  ? OutputOf<Hook, 'retrieve'>
  : 'list' extends keyof Hook
    ? ItemOf<OutputOf<Hook, 'list'>>
    : unknown;

/** One row of a list's output, paginated or not. */
export type ItemOf<Output> = Output extends readonly (infer Row)[]
  ? Row
  : Output extends { readonly results: readonly (infer Row)[] }
    ? Row
    : unknown;

/** The actions that open a subscription: those whose output is a channel, or unknown. */
export type SubscriptionOf<Hook> = {
  [A in NameOf<Hook>]: unknown extends OutputOf<Hook, A> ? A : OutputOf<Hook, A> extends SubscribedData ? A : never;
}[NameOf<Hook>];

/** The row in a subscription's changes: what its observer shows or, for `subscribe`, the hook's row. */
export type ChangedRow<Hook, Action> =
  OutputOf<Hook, Action> extends SubscribedTo<infer Row>
    ? unknown extends Row
      ? Action extends 'subscribe'
        ? RowOf<Hook>
        : unknown
      : Row
    : Action extends 'subscribe'
      ? RowOf<Hook>
      : unknown;

/** The filter of a subscription: the query of `subscribe`, else of `list`. */
export type FilterOf<Hook> = 'subscribe' extends keyof Hook ? QueryOf<Hook, 'subscribe'> : QueryOf<Hook, 'list'>;

/**
 * Describes a hook with the standard actions, for a client that cannot import the server's types.
 *
 * @example
 * type Api = { issues: Crud<Issue, CreateIssue> & { close: { input: undefined; query: {}; output: Issue } } };
 */
export type Crud<Row, Create = Partial<Row>, Update = Create, Filter = Query> = {
  create: { input: Create; query: Query; output: Row };
  list: { input: undefined; query: Filter; output: PaginatedResponse<Row> };
  retrieve: { input: undefined; query: Query; output: Row };
  update: { input: Update; query: Query; output: Row };
  destroy: { input: undefined; query: Query; output: null };
  subscribe: { input: undefined; query: Filter; output: unknown };
};
