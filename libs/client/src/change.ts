// What a subscriber receives: row changes, and the subscription's state.

import type { RowId } from 'nestjs-jira-protocol';
import type { JiraClientError } from './errors.js';

/** A row entered the subscription, or changed within it. */
export interface RowChange<Row> {
  readonly type: 'added' | 'modified';
  readonly id: RowId;
  readonly data: Row;
  /** The commit's position: equal to the `position` of the answer to the write that caused it. */
  readonly position: string;
}

/** A row was deleted or left the subscription; `data` may be its id alone. */
export interface RemovedChange<Row> {
  readonly type: 'removed';
  readonly id: RowId;
  readonly data: Partial<Row>;
  readonly position: string;
}

/** Changes may have been missed: refetch. Sent by the server, and by the client after a reconnection that could not be resumed. */
export interface ResetChange {
  readonly type: 'reset';
  readonly id?: undefined;
  readonly data: null;
  readonly position: string;
}

export type Change<Row = unknown> = RowChange<Row> | RemovedChange<Row> | ResetChange;

/** `subscribing` lasts until the server's answer, reconnections included; `unsubscribed` is final. */
export type SubscriptionState = 'subscribing' | 'subscribed' | 'unsubscribed';

export interface SubscribeOptions {
  /**
   * Called with each new state and its reason (not for the first, `subscribing`): for `subscribing`, why it is not
   * subscribed yet or any more; for `unsubscribed`, the refusal, or nothing if you stopped it. After a reconnect,
   * `recovered` says whether what was missed follows as changes; if not, a `reset` follows.
   */
  readonly onState?: (state: SubscriptionState, reason?: JiraClientError, recovered?: boolean) => void;
  /** Called for resets in place of the change callback. */
  readonly onReset?: (change: ResetChange) => void;
  /** Aborting stops the subscription. */
  readonly signal?: AbortSignal;
  /**
   * The hook's action that ends the subscription; its `data.target` is the `requestId` that opened it. Name it if the hook has
   * one that does more than end it.
   *
   * @default `unsubscribe` for `subscribe`, else the protocol's `$cancel`
   */
  readonly unsubscribeAction?: string;
}

/** Stops the subscription when called; calling it again does nothing. */
export interface Subscription {
  (): void;
  /** The same function, by another name. */
  readonly unsubscribe: () => void;
  readonly state: SubscriptionState;
  /** Resolves when first subscribed; rejects if refused or stopped before. You may ignore it. */
  readonly ready: Promise<void>;
}
