// The state of one subscription.

import type { ChangeFrame, ListData } from 'nestjs-jira-protocol';
import type { OpenRequest } from './call.js';
import type { Change, ResetChange, SubscribeOptions, SubscriptionState } from './change.js';
import type { JiraClientError } from './errors.js';
import type { Progress } from './progress.js';
import type { Ready } from './ready.js';
import type { SubscribeCall } from './subscribe-call.js';

/** Receives the states of a list in place of changes. */
export interface ListReader {
  readonly progress: Progress;
  /** Takes the list at the start or after an interruption: the whole list, or the steps from the last one received. */
  answered(this: void, data: ListData): void;
  told(this: void, data: ListData): void;
}

export interface Entry {
  readonly list?: ListReader;
  readonly call: SubscribeCall;
  readonly deliver: (change: Change) => void;
  readonly options: SubscribeOptions;
  readonly stop: () => void;
  readonly ready: Ready;
  readonly progress: Progress;
  state: SubscriptionState;
  reason?: JiraClientError;
  wasSubscribed: boolean;
  retries: number;
  /** The subscribe request, in flight or answered. Its id identifies the subscription on the server. */
  request?: OpenRequest;
  channel?: string;
  retryTimer?: ReturnType<typeof setTimeout>;
  /** A reset that waits out its random delay. */
  reset?: ResetChange;
  resetTimer?: ReturnType<typeof setTimeout>;
}

export function clearTimers(entry: Entry): void {
  clearTimeout(entry.retryTimer);
  clearTimeout(entry.resetTimer);
  entry.resetTimer = undefined;
  entry.reset = undefined;
}

export function routeOf(namespace: string, channel: string): string {
  return JSON.stringify([namespace, channel]);
}

/** The frame as a change, without `channel` and other members that only the wire needs. */
export function changeOf({ type, id, data, position }: ChangeFrame): Change {
  return (type === 'reset' ? { type, data: null, position } : { type, id, data, position }) as Change;
}
