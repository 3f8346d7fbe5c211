// The connection as applications see it.

import type { JiraClientError } from './errors.js';

/**
 * - `idle`: `connect()` has not been called yet
 * - `connecting`: the first attempt, or the first after `connect()`
 * - `connected`: requests are sent at once
 * - `disconnected`: the connection was lost, or an attempt failed; the client retries by itself
 * - `refused`: the server refused the handshake; call `connect()` to try again
 * - `closed`: `close()` was called; call `connect()` to open it again
 */
export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'disconnected' | 'refused' | 'closed';

/** Called with the new state and, if there is one, its reason. */
export type StateListener = (state: ConnectionState, reason?: JiraClientError) => void;

/** The state of the connection. */
export interface ConnectionView {
  readonly state: ConnectionState;
  /** Why there is no connection. Undefined while connected, and until the first attempt ends. */
  readonly reason: JiraClientError | undefined;
  /** Calls the listener with each new state. Returns a function that removes it. */
  onState(listener: StateListener): () => void;
  /**
   * Probes the connection at once. While disconnected, tries to connect at once. A browser triggers this by itself when the
   * page is shown again or the network is back. On a platform with other events, such as React Native's `AppState`, call it
   * yourself.
   */
  check(): void;
}
