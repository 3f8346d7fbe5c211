// The source of a store's rows: a live list or one live row.

import type { Query, RowId } from 'nestjs-jira-protocol';
import { backoffMs } from '../backoff.js';
import type { Change, SubscribeOptions, Subscription, SubscriptionState } from '../change.js';
import type { JiraClient } from '../client.js';
import { isPassing, type JiraClientError } from '../errors.js';
import type { AnyCall, Calls, Write } from '../hook-client.js';
import type { JiraRequest } from '../jira-request.js';
import type { ListSeed } from '../kept-list.js';
import type { ListenOptions, ListUpdate } from '../listen.js';
import type { SeededList, SeededOptions } from '../listening.js';
import type { Persisted } from '../persistence.js';

/** Receives what a source reports. */
export interface Sink {
  /** Takes all rows. `isRead`: the server read them for this list, one read after the other. */
  rows(rows: readonly unknown[], isRead?: boolean): void;
  /** Takes a change. The resulting rows follow. */
  change(change: Change): void;
  state(state: SubscriptionState, reason: JiraClientError | undefined): void;
}

/** Starts listening. Resumes where another client left off, if it can. */
export type Source = (sink: Sink, from?: ListSeed) => Subscription & Partial<Pick<SeededList, 'seed'>>;

/** The client of a hook. */
export interface StoreClient extends Calls {
  listen(
    request: JiraRequest<unknown>,
    onRows: (rows: readonly unknown[], update: ListUpdate) => void,
    options: SeededOptions,
  ): SeededList;
  onWrite(listener: (write: Write) => void): () => void;
  readonly connection: JiraClient['connection'];
  readonly kept: Persisted | undefined;
}

export function listSource(
  client: StoreClient,
  namespace: string,
  query: Query | undefined,
  options: Pick<ListenOptions<unknown>, 'key' | 'compare' | 'filter'>,
): Source {
  // Only a list that the client orders or filters itself needs each change. The server keeps all other lists.
  const isOrdered = options.compare !== undefined || options.filter !== undefined;
  return (sink, from) =>
    client.listen(client.request(namespace, 'list', { query }), (rows, { ops }) => sink.rows(rows, ops !== undefined), {
      ...options,
      from,
      ...(isOrdered && { onChange: (change) => sink.change(change) }),
      onState: (state, reason) => sink.state(state, reason),
    });
}

/** The source of one row. While the row does not exist or may not be seen, the list is empty; the row may still arrive. */
export function rowSource(client: StoreClient, namespace: string, id: RowId, query: Query | undefined): Source {
  return (sink) => {
    let newest: Change | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failure: JiraClientError | undefined;
    let asked = 0;
    let failures = 0;
    let wasRead = false;
    const isShaped = query !== undefined;
    const apply = (change: Change): void => {
      if (change.type === 'removed') sink.rows([]);
      else if (change.type !== 'reset') sink.rows([change.data]);
    };
    const fetch = async (): Promise<void> => {
      const turn = ++asked;
      clearTimeout(timer);
      newest = undefined;
      const call: AnyCall = { id, query };
      const rows = await client.request(namespace, 'retrieve', call).then(
        (row) => [row],
        (error: unknown) => failed(error as JiraClientError),
      );
      if (turn !== asked || subscription.state === 'unsubscribed' || !rows) return;
      wasRead = true;
      failures = 0;
      // A change that arrived during the request is no older than the answer.
      if (newest) apply(newest);
      else sink.rows(rows);
    };
    const failed = (error: JiraClientError): readonly unknown[] | undefined => {
      if (error.code === 'NOT_FOUND') return [];
      if (wasRead ? isPassing(error) : error.retryable) timer = setTimeout(() => void fetch(), backoffMs(failures++));
      else {
        failure = error;
        subscription();
      }
      return undefined;
    };
    const changed = (change: Change): void => {
      sink.change(change);
      if (change.type === 'reset' || (isShaped && change.type !== 'removed')) return void fetch();
      newest = change;
      apply(change);
    };
    const options: SubscribeOptions = {
      onState: (state, reason = failure) => {
        if (state === 'unsubscribed') clearTimeout(timer);
        sink.state(state, reason);
      },
    };
    const call = { namespace, action: 'subscribe', query: { pk: id } };
    const subscription = client.subscribe(call, changed, options);
    void subscription.ready.then(fetch, () => undefined);
    return subscription;
  };
}
