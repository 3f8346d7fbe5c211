// `listen` uses a list that the server keeps. If the server keeps none, it subscribes, lists, and lists again after changes.

import type { Subscription, SubscriptionState } from './change.js';
import { JiraClientError } from './errors.js';
import type { Calls } from './hook-client.js';
import { holdBack, type JiraRequest } from './jira-request.js';
import { KeptList, type ListSeed } from './kept-list.js';
import { LiveRows, type ListenOptions, type RowsListener } from './listen.js';
import { guarded } from './listeners.js';
import { createReady } from './ready.js';

/** A list that stays current. Call it to stop. Calling it again does nothing. */
export interface LiveList extends Subscription {
  /**
   * Adds as many rows as the first answer had. Resolves once they are there, or at once if there are no more. Rejects with
   * `JiraClientError` if the server does not keep the list, as with a later page or a hook without live lists.
   */
  loadMore(): Promise<void>;
}

/** For stores: a list that can resume where another client left off. */
export interface SeededList extends LiveList {
  /** Where another client can resume. Undefined if none could. */
  readonly seed: ListSeed | undefined;
}

export interface SeededOptions extends ListenOptions<unknown> {
  readonly from?: ListSeed;
}

interface Listener {
  readonly calls: Calls;
  readonly report: (error: unknown) => void;
}

/** Error codes that mean: the server keeps no such list, or not for this caller. */
const UNKEPT: ReadonlySet<string> = new Set(['UNKNOWN_ACTION', 'METHOD_NOT_ALLOWED', 'PERMISSION_DENIED', 'NOT_FOUND']);

/** Namespaces whose hooks have no `listen`. */
const without = new WeakMap<Calls, Set<string>>();

export function listen(
  { calls, report }: Listener,
  request: JiraRequest<unknown>,
  onRows: RowsListener<unknown>,
  options: SeededOptions,
): SeededList {
  const { call } = request;
  const ready = createReady();
  const open = holdBack(request);
  let state: SubscriptionState = 'subscribing';
  let kept: KeptList | undefined;
  let plain: Subscription | undefined;
  let isStopped = false;

  function become(next: SubscriptionState, reason?: JiraClientError, recovered?: boolean): void {
    state = next;
    if (options.onState) guarded(report, options.onState, next, reason, recovered);
    else if (next === 'unsubscribed' && reason && reason.code !== 'CLOSED') report(reason);
    if (next === 'subscribed') ready.resolve();
    else if (next === 'unsubscribed') ready.reject(reason ?? new JiraClientError('The list was stopped.', { code: 'ABORTED' })); // prettier-ignore
  }

  function keepNothing(): void {
    kept = undefined;
    plain = new LiveRows(calls, request, onRows, { ...options, onState: become }, report, open).subscription;
    if (isStopped) plain();
  }

  function keep(): void {
    let wasKept = false;
    kept = new KeptList({
      from: options.from,
      calls,
      call,
      onRows,
      signal: options.signal,
      report,
      onState: (next, reason, recovered) => {
        if (next === 'unsubscribed' && reason && !wasKept && UNKEPT.has(reason.code)) {
          if (reason.code === 'UNKNOWN_ACTION') noteWithout(calls, call.namespace);
          return keepNothing();
        }
        // The list ended before the server kept it, so the held request goes out after all.
        if (next === 'unsubscribed' && !wasKept) open?.release();
        if (next === 'subscribed' && !wasKept) {
          wasKept = true;
          open?.abort(undefined, new JiraClientError('The server keeps this list: listen() did not send the request.', { code: 'ABORTED' })); // prettier-ignore
        }
        become(next, reason, recovered);
      },
    });
    request.catch(() => undefined);
  }

  function stop(): void {
    isStopped = true;
    if (plain) plain();
    else kept?.stop();
  }

  if (isKeepable(request, options) && !without.get(calls)?.has(call.namespace)) keep();
  else keepNothing();
  const loadMore = (): Promise<void> =>
    kept?.loadMore() ??
    Promise.reject(new JiraClientError('The server does not keep this list.', { code: 'METHOD_NOT_ALLOWED' }));
  return Object.defineProperties(stop, {
    unsubscribe: { value: stop },
    state: { get: () => state },
    ready: { value: ready.promise },
    loadMore: { value: loadMore },
    seed: { get: () => kept?.seed },
  }) as unknown as SeededList;
}

/** Whether the caller wants the rows as `list` answers them, in its order, without a call for each change. */
function isKeepable({ call }: JiraRequest<unknown>, { filter, compare, onChange }: ListenOptions<unknown>): boolean {
  return call.action === 'list' && filter === undefined && compare === undefined && onChange === undefined;
}

function noteWithout(calls: Calls, namespace: string): void {
  const known = without.get(calls) ?? new Set();
  without.set(calls, known.add(namespace));
}
