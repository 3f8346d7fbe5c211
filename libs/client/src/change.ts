// What a subscriber receives: changes of rows, and the subscription's state.

import type { RowId } from 'nestjs-jira-protocol';
import type { JiraClientError } from './errors.js';

/** A row entered the subscription or changed within it. */
export interface RowChange<Row> {
  readonly type: 'added' | 'modified';
  readonly id: RowId;
  readonly data: Row;
  /** The position of the commit. It equals the `position` in the answer to the write that caused the change. */
  readonly position: string;
}

/** A row was deleted or left the subscription. `data` may hold only its key. */
export interface RemovedChange<Row> {
  readonly type: 'removed';
  readonly id: RowId;
  readonly data: Partial<Row>;
  readonly position: string;
}

/** Changes may have been missed: refetch. The server sends it. So does the client, after a reconnect that could not resume. */
export interface ResetChange {
  readonly type: 'reset';
  readonly id?: undefined;
  readonly data: null;
  readonly position: string;
}

export type Change<Row = unknown> = RowChange<Row> | RemovedChange<Row> | ResetChange;

/** `subscribing` lasts until the server's answer, also after a reconnect. `unsubscribed` is final. */
export type SubscriptionState = 'subscribing' | 'subscribed' | 'unsubscribed';

export interface SubscribeOptions {
  /**
   * Called with each new state and its reason, except for the first `subscribing`. For `subscribing`, the reason says why the
   * subscription is not open. For `unsubscribed`, it is the refusal, or undefined if you stopped the subscription. After a
   * reconnect, `recovered` tells what follows: the missed changes if it is true, else a `reset`.
   */
  readonly onState?: (state: SubscriptionState, reason?: JiraClientError, recovered?: boolean) => void;
  /** Called for a `reset` in place of the change callback. */
  readonly onReset?: (change: ResetChange) => void;
  /** Aborting stops the subscription. */
  readonly signal?: AbortSignal;
  /**
   * The hook's action that ends the subscription. Name it if the hook has its own action that also does something else. The
   * action gets the `requestId` of the subscribe as `data.target`.
   *
   * @default `unsubscribe` for `subscribe`, else the protocol's `$cancel`
   */
  readonly unsubscribeAction?: string;
}

/** A function that stops the subscription. Calling it again does nothing. */
export interface Subscription {
  (): void;
  /** The same function under another name. */
  readonly unsubscribe: () => void;
  readonly state: SubscriptionState;
  /** Resolves when first subscribed. Rejects if refused or stopped before that. You may ignore it. */
  readonly ready: Promise<void>;
}
