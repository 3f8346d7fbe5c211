// The client in the hands of the components: one connection a session, lists that stay current.

import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import {
  createClient,
  type Change,
  type ConnectionState,
  type ItemOf,
  type JiraClient,
  type JiraClientError,
  type JiraRequest,
  type RowOf,
} from 'nestjs-jira-client';
import type { Api } from '../../src/api.js';
import { useReport } from './notices.js';

export type Jira = JiraClient<Api>;
export type User = RowOf<Api['users']>;
export type Project = RowOf<Api['projects']>;
export type Issue = RowOf<Api['issues']>;
export type Status = Issue['status'];

/** One page holds a whole list, unless it is a very long one. */
export const WHOLE = { page_size: 500 } as const;

const JiraContext = createContext<Jira | undefined>(undefined);
export const JiraProvider = JiraContext.Provider;

export function connect(token: string): Jira {
  return createClient<Api>(location.origin, {
    auth: { token },
    // Somebody is looking at the board: better an attempt too many than a wait for the next one.
    reconnectMinMs: 250,
    reconnectMaxMs: 2_000,
    // A restart of the server takes less; what waits for it is marked as not saved, and can be undone.
    timeoutMs: 30_000,
  });
}

export function useJira(): Jira {
  const jira = useContext(JiraContext);
  if (!jira) throw new Error('useJira() was called outside of <JiraProvider>. Wrap the component in it.');
  return jira;
}

export interface ConnectionStatus {
  readonly state: ConnectionState;
  readonly reason: JiraClientError | undefined;
}

/** The connection's state, always the present one. */
export function useConnection(): ConnectionStatus {
  const { connection } = useJira();
  const [status, setStatus] = useState<ConnectionStatus>(() => ({ ...connection }));
  useEffect(() => {
    setStatus({ state: connection.state, reason: connection.reason });
    return connection.onState((state, reason) => setStatus({ state, reason }));
  }, [connection]);
  return status;
}

export interface LiveRows<Row> {
  readonly rows: readonly Row[];
  readonly isLoaded: boolean;
  /** Why the list ended; it does not come back by itself. */
  readonly error?: JiraClientError;
}

const EMPTY = { rows: [], isLoaded: false } as const;

/**
 * A list that follows the server. `key` says which list `ask` asks for: with another key it starts again.
 * `onChange` hears each change that arrived after the list.
 */
export function useLive<Output>(
  key: string,
  ask: (jira: Jira) => JiraRequest<Output>,
  onChange?: (change: Change<ItemOf<Output>>, before: readonly ItemOf<Output>[]) => void,
): LiveRows<ItemOf<Output>> {
  const jira = useJira();
  const [live, setLive] = useState<LiveRows<ItemOf<Output>> & { readonly key: string }>({ ...EMPTY, key });
  const report = useReport();
  const latest = useRef({ ask, onChange, report });
  latest.current = { ask, onChange, report };

  useEffect(() => {
    let before: readonly ItemOf<Output>[] = [];
    return jira.listen(
      latest.current.ask(jira),
      (rows) => {
        before = rows;
        setLive({ key, rows, isLoaded: true });
      },
      {
        onChange: (change) => latest.current.onChange?.(change, before),
        onState: (state, error) => {
          if (state !== 'unsubscribed' || !error) return;
          setLive({ key, rows: [], isLoaded: true, error });
          latest.current.report('A list cannot be kept current.', error);
        },
      },
    );
  }, [jira, key]);

  return live.key === key ? live : EMPTY;
}
