// The verbs of one namespace.

import type { Method, Query, RowId } from 'nestjs-jira-protocol';
import type { Change, SubscribeOptions, Subscription } from './change.js';
import type { JiraRequest } from './jira-request.js';
import type { SubscribeCall } from './subscribe-call.js';
import type { ListReader } from './subscription-entry.js';
import type { ChangedRow, FilterOf, InputOf, NameOf, OutputOf, QueryOf, RowOf, SubscriptionOf } from './types.js';

/** Options of any call. */
export interface CallOptions {
  /** Headers of the request, such as `if-match`. @default {} */
  readonly headers?: Query;
  /** Aborting fails the call with `ABORTED` and cancels a request in flight on the server. */
  readonly signal?: AbortSignal;
  /**
   * Time limit in ms, including the wait for a connection.
   *
   * @default the client's `timeoutMs`
   */
  readonly timeoutMs?: number;
  /**
   * Sends the write with an idempotency key: a new one (`true`) or your own. The server does the write once, and the client
   * sends it again after a lost connection. The server must store keys.
   *
   * @default the client's `writeOnce`
   */
  readonly once?: boolean | string;
  /**
   * Shows the write in live stores at once, until the server's rows contain it. If the write fails, the stores undo it. `true`
   * shows the input (`destroy` hides the row). An object shows its own fields instead.
   *
   * @default false
   */
  readonly optimistic?: boolean | Readonly<Record<string, unknown>>;
}

/** A write that stores show before it is answered. */
export interface Write {
  readonly namespace: string;
  readonly action: string;
  readonly id?: RowId;
  readonly data?: unknown;
  readonly shown: true | Readonly<Record<string, unknown>>;
  readonly request: JiraRequest<unknown>;
}

interface CallContent<Input, Params> extends CallOptions {
  /**
   * If you name no method and the server accepts only another one, the client repeats the request with that one, and uses it
   * from then on.
   *
   * @default GET for `list` and `retrieve`, PUT for `update`, DELETE for `destroy`, else POST
   */
  readonly method?: Method;
  readonly data?: Input;
  readonly query?: Params;
  /** For a detail action: the key of the row. Short for `query: { pk: id }`. */
  readonly id?: RowId;
}

/** The content of a call. You may omit `data` if the input may be undefined. */
export type CallOf<Hook, Action> =
  undefined extends InputOf<Hook, Action>
    ? [call?: CallContent<InputOf<Hook, Action>, QueryOf<Hook, Action>>]
    : [call: CallContent<InputOf<Hook, Action>, QueryOf<Hook, Action>> & { readonly data: InputOf<Hook, Action> }];

export interface ActionSubscribeOptions<Input = unknown> extends SubscribeOptions {
  /** The action's input. */
  readonly data?: Input;
}

/** All verbs. `HookClient` keeps those whose action the hook has. */
interface Verbs<Hook> {
  /** POST `create`. */
  create(input: InputOf<Hook, 'create'>, options?: CallOptions): JiraRequest<OutputOf<Hook, 'create'>>;
  /** GET `list`. */
  list(query?: QueryOf<Hook, 'list'>, options?: CallOptions): JiraRequest<OutputOf<Hook, 'list'>>;
  /** GET `retrieve` of the row with this key. */
  retrieve(
    id: RowId,
    query?: QueryOf<Hook, 'retrieve'>,
    options?: CallOptions,
  ): JiraRequest<OutputOf<Hook, 'retrieve'>>;
  /** The same as `retrieve`. */
  get(id: RowId, query?: QueryOf<Hook, 'retrieve'>, options?: CallOptions): JiraRequest<OutputOf<Hook, 'retrieve'>>;
  /** PUT `update`: sends the whole input. Omitted fields take their defaults. */
  update(id: RowId, input: InputOf<Hook, 'update'>, options?: CallOptions): JiraRequest<OutputOf<Hook, 'update'>>;
  /** PATCH `update`: changes the given fields only. */
  patch(
    id: RowId,
    input: Partial<InputOf<Hook, 'update'>>,
    options?: CallOptions,
  ): JiraRequest<OutputOf<Hook, 'update'>>;
  /** DELETE `destroy`. */
  destroy(id: RowId, options?: CallOptions): JiraRequest<OutputOf<Hook, 'destroy'>>;
}

interface ActionOf {
  create: 'create';
  list: 'list';
  retrieve: 'retrieve';
  get: 'retrieve';
  update: 'update';
  patch: 'update';
  destroy: 'destroy';
}

declare const HOOK: unique symbol;

interface AnyHook<Hook> {
  /** Exists at compile time only, to infer the hook from your own type: `type Issues = HookClient<Api['issues']>`. */
  readonly [HOOK]?: Hook;
  readonly namespace: string;
  /** Calls any action of the hook. Rejects with `JiraClientError`. */
  action<A extends NameOf<Hook>>(name: A, ...call: CallOf<Hook, A>): JiraRequest<OutputOf<Hook, A>>;
  /** Calls a streaming action when you start iterating. Leaving the loop cancels it. The loop throws `JiraClientError`. */
  stream<A extends NameOf<Hook>>(name: A, ...call: CallOf<Hook, A>): AsyncGenerator<OutputOf<Hook, A>, void, undefined>;
  /** Calls `onChange` with every change of the matching rows, until you call the returned function. */
  subscribe(onChange: (change: Change<RowOf<Hook>>) => void, options?: SubscribeOptions): Subscription;
  subscribe(
    filter: FilterOf<Hook> | undefined,
    onChange: (change: Change<RowOf<Hook>>) => void,
    options?: SubscribeOptions,
  ): Subscription;
  /**
   * Subscribes through your own action, which returns an observer's `subscribe(scope)`.
   *
   * @example
   * const stop = jira.hook('orders').subscribe('watchKitchen', { table: 7 }, (change) => render(change));
   */
  subscribe<A extends SubscriptionOf<Hook>>(
    action: A,
    onChange: (change: Change<ChangedRow<Hook, A>>) => void,
    options?: ActionSubscribeOptions<InputOf<Hook, A>>,
  ): Subscription;
  subscribe<A extends SubscriptionOf<Hook>>(
    action: A,
    query: QueryOf<Hook, A> | undefined,
    onChange: (change: Change<ChangedRow<Hook, A>>) => void,
    options?: ActionSubscribeOptions<InputOf<Hook, A>>,
  ): Subscription;
}

/**
 * The calls of one namespace. It has `create`, `list`, `retrieve` (or `get`), `update`, `patch` and `destroy` if the hook has
 * the action, and always `action`, `stream` and `subscribe`. Calls reject with `JiraClientError`.
 */
export type HookClient<Hook> = AnyHook<Hook> & {
  [Verb in keyof Verbs<Hook> as ActionOf[Verb] extends keyof Hook ? Verb : never]: Verbs<Hook>[Verb];
};

/** The content of a call, untyped. */
export type AnyCall = CallContent<unknown, Query>;

/** The client's side of the verbs. */
export interface Calls {
  request(namespace: string, action: string, call?: AnyCall): JiraRequest<unknown>;
  stream(namespace: string, action: string, call?: AnyCall): AsyncGenerator<unknown, void, undefined>;
  subscribe(
    call: SubscribeCall,
    onChange: (change: Change) => void,
    options?: SubscribeOptions,
    list?: ListReader,
  ): Subscription;
}

/** The verbs, untyped. `HookClient` adds the types. */
export class UntypedHookClient {
  constructor(
    /** The client. */
    readonly calls: Calls,
    readonly namespace: string,
  ) {}

  create(data: unknown, options?: CallOptions): JiraRequest<unknown> {
    return this.action('create', { ...options, data });
  }

  list(query?: Query, options?: CallOptions): JiraRequest<unknown> {
    return this.action('list', { ...options, query });
  }

  retrieve(id: RowId, query?: Query, options?: CallOptions): JiraRequest<unknown> {
    return this.action('retrieve', { ...options, id, query });
  }

  get(id: RowId, query?: Query, options?: CallOptions): JiraRequest<unknown> {
    return this.retrieve(id, query, options);
  }

  update(id: RowId, data: unknown, options?: CallOptions): JiraRequest<unknown> {
    return this.action('update', { ...options, id, data });
  }

  patch(id: RowId, data: unknown, options?: CallOptions): JiraRequest<unknown> {
    return this.action('update', { ...options, method: 'PATCH', id, data });
  }

  destroy(id: RowId, options?: CallOptions): JiraRequest<unknown> {
    return this.action('destroy', { ...options, id });
  }

  action(name: string, call?: AnyCall): JiraRequest<unknown> {
    return this.calls.request(this.namespace, name, call);
  }

  stream(name: string, call?: AnyCall): AsyncGenerator<unknown, void, undefined> {
    return this.calls.stream(this.namespace, name, call);
  }

  subscribe(...args: SubscribeArgs): Subscription {
    const [action, rest] = isNamed(args) ? [args[0], args.slice(1) as UnnamedArgs] : ['subscribe', args];
    const [query, onChange, options] = isUnfiltered(rest) ? [undefined, ...rest] : rest;
    const call = { namespace: this.namespace, action, query: query ?? {}, data: options?.data };
    return this.calls.subscribe(call, onChange, options);
  }
}

type SubscribeAll = [onChange: (change: Change) => void, options?: ActionSubscribeOptions];
type UnnamedArgs = SubscribeAll | [query: Query | undefined, ...rest: SubscribeAll];
type NamedArgs = [action: string, ...rest: UnnamedArgs];
type SubscribeArgs = UnnamedArgs | NamedArgs;

function isNamed(args: SubscribeArgs): args is NamedArgs {
  return typeof args[0] === 'string';
}

function isUnfiltered(args: UnnamedArgs): args is SubscribeAll {
  return typeof args[0] === 'function';
}
