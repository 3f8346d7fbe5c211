// A list that stays current: subscribe, fetch, then apply the changes received since.

import type { ListOp, ListState, Query } from 'nestjs-jira-protocol';
import { backoffMs } from './backoff.js';
import type { OpenRequest } from './call.js';
import type { Change, SubscribeOptions, Subscription, SubscriptionState } from './change.js';
import { JiraClientError, isPassing } from './errors.js';
import type { Calls } from './hook-client.js';
import { holdBack, type JiraRequest } from './jira-request.js';
import { guarded } from './listeners.js';
import { applyChange, hasKey, hasRow, keyText, type LiveListOptions } from './live-list.js';
import { readList } from './read-list.js';
import type { ItemOf } from './types.js';

export interface ListenOptions<Row> extends LiveListOptions<Row>, Pick<SubscribeOptions, 'onState' | 'signal'> {
  /**
   * The query to subscribe with.
   *
   * @default the list's query without paging and ordering
   */
  readonly filter?: Query;
  /** Called with each change once the list is loaded, before the listener gets the resulting rows. */
  readonly onChange?: (change: Change<Row>) => void;
}

/** What `listen` passes along with the rows. */
export interface ListUpdate<Row = unknown> extends ListState {
  /** The steps from the previous rows to these. Undefined if the rows came all at once. */
  readonly ops: readonly ListOp[] | undefined;
  /** The change that caused this update, if the client applied it itself. */
  readonly change: Change<Row> | undefined;
}

/** Called with the rows whenever the rows or their `ListState` change. */
export type RowsListener<Output> = (rows: readonly ItemOf<Output>[], update: ListUpdate<ItemOf<Output>>) => void;

/** Query keys that shape the answer but do not select rows. Changes cannot be filtered by them. */
const PRESENTATION = new Set(['page', 'page_size', 'limit', 'offset', 'cursor', 'ordering', 'expand', 'fields']);

/** Query keys that make a listed row look different from the row of a change. */
const SHAPES = ['expand', 'fields'];

/** The wait between a change and the fetch that it causes. Changes within this time share one fetch. */
const REFETCH_MIN_MS = 50;
/** A slow list waits about twice as long as its fetch took, up to this. So fetching takes about a third of the time. */
const REFETCH_MAX_MS = 5_000;

/**
 * One live list of a hook without live lists of its own. It shows the server's answer. If a change has only one possible result,
 * it applies that change itself. Every other change makes it fetch the list again.
 */
export class LiveRows {
  readonly subscription: Subscription;
  private rows: readonly unknown[] = [];
  /** Whether all rows are loaded. If not, only the server knows which rows follow the page. */
  private isWhole = false;
  private isPage = false;
  private count: number | null = null;
  private isKeyed = false;
  private isLoaded = false;
  private isFetching = false;
  private isStale = false;
  /** Changes received during a fetch. Its answer may or may not include them. */
  private early: Change[] = [];
  /** The given request, until it fails or the first fetch uses it. */
  private first: { readonly open: OpenRequest; readonly answer: Promise<unknown> } | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private fetchMs = 0;
  private failures = 0;
  private failure: JiraClientError | undefined;
  /** Whether the subscription covers exactly the rows of the list. */
  private readonly isOfList: boolean;
  private readonly isShaped: boolean;

  constructor(
    private readonly calls: Calls,
    private readonly request: JiraRequest<unknown>,
    private readonly onRows: RowsListener<unknown>,
    private readonly options: ListenOptions<unknown> & Required<Pick<SubscribeOptions, 'onState'>>,
    private readonly report: (error: unknown) => void,
    open = holdBack(request),
  ) {
    const { namespace, action, query = {} } = request.call;
    this.isOfList = action === 'list' && options.filter === undefined;
    this.isShaped = SHAPES.some((key) => query[key] !== undefined);
    if (open) this.first = { open, answer: request };
    // `onState` and the promise itself report its failure.
    request.catch(() => (this.first = undefined));
    const subscribe = { namespace, action: 'subscribe', query: options.filter ?? withoutPresentation(query) };
    this.subscription = calls.subscribe(subscribe, (change) => this.changed(change), {
      signal: options.signal,
      onState: (state, reason, recovered) => this.stateChanged(state, reason, recovered),
    });
    void this.subscription.ready.then(
      () => this.fetch(),
      () => this.first?.open.release(),
    );
  }

  private changed(change: Change): void {
    if (this.isLoaded) guarded(this.report, this.options.onChange, change);
    if (change.type === 'reset') return void this.fetch();
    if (this.isFetching) this.early.push(change);
    if (!this.isLoaded) return;
    const before = this.rows;
    const isExact = this.apply(change);
    if (this.rows !== before) this.show(change);
    if (!isExact) this.refetch();
  }

  /** Applies a change if its result is certain. Returns false if only the server knows the result. */
  private apply(change: Change): boolean {
    if (!this.isOfList || !this.isWhole || !this.isKeyed || change.type === 'reset') return false;
    const isThere = hasRow(this.rows, change.id, this.options);
    if (change.type === 'removed') {
      // With `fields` or `expand`, the listed row may have another key.
      if (!isThere) return !this.isShaped;
    } else if (this.isShaped || !this.options.compare || (this.isPage && !isThere)) {
      // The row has another form than the listed rows, or its index is unknown, or the page is full.
      return false;
    }
    this.rows = applyChange(this.rows, change, this.options);
    return true;
  }

  /** Fetches soon, once for all changes until then. Jitter keeps clients that got the same change from fetching all at once. */
  private refetch(): void {
    if (this.isFetching) this.isStale = true;
    else this.timer ??= setTimeout(() => void this.fetch(), this.waitMs() * (0.5 + Math.random()));
  }

  private waitMs(): number {
    return Math.min(REFETCH_MAX_MS, Math.max(REFETCH_MIN_MS, 2 * this.fetchMs));
  }

  private async fetch(): Promise<void> {
    if (this.isFetching) {
      this.isStale = true;
      return;
    }
    this.stopTimer();
    this.isFetching = true;
    this.isStale = false;
    this.early = [];
    const startedAt = Date.now();
    try {
      this.take(await this.ask());
    } catch (error) {
      this.failed(error);
    }
    this.fetchMs = Date.now() - startedAt;
    this.isFetching = false;
    if (this.isStale && !this.isOver) this.refetch();
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
    ({ rows: this.rows, isWhole: this.isWhole, isPage: this.isPage, count: this.count } = readList(output));
    this.isLoaded = true;
    this.failures = 0;
    this.isKeyed = this.rows.every((row) => hasKey(row, this.options));
    for (const change of lastOfEach(this.early)) if (!this.apply(change)) this.isStale = true;
    this.show(undefined);
  }

  private failed(error: unknown): void {
    if (this.isOver) return;
    // After a first success, a server fault is treated as temporary.
    if (error instanceof JiraClientError && (this.isLoaded ? isPassing(error) : error.retryable)) {
      this.stopTimer();
      this.timer = setTimeout(() => void this.fetch(), backoffMs(this.failures++));
      return;
    }
    if (error instanceof JiraClientError) this.failure = error;
    else this.report(error);
    this.subscription();
  }

  private stateChanged(state: SubscriptionState, reason = this.failure, recovered?: boolean): void {
    if (state === 'unsubscribed') this.stopTimer();
    this.options.onState(state, reason, recovered);
  }

  private stopTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private show(change: Change | undefined): void {
    const { rows, isWhole: complete } = this;
    const count = complete ? rows.length : this.count;
    guarded(this.report, this.onRows, rows, { ops: undefined, change, count, complete });
  }

  private get isOver(): boolean {
    return this.subscription.state === 'unsubscribed';
  }
}

function withoutPresentation(query: Query): Query {
  return Object.fromEntries(Object.entries(query).filter(([name]) => !PRESENTATION.has(name)));
}

/** The last change of each row. The answer may contain it already, and an earlier change must not undo it. */
function lastOfEach(changes: readonly Change[]): Change[] {
  const last = new Map(changes.map((change) => [keyText(change.id ?? ''), change]));
  return changes.filter((change) => last.get(keyText(change.id ?? '')) === change);
}
