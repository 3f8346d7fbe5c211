// The request that opens a subscription, and the one that ends it.

import { CANCEL_ACTION, type Query } from 'nestjs-jira-protocol';
import type { Call } from './call.js';
import type { JiraClientError } from './errors.js';
import type { Requests } from './requests.js';

export interface SubscribeCall {
  readonly namespace: string;
  readonly action: string;
  readonly query?: Query;
  readonly data?: unknown;
  readonly headers?: Query;
}

const SUBSCRIBE = 'subscribe';
const UNSUBSCRIBE = 'unsubscribe';

/**
 * Ends the subscription that the request `target` opened: with `action` if it is given, with `unsubscribe` for `subscribe`, and
 * else with `$cancel`. Some servers cancel only running requests with `$cancel`. There, the hook's `unsubscribe` follows.
 */
export function endSubscription(requests: Requests, call: SubscribeCall, target: string, action?: string): void {
  const { namespace } = call;
  const end = (name: string, failed: (error: JiraClientError) => void): void => {
    const request: Call = { namespace, action: name, method: 'SUBSCRIPTION', data: { target } };
    requests.open(request, { done: () => undefined, failed }, { isOfConnection: true });
  };
  const isCancel = action === undefined && call.action !== SUBSCRIBE;
  end(action ?? (isCancel ? CANCEL_ACTION : UNSUBSCRIBE), ({ code }) => {
    if (isCancel && code === 'NOT_FOUND') end(UNSUBSCRIBE, () => undefined);
  });
}
