// A list that stays current: subscribe, then fetch, then apply the changes received since.

import type { PaginatedResponse, Query } from 'nestjs-jira-protocol';
import type { OpenRequest } from './call.js';
import type { Change, SubscribeOptions, Subscription, SubscriptionState } from './change.js';
import { JiraClientError } from './errors.js';
import type { Calls } from './hook-client.js';
import { holdBack, type JiraRequest } from './jira-request.js';
import { guarded } from './listeners.js';
import { applyChange, hasRow, type LiveListOptions } from './live-list.js';
import type { ItemOf } from './types.js';

export interface ListenOptions<Row> extends LiveListOptions<Row>, Pick<SubscribeOptions, 'onState' | 'signal'> {
  /** What to subscribe to. @default the list's query without paging and ordering */
  readonly filter?: Query;
}

/** Called with the rows whenever they change; `change` is the cause, absent if they were fetched. */
export type RowsListener<Output> = (
  rows: readonly ItemOf<Output>[],
  change: Change<ItemOf<Output>> | undefined,
) => void;

/** Says which of the rows to answer, and how, not which rows are meant: nothing to filter changes by. */
const PAGING = new Set(['page', 'page_size', 'limit', 'offset', 'cursor', 'ordering']);

/** Wait before retrying a fetch that failed but may succeed later. */
const REFETCH_MS = 1_000;

/** One live list. */
export class LiveRows {
  readonly subscription: Subscription;
  private rows: readonly unknown[] = [];
  /** All rows are loaded, so changes can be applied; for a page only the server knows which rows belong to it. */
  private isWhole = true;
  private isLoaded = false;
  private isFetching = false;
  private isStale = false;
  /** Changes received during a fetch: its answer may or may not include them. */
  private early: Change[] = [];
  /** The given request, as long as it can stand in for a new one. */
  private first: { readonly open: OpenRequest; readonly answer: Promise<unknown> } | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failure: JiraClientError | undefined;

  constructor(
    private readonly calls: Calls,
    private readonly request: JiraRequest<unknown>,
    private readonly onRows: (rows: readonly unknown[], change: Change | undefined) => void,
    private readonly options: ListenOptions<unknown>,
    private readonly report: (error: unknown) => void,
  ) {
    const open = holdBack(request);
    if (open) this.first = { open, answer: request };
    // `onState` reports its failure, and so does the promise itself.
    request.catch(() => (this.first = undefined));
    const filter = options.filter ?? withoutPaging(request.call.query ?? {});
    this.subscription = calls.subscribe(request.call.namespace, filter, (change) => this.changed(change), {
      signal: options.signal,
      onState: (state, reason) => this.stateChanged(state, reason),
    });
    void this.subscription.ready.then(
      () => this.fetch(),
      () => this.first?.open.release(),
    );
  }

  private changed(change: Change): void {
    if (change.type === 'reset') return void this.fetch();
    if (this.isFetching) this.early.push(change);
    if (!this.isLoaded) return;
    const before = this.rows;
    this.apply(change);
    if (this.rows !== before) this.show(change);
    if (!this.isWhole) void this.fetch();
  }

  private apply(change: Change): void {
    // A changed row that is not on this page belongs to another.
    if (!this.isWhole && change.type !== 'reset' && !hasRow(this.rows, change.id, this.options)) return;
    this.rows = applyChange(this.rows, change, this.options);
  }

  private async fetch(): Promise<void> {
    if (this.isFetching) {
      this.isStale = true;
      return;
    }
    clearTimeout(this.timer);
    this.isFetching = true;
    this.isStale = false;
    this.early = [];
    try {
      this.take(await this.ask());
    } catch (error) {
      this.failed(error);
    }
    this.isFetching = false;
    if (this.isStale && !this.isOver) void this.fetch();
  }

  private ask(): Promise<unknown> {
    const { first } = this;
    this.first = undefined;
    if (first) {
      first.open.release();
      return first.answer;
    }
    const { namespace, action, ...content } = this.request.call;
    return this.calls.request(namespace, action, content);
  }

  private take(output: unknown): void {
    if (this.isOver) return;
    ({ rows: this.rows, isWhole: this.isWhole } = readList(output));
    this.isLoaded = true;
    for (const change of this.early) this.apply(change);
    this.show(undefined);
  }

  private failed(error: unknown): void {
    if (this.isOver) return;
    if (error instanceof JiraClientError && error.retryable) {
      this.timer = setTimeout(() => void this.fetch(), REFETCH_MS);
      return;
    }
    if (error instanceof JiraClientError) this.failure = error;
    else this.report(error);
    this.subscription();
  }

  private stateChanged(state: SubscriptionState, reason = this.failure): void {
    if (state === 'unsubscribed') clearTimeout(this.timer);
    if (this.options.onState) guarded(this.report, this.options.onState, state, reason);
    else if (state === 'unsubscribed' && reason && reason.code !== 'CLOSED') this.report(reason);
  }

  private show(change: Change | undefined): void {
    guarded(this.report, this.onRows, this.rows, change);
  }

  private get isOver(): boolean {
    return this.subscription.state === 'unsubscribed';
  }
}

function readList(output: unknown): { rows: readonly unknown[]; isWhole: boolean } {
  if (Array.isArray(output)) return { rows: output, isWhole: true };
  const page = output as Partial<PaginatedResponse<unknown>> | null | undefined;
  if (!Array.isArray(page?.results)) {
    throw new TypeError('listen() needs a list: an array, or a page with "results".');
  }
  return { rows: page.results, isWhole: (page.next_page ?? null) === null && (page.previous_page ?? null) === null };
}

function withoutPaging(query: Query): Query {
  return Object.fromEntries(Object.entries(query).filter(([name]) => !PAGING.has(name)));
}
