// The connection's state machine over a Socket.IO socket.

import type { Socket } from 'socket.io-client';
import { CODES, CONNECTION_EVENT, PING_ACTION, PROTOCOL_VERSION, type RequestFrame } from 'nestjs-jira-protocol';
import { backoffMs } from './backoff.js';
import type { ConnectionState, StateListener } from './connection-view.js';
import { JiraClientError, errorOfRefusal } from './errors.js';
import { Heartbeat } from './heartbeat.js';
import { Listeners } from './listeners.js';
import type { Auth, AuthSource, ResolvedClientOptions } from './options.js';
import { openSocket } from './socket.js';
import { onWake } from './wakeups.js';

/** Callbacks for the rest of the client. */
export interface ConnectionEvents {
  onConnected(): void;
  onLost(error: JiraClientError): void;
  onRefused(error: JiraClientError): void;
  onFrame(namespace: string, frame: unknown): void;
  /** Whether the client waits for anything from the server. */
  isExpecting(): boolean;
}

/** How often the time limit for the answer to a handshake may double. */
const MAX_DOUBLINGS = 3;

/** A server that is about to close sends this. Its `afterMs`, which differs per client, says when to reconnect. */
const RECONNECT_EVENT = '$reconnect';
/** A server that disconnects this client on purpose sends this, with a code. */
const DISCONNECT_EVENT = '$disconnect';

/** Every server answers this. A server that does not know the action answers an error, which also proves the connection alive. */
const PROBE: RequestFrame = { requestId: PING_ACTION, method: 'GET', action: PING_ACTION };

export class Connection {
  state: ConnectionState = 'idle';
  reason: JiraClientError | undefined;
  readonly listeners: Listeners<Parameters<StateListener>>;
  private readonly socket: Socket;
  private readonly heartbeat: Heartbeat;
  private readonly heard = (): void => this.heartbeat.heard();
  private stopWaking: (() => void) | undefined;
  auth: AuthSource;
  /** Counts handshakes, so that a late `auth` result is not used for the next connection. */
  private handshake = 0;
  private retries = 0;
  /** Runs until the next attempt, or until this attempt's answer is overdue. */
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private connectedAt = 0;
  private askedToWaitMs: number | undefined;
  private ending: JiraClientError | undefined;

  constructor(
    url: string,
    private readonly options: ResolvedClientOptions,
    private readonly events: ConnectionEvents,
  ) {
    this.auth = options.auth;
    this.listeners = new Listeners(options.onError);
    this.socket = openSocket(url, options, (speak) => void this.authenticate(speak));
    this.socket.on('connect', () => this.connected());
    this.socket.on('connect_error', (error) => this.failed(error));
    this.socket.on('disconnect', (reason) => this.disconnected(reason));
    this.heartbeat = new Heartbeat(
      {
        isExpecting: () => events.isExpecting(),
        probe: () => this.emit(CONNECTION_EVENT, PROBE, () => undefined),
        silent: (silenceMs) => this.silent(silenceMs),
      },
      options,
    );
    // With one listener for all namespaces, subscriptions need not add or remove any.
    this.socket.onAny((name: string, frame: unknown) => this.received(name, frame));
  }

  get isConnected(): boolean {
    return this.state === 'connected';
  }

  /** True if waiting is pointless, because the connection was refused or closed. */
  get isHopeless(): boolean {
    return this.state === 'refused' || this.state === 'closed';
  }

  /** Connects unless connected or connecting. With new credentials, reconnects. */
  connect(auth?: AuthSource): void {
    if (auth !== undefined) {
      this.auth = auth;
      this.retries = 0;
      if (this.state !== 'idle') this.dropSocket(lost('Reconnecting with new credentials.'));
    }
    if (this.socket.active && this.state !== 'closed') return;
    this.stopRetrying();
    this.stopWaking ??= onWake(() => this.check());
    this.become('connecting');
    this.socket.connect();
  }

  /** Probes the connection or, while disconnected, tries to connect at once. */
  check(): void {
    if (this.isConnected) return this.heartbeat.check();
    if (this.state !== 'disconnected' || this.askedToWaitMs !== undefined) return;
    this.stopRetrying();
    this.retries = 0;
    // Disconnecting first ends Socket.IO's wait for its next attempt.
    this.socket.disconnect().connect();
  }

  close(reason: JiraClientError): void {
    if (this.state === 'closed') return;
    this.heartbeat.stop();
    this.stopWaking?.();
    this.stopWaking = undefined;
    this.endHandshake();
    this.become('closed', reason);
    this.socket.disconnect();
  }

  /** For tests: counts what is left. */
  inspect(): Record<string, number> {
    // Socket.IO's types hide `acks`. A leak would show there.
    const { acks } = this.socket as unknown as { acks: object };
    return {
      stateListeners: this.listeners.size,
      unacknowledged: Object.keys(acks).length,
      unsent: this.socket.sendBuffer.length,
      frameListeners: this.socket.listenersAny().length,
    };
  }

  /** Sends a request. If an acknowledgement arrives, calls `answer` with it, unchecked. */
  emit(namespace: string, frame: RequestFrame, answer: (frame: unknown) => void): void {
    this.socket.emit(namespace, frame, answer);
  }

  /** Gets the credentials. Rejects with `AUTH_FAILED`, or with the `JiraClientError` that the source throws. */
  async credentials(source: AuthSource): Promise<Auth> {
    try {
      return typeof source === 'function' ? await source() : source;
    } catch (cause) {
      if (cause instanceof JiraClientError) throw cause;
      throw new JiraClientError('The "auth" function failed.', { code: 'AUTH_FAILED', cause });
    }
  }

  private async authenticate(speak: (auth: object) => void): Promise<void> {
    const handshake = ++this.handshake;
    try {
      const auth = await this.credentials(this.auth);
      if (handshake !== this.handshake) return;
      speak({ ...auth, jira: PROTOCOL_VERSION });
      this.awaitAnswer();
    } catch (error) {
      if (handshake !== this.handshake) return;
      this.dropSocket(error as JiraClientError);
      this.refusedWith(error as JiraClientError);
    }
  }

  /** Socket.IO limits only the time until the transport opens. If the network then goes silent, it would wait for 45 s. */
  private awaitAnswer(): void {
    // If many clients come back at once, the server may need longer, so each failure extends the next wait.
    const waitMs = this.options.connectTimeoutMs * 2 ** Math.min(this.retries, MAX_DOUBLINGS);
    this.retryTimer = setTimeout(() => {
      const error = lost(`The server did not answer the handshake within ${waitMs} ms.`);
      this.dropSocket(error);
      this.become('disconnected', error);
      this.retryAfter(this.backoffMs());
    }, waitMs);
  }

  /** Makes the client ignore whatever the current handshake still brings. */
  private endHandshake(): void {
    this.handshake++;
    this.stopRetrying();
  }

  private connected(): void {
    this.stopRetrying();
    this.connectedAt = Date.now();
    this.askedToWaitMs = undefined;
    this.socket.io.engine.off('packet', this.heard).on('packet', this.heard);
    this.heartbeat.start();
    this.become('connected');
    this.events.onConnected();
  }

  /** The server was unreachable (Socket.IO retries by itself), or it refused the handshake (Socket.IO does not retry). */
  private failed(error: Error & { data?: unknown }): void {
    if (this.socket.active) {
      this.become('disconnected', lost('The server is unreachable.', error));
    } else {
      this.refusedWith(errorOfRefusal(error));
    }
  }

  private refusedWith(error: JiraClientError): void {
    this.stopRetrying();
    const isTemporary = error.code === 'AUTH_FAILED' || (Object.hasOwn(CODES, error.code) && error.retryable);
    if (isTemporary) {
      this.become('disconnected', error);
      this.retryAfter(this.backoffMs());
    } else {
      this.become('refused', error);
      this.events.onRefused(error);
    }
  }

  private disconnected(reason: string): void {
    // Socket.IO buffers what is sent while a ping is overdue, and would send it on the next connection. By then, those
    // requests have failed.
    this.socket.sendBuffer.length = 0;
    this.endHandshake();
    this.heartbeat.stop();
    if (this.state !== 'connected') return;
    if (Date.now() - this.connectedAt > this.options.reconnectMaxMs) this.retries = 0;
    const error = lost(`The connection was lost (${this.ending?.code ?? reason}).`, this.ending);
    this.ending = undefined;
    this.become('disconnected', error);
    this.events.onLost(error);
    if (this.askedToWaitMs !== undefined) {
      this.socket.disconnect();
      this.retryAfter(this.askedToWaitMs);
    } else if (!this.socket.active) {
      // The server disconnected us on purpose, for an expired session, for example. Reconnect with fresh credentials.
      this.retryAfter(this.backoffMs());
    }
  }

  private silent(silenceMs: number): void {
    const error = lost(`The connection was lost (nothing arrived for ${silenceMs} ms).`);
    this.become('disconnected', error);
    // Socket.IO's own close might wait for an answer that never comes.
    this.socket.disconnect();
    this.events.onLost(error);
    this.retryAfter(this.backoffMs());
  }

  private received(name: string, frame: unknown): void {
    if (name === DISCONNECT_EVENT) {
      this.ending = errorOfRefusal(Object.assign(new Error('The server ended the connection.'), { data: frame }));
      return;
    }
    if (name !== RECONNECT_EVENT) return this.events.onFrame(name, frame);
    const afterMs = (frame as { afterMs?: unknown } | null | undefined)?.afterMs;
    if (typeof afterMs === 'number' && afterMs >= 0) this.askedToWaitMs = afterMs;
  }

  /** Closes the socket without an automatic retry. */
  private dropSocket(error: JiraClientError): void {
    const wasConnected = this.state === 'connected';
    this.endHandshake();
    this.state = 'disconnected';
    this.socket.disconnect();
    if (wasConnected) this.events.onLost(error);
  }

  private retryAfter(delayMs: number): void {
    this.stopRetrying();
    // A listener may have closed the client in response to the loss.
    if (this.state === 'closed') return;
    this.retryTimer = setTimeout(() => this.socket.connect(), delayMs);
  }

  private stopRetrying(): void {
    clearTimeout(this.retryTimer);
  }

  private backoffMs(): number {
    const { reconnectMinMs, reconnectMaxMs } = this.options;
    return backoffMs(this.retries++, reconnectMinMs, reconnectMaxMs);
  }

  private become(state: ConnectionState, reason?: JiraClientError): void {
    this.state = state;
    this.reason = reason;
    this.listeners.emit(state, reason);
  }
}

function lost(message: string, cause?: unknown): JiraClientError {
  return new JiraClientError(message, { code: 'CONNECTION_LOST', cause });
}
