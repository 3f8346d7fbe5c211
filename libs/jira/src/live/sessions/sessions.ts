// Sessions: each connection's credentials, their expiry and their renewal.

import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { SESSION_EVENT, type SessionData } from 'nestjs-jira-protocol';
import { Connections } from '../../core/connections/connections.js';
import type { Connection } from '../../core/connections/connection.js';
import { disconnect } from '../../core/connections/disconnect.js';
import { ErrorDescriber } from '../../core/errors/error-describer.js';
import { JiraException } from '../../core/errors/jira.exception.js';
import { inBatches } from '../../core/support/in-batches.js';
import { isRecord } from '../../core/support/is-record.js';
import { authenticate, type Authentication } from '../../policy/authentication/authentication.js';

/** How many connections' credentials are checked at a time. */
const MAX_CHECKED_AT_ONCE = 16;
/** Node's longest timer. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

@Injectable()
export class Sessions {
  private readonly expiries = new Map<string, NodeJS.Timeout>();
  private readonly renewing = new Set<string>();
  /** The credentials that last renewed the session; absent if it was only the handshake. */
  private readonly credentials = new WeakMap<Connection, Record<string, unknown>>();
  private authentication: readonly Authentication[] = [];

  constructor(
    private readonly connections: Connections,
    private readonly errors: ErrorDescriber,
  ) {}

  /** Called once at boot. */
  start(authentication: readonly Authentication[]): void {
    this.authentication = authentication;
  }

  stop(): void {
    for (const timer of this.expiries.values()) clearTimeout(timer);
    this.expiries.clear();
  }

  /** Makes the connection end when its credentials expire. */
  opened(connection: Connection): void {
    this.watchExpiry(connection);
    if (connection.expiresAt && connection.dialect === 'jira') connection.send(SESSION_EVENT, sessionOf(connection));
  }

  closed({ id }: Connection): void {
    clearTimeout(this.expiries.get(id));
    this.expiries.delete(id);
  }

  /**
   * Takes new credentials of the same user.
   *
   * @returns whether the user has changed, and may have other rights
   * @throws if they are refused; the connection then keeps its old ones
   */
  async renew(connection: Connection, auth: unknown): Promise<boolean> {
    if (!isRecord(auth))
      throw new JiraException('BAD_REQUEST', 'Must be an object of credentials, as in the handshake.');
    const { id } = connection;
    if (this.renewing.has(id))
      throw new JiraException('TOO_MANY_REQUESTS', 'Another $authenticate request is in progress.');
    this.renewing.add(id);
    try {
      return await this.take(connection, auth);
    } finally {
      this.renewing.delete(id);
    }
  }

  /** Authenticates all connections again, because a missed revocation may have ended any session. Disconnects unknown users. */
  async authenticateAll(): Promise<void> {
    for (const batch of inBatches(this.connections.all(), MAX_CHECKED_AT_ONCE))
      await Promise.all(batch.map((connection) => this.disconnectUnlessKnown(connection)));
  }

  private async take(connection: Connection, auth: Record<string, unknown>): Promise<boolean> {
    const { connections } = this;
    const found = await authenticate(this.authentication, { ...connection.handshake, auth });
    if (found.user === null) throw new JiraException('UNAUTHENTICATED', 'Unknown credentials.');
    if (connections.keyOf(found.user) !== connections.keyOf(connection.user))
      throw new JiraException('PERMISSION_DENIED', 'The credentials belong to another user. Open a new connection.');
    if (connection.isClosed) return false;
    const isChanged = !isDeepStrictEqual(found.user, connection.user);
    this.credentials.set(connection, auth);
    connection.admit(found);
    this.watchExpiry(connection);
    return isChanged;
  }

  private async disconnectUnlessKnown(connection: Connection): Promise<void> {
    const { connections } = this;
    const { handshake } = connection;
    try {
      const auth = this.credentials.get(connection) ?? handshake.auth;
      const found = await authenticate(this.authentication, { ...handshake, auth });
      if (connections.keyOf(found.user) !== connections.keyOf(connection.user)) disconnect(connection, sessionOver());
    } catch (error) {
      const { status, data } = this.errors.describe(error, connection.id);
      disconnect(connection, status === 401 ? sessionOver() : new JiraException(data.code, data.message, { status }));
    }
  }

  private watchExpiry(connection: Connection): void {
    this.closed(connection);
    const { expiresAt, id } = connection;
    if (!expiresAt) return;
    const left = Math.max(0, expiresAt.getTime() - Date.now());
    const timer = setTimeout(
      () => (left > MAX_TIMER_MS ? this.watchExpiry(connection) : disconnect(connection, sessionOver())),
      Math.min(left, MAX_TIMER_MS),
    );
    this.expiries.set(id, timer.unref());
  }
}

export function sessionOf({ expiresAt }: Connection): SessionData {
  if (!expiresAt) return { expiresAt: null, expiresInMs: null };
  return { expiresAt: expiresAt.toISOString(), expiresInMs: Math.max(0, expiresAt.getTime() - Date.now()) };
}

export function sessionOver(): JiraException {
  return new JiraException('SESSION_EXPIRED', 'The session has expired.');
}
