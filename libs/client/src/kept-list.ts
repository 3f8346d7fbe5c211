// A list that the server keeps. The server answers its rows, then sends the steps that change them.

import type { ListData, ListState } from 'nestjs-jira-protocol';
import type { Subscription, SubscriptionState } from './change.js';
import type { JiraClientError } from './errors.js';
import type { Calls } from './hook-client.js';
import type { JiraRequest } from './jira-request.js';
import { applyOps, takeRows, type Keyed } from './list-ops.js';
import { guarded } from './listeners.js';
import { Progress, type Point } from './progress.js';
import type { ListenOptions, ListUpdate, RowsListener } from './listen.js';

/** A list as it was last shown. Another client can resume from it. */
export interface ListSeed extends Keyed, Point {}

export interface KeptListParts {
  readonly from?: ListSeed;
  readonly calls: Calls;
  readonly call: JiraRequest<unknown>['call'];
  readonly onRows: RowsListener<unknown>;
  readonly signal: ListenOptions<unknown>['signal'];
  readonly report: (error: unknown) => void;
  onState(this: void, state: SubscriptionState, reason: JiraClientError | undefined, recovered: boolean | undefined): void; // prettier-ignore
}

export class KeptList {
  private subscription: Subscription | undefined;
  /** The subscription with more rows that will replace the current one. */
  private wider: Subscription | undefined;
  private list: Keyed;
  private progress: Progress | undefined;
  private extent: ListState | undefined;
  /** The number of rows in the first answer. `loadMore` adds as many. */
  private pageSize = 0;
  private limit: number | undefined;
  private widening: Promise<void> | undefined;

  constructor(private readonly parts: KeptListParts) {
    const { rows, ids } = parts.from ?? { rows: [], ids: [] };
    this.list = { rows, ids };
    const first = this.open(undefined, parts.from);
    this.subscription ??= first;
  }

  get seed(): ListSeed | undefined {
    const point = this.progress?.point;
    return point && this.extent && { ...this.list, ...point };
  }

  stop(): void {
    this.wider?.();
    this.subscription?.();
  }

  /** Adds as many rows as the first answer had. Resolves once they, or all that exist, are there. */
  loadMore(): Promise<void> {
    this.widening ??= this.widen().finally(() => (this.widening = undefined));
    return this.widening;
  }

  private async widen(): Promise<void> {
    await this.subscription?.ready;
    if (this.extent?.complete) return;
    const limit = (this.limit ?? this.list.rows.length) + Math.max(1, this.pageSize);
    this.wider = this.open(limit);
    try {
      await this.wider.ready;
      this.limit = limit;
    } finally {
      this.wider = undefined;
    }
  }

  private open(limit: number | undefined, from?: ListSeed): Subscription {
    const { calls, call, signal, onState } = this.parts;
    const { namespace, query } = call;
    const headers = { ...call.headers, ...(limit !== undefined && { limit }) };
    // `subscribe` may report a state before it returns.
    const opened: { own?: Subscription } = {};
    const progress = new Progress(from);
    const isCurrent = (): boolean => this.subscription === undefined || this.subscription === opened.own;
    const own = calls.subscribe(
      { namespace, action: 'listen', query, headers },
      () => undefined,
      { signal, onState: (...told) => isCurrent() && onState(...told) },
      {
        progress,
        answered: (data) => {
          const former = this.subscription;
          // This subscription covers all that the narrower one would still receive.
          this.subscription = opened.own;
          this.progress = progress;
          if (former !== opened.own) former?.();
          this.answered(data);
        },
        told: (data) => isCurrent() && this.told(data),
      },
    );
    opened.own = own;
    return own;
  }

  private answered(data: ListData): void {
    if (!this.extent) this.pageSize = (data.rows ?? this.list.rows).length;
    this.told(data);
  }

  private told(data: ListData): void {
    if (data.rows) this.take(takeRows(this.list, data), data, undefined);
    else this.take(data.ops.length > 0 ? applyOps(this.list, data.ops) : this.list, data, data.ops);
  }

  private take(list: Keyed, { count, complete }: ListState, ops: ListUpdate['ops']): void {
    const before = this.extent;
    const isSame = list.rows === this.list.rows && before?.count === count && before.complete === complete;
    this.list = list;
    this.extent = { count, complete };
    if (!isSame || !before) guarded(this.parts.report, this.parts.onRows, list.rows, { ops, change: undefined, count, complete }); // prettier-ignore
  }
}
