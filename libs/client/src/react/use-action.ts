// Actions in components.

import { useCallback, useRef, useState } from 'react';
import type { JiraClientError } from '../errors.js';
import type { CallOf, HookClient } from '../hook-client.js';
import type { JiraRequest } from '../jira-request.js';
import type { NameOf, OutputOf } from '../types.js';

interface ActionState<Output> {
  readonly isPending: boolean;
  /** Why the last call failed. */
  readonly error?: JiraClientError;
  /** What the last call answered. */
  readonly data?: Output;
}

export interface UsedAction<Hook, Action> extends ActionState<OutputOf<Hook, Action>> {
  /** Calls the action. You need not handle the promise: a failure is in `error`. The function stays the same between renders. */
  readonly run: (...call: CallOf<Hook, Action>) => JiraRequest<OutputOf<Hook, Action>>;
}

/**
 * Returns an action, and the state of its last call.
 *
 * @example
 * const close = useAction(jira.hook('issues'), 'close');
 * <button disabled={close.isPending} onClick={() => close.run({ id: 1 })}>Close</button>
 */
export function useAction<Hook, Action extends NameOf<Hook>>(
  hook: HookClient<Hook>,
  action: Action,
): UsedAction<Hook, Action> {
  const [state, setState] = useState<ActionState<OutputOf<Hook, Action>>>({ isPending: false });
  const newest = useRef<object>(undefined);
  const current = useRef({ hook, action });
  current.current = { hook, action };
  const run = useCallback((...call: CallOf<Hook, Action>) => {
    const { hook: host, action: name } = current.current;
    const request = host.action(name, ...call);
    newest.current = request;
    setState({ isPending: true });
    const settle = (next: ActionState<OutputOf<Hook, Action>>): void => {
      if (newest.current === request) setState(next);
    };
    request.then(
      (data) => settle({ isPending: false, data }),
      (error: unknown) => settle({ isPending: false, error: error as JiraClientError }),
    );
    return request;
  }, []);
  return { ...state, run };
}
