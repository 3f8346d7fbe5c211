// The connection as applications see it.

import type { JiraClientError } from './errors.js';

/**
 * - `idle`: `connect()` was not called yet
 * - `connecting`: the first attempt, or the first after `connect()`
 * - `connected`: requests are sent at once
 * - `disconnected`: the connection was lost, or an attempt failed; the client retries by itself
 * - `refused`: the server refused the handshake; call `connect()` to try again
 * - `closed`: `close()` was called; call `connect()` to open it again
 */
export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'disconnected' | 'refused' | 'closed';

/** Called with the new state and, unless it is `connected`, the reason. */
export type StateListener = (state: ConnectionState, reason?: JiraClientError) => void;

/** The state of the connection. */
export interface ConnectionView {
  readonly state: ConnectionState;
  /** Why it is not connected; undefined while it is, and before the first attempt ends. */
  readonly reason: JiraClientError | undefined;
  /** Calls the listener with each new state, until you call the returned function. */
  onState(listener: StateListener): () => void;
  /**
   * Probes the connection at once or, while disconnected, tries to connect at once. In browsers, this happens by itself when
   * the page is shown again and when the network is back. Call it where the platform has other events, such as React
   * Native's `AppState`.
   */
  check(): void;
}
