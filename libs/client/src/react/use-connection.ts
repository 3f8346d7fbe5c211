// The connection and the message queues of the client above.

import { useCallback, useEffect, useRef, useSyncExternalStore } from 'react';
import type { ConnectionState } from '../connection-view.js';
import type { JiraClientError } from '../errors.js';
import type { MessageListener } from '../messages.js';
import { useJira } from './context.js';

export interface UsedConnection {
  readonly state: ConnectionState;
  /** Why there is no connection. */
  readonly reason: JiraClientError | undefined;
}

/** Returns the state of the connection, and renders again when it changes. In server rendering, the state is `connecting`. */
export function useConnection(): UsedConnection {
  const { connection } = useJira();
  const subscribe = useCallback((listener: () => void) => connection.onState(listener), [connection]);
  const state = useSyncExternalStore(
    subscribe,
    () => connection.state,
    () => 'connecting' as const,
  );
  return { state, reason: connection.reason };
}

/** While the component is mounted, calls the listener with messages from the server's queues. Each render may pass a new one. */
export function useMessages(listener: MessageListener): void {
  const jira = useJira();
  const newest = useRef(listener);
  useEffect(() => void (newest.current = listener));
  useEffect(() => jira.onMessage((event, data) => newest.current(event, data)), [jira]);
}
