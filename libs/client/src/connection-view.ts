// The connection as applications see it.

import type { JiraClientError } from './errors.js';

/**
 * - `idle`: `connect()` was not called yet
 * - `connecting`: the first attempt, or one after `connect()`
 * - `connected`
 * - `disconnected`: lost or not reached; the client retries by itself
 * - `refused`: the server refused the handshake; nothing happens until `connect()`
 * - `closed`: `close()` was called
 */
export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'disconnected' | 'refused' | 'closed';

/** Called with the state and, unless connected, the reason. */
export type StateListener = (state: ConnectionState, reason?: JiraClientError) => void;

/** The state of the connection. */
export interface ConnectionView {
  readonly state: ConnectionState;
  /** Why it is not connected. */
  readonly reason: JiraClientError | undefined;
  /** Calls the listener with each new state, until you call the returned function. */
  onState(listener: StateListener): () => void;
  /**
   * Probes the connection at once, or tries at once to get one. Browsers do so by themselves when the page is shown again
   * and when the network is back; call it where the platform tells otherwise, as React Native's `AppState` does.
   */
  check(): void;
}
