// What a subscriber gets: changes of rows, and the subscription's state.

import type { RowId } from 'nestjs-jira-protocol';
import type { JiraClientError } from './errors.js';

/** A row came into sight of the subscription, or changed in it. */
export interface RowChange<Row> {
  readonly type: 'added' | 'modified';
  readonly id: RowId;
  readonly data: Row;
  /** The commit's position: equal to the `position` of the answer to the write that caused it. */
  readonly position: string;
}

/** A row was deleted or went out of sight; `data` may be its id alone. */
export interface RemovedChange<Row> {
  readonly type: 'removed';
  readonly id: RowId;
  readonly data: Partial<Row>;
  readonly position: string;
}

/** Changes may have been missed: fetch again. Sent by the server, and by the client after a reconnection. */
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
   * Hears each new state with its reason (the first, `subscribing`, goes without saying): for `subscribing` why it is not
   * subscribed any more or yet, for `unsubscribed` the refusal, or nothing when it was stopped.
   */
  readonly onState?: (state: SubscriptionState, reason?: JiraClientError) => void;
  /** Hears resets in place of the callback. */
  readonly onReset?: (change: ResetChange) => void;
  /** Aborting stops the subscription. */
  readonly signal?: AbortSignal;
}

/** Stops the subscription when called; again does nothing. */
export interface Subscription {
  (): void;
  /** The same function, by another name. */
  readonly unsubscribe: () => void;
  readonly state: SubscriptionState;
  /** Resolves when first subscribed; rejects when refused or stopped before. Need not be listened to. */
  readonly ready: Promise<void>;
}
