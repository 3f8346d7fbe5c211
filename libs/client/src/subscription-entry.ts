// What is known of one subscription.

import type { ChangeFrame, ListData } from 'nestjs-jira-protocol';
import type { OpenRequest } from './call.js';
import type { Change, ResetChange, SubscribeOptions, SubscriptionState } from './change.js';
import type { JiraClientError } from './errors.js';
import type { Progress } from './progress.js';
import type { Ready } from './ready.js';
import type { SubscribeCall } from './subscribe-call.js';

/** Who is told of a list, in place of changes. */
export interface ListReader {
  readonly progress: Progress;
  /** The list as it is at the first, or after an interruption: whole, or as the steps from what was told before. */
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
  /** The subscribe request, in flight or answered: its id identifies the subscription on the server. */
  request?: OpenRequest;
  channel?: string;
  retryTimer?: ReturnType<typeof setTimeout>;
  /** A reset that waits for its turn among the clients that got it. */
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

/** The frame without what is the wire's own. */
export function changeOf({ type, id, data, position }: ChangeFrame): Change {
  return (type === 'reset' ? { type, data: null, position } : { type, id, data, position }) as Change;
}
