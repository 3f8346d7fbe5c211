// Rights that change while a client is connected.

import { isDeepStrictEqual } from 'node:util';
import { AUTHENTICATE_ACTION, CONNECTION_EVENT, type AnswerFrame, type RequestFrame } from 'nestjs-jira-protocol';
import { authenticate, type Authentication } from '../authentication/authentication.js';
import type { ErrorAnswer } from '../errors/error-answer.js';
import { JiraException } from '../errors/jira.exception.js';
import { checkConnection, type Permission } from '../permissions/permission.js';
import { Connection } from '../scope/connection.js';
import type { Connections } from '../scope/connections.js';
import type { Hub } from './hub.js';

/** What decides who may connect. */
export interface Entry {
  readonly authentication: readonly Authentication[];
  readonly permissions: readonly Permission[];
}

export interface AuthorizationParts {
  readonly connections: Connections;
  readonly hub: Hub;
  readonly visibilityTtlMs: number;
  describe(error: unknown, requestId: string): ErrorAnswer;
}

export interface RefreshOptions {
  /** The user as it is now: what connections hold from now on, in place of what authentication found. */
  readonly user?: unknown;
}

/** Subscriptions that a sweep holds while it looks at their rights. */
const SWEPT_AT_ONCE = 16;
/** Node's longest timer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Makes changed rights take effect on those who are connected.
 *
 * @example
 * constructor(private readonly authorization: Authorization) {}
 * async leaveProject(member: Member) { await this.members.remove(member); await this.authorization.refresh(member.userId); }
 */
export class Authorization {
  private readonly expiries = new Map<string, NodeJS.Timeout>();
  private readonly underWay = new Set<string>();
  private readonly sweep: NodeJS.Timeout;
  private isSweeping = false;
  private entry: Entry = { authentication: [], permissions: [] };

  constructor(private readonly parts: AuthorizationParts) {
    // Twice as often as the promise: whatever was looked at since the last time waits for the next.
    const half = Math.max(1, Math.min(parts.visibilityTtlMs / 2, LONGEST_TIMER_MS));
    this.sweep = setInterval(() => void this.refreshOlderThan(half), half).unref();
  }

  /**
   * Looks again at what a user (given as the user or the user's key) or one connection may see. From this call on
   * nothing is sent by the old rights; resolves when the new ones are in effect. Subscriptions that see other rows now
   * are told to fetch again, those without permission are ended, connections that may not be are closed.
   */
  async refresh(who: unknown, { user }: RefreshOptions = {}): Promise<void> {
    const connections = who instanceof Connection ? [who] : this.parts.connections.byUser(who);
    if (user !== undefined)
      for (const connection of connections) connection.admit({ user, expiresAt: connection.expiresAt });
    const ids = connections.map(({ id }) => id);
    await Promise.all([
      this.parts.hub.refresh([...this.parts.hub.subscriptions(ids)]),
      ...connections.map((connection) => this.checkConnection(connection)),
    ]);
  }

  /** Closes every connection of a user (logout, account disabled). Returns how many there were. */
  disconnect(user: unknown): number {
    const connections = this.parts.connections.byUser(user);
    for (const connection of connections) expel(connection, 'SESSION_EXPIRED');
    return connections.length;
  }

  /** Who connects is asked these. Called once at boot. */
  start(entry: Entry): void {
    this.entry = entry;
  }

  /** Ends a connection with its credentials. Called by the transport. */
  opened(connection: Connection): void {
    this.forget(connection);
    const { expiresAt, id } = connection;
    if (!expiresAt) return;
    const left = Math.max(0, expiresAt.getTime() - Date.now());
    const timer = setTimeout(
      () => (left > LONGEST_TIMER_MS ? this.opened(connection) : expel(connection, 'SESSION_EXPIRED')),
      Math.min(left, LONGEST_TIMER_MS),
    );
    this.expiries.set(id, timer.unref());
  }

  /** Called by the transport. */
  closed(connection: Connection): void {
    this.forget(connection);
  }

  stop(): void {
    clearInterval(this.sweep);
    for (const timer of this.expiries.values()) clearTimeout(timer);
    this.expiries.clear();
  }

  /** Answers a request on the connection's own event. Never rejects. */
  async answer(connection: Connection, { requestId, method, action, data }: RequestFrame): Promise<AnswerFrame> {
    const echo = { requestId, method, action };
    try {
      if (action !== AUTHENTICATE_ACTION)
        throw new JiraException('UNKNOWN_ACTION', `"${CONNECTION_EVENT}" has no action "${action}".`);
      if (method !== 'POST') throw new JiraException('METHOD_NOT_ALLOWED', `"${action}" takes POST, not ${method}.`);
      await this.authenticateAgain(connection, data);
      return { ...echo, status: 200, data: { expiresAt: connection.expiresAt?.toISOString() ?? null } };
    } catch (error) {
      const { status, data: reason } = this.parts.describe(error, requestId);
      return { ...echo, status, data: reason };
    }
  }

  /** New credentials of the same user. What they change in the user's rights takes effect on the subscriptions. */
  private async authenticateAgain(connection: Connection, auth: unknown): Promise<void> {
    const { id, handshake } = connection;
    if (typeof auth !== 'object' || auth === null || Array.isArray(auth))
      throw new JiraException('BAD_REQUEST', 'Give the credentials as an object, as in the handshake.');
    if (this.underWay.has(id)) throw new JiraException('TOO_MANY_REQUESTS', 'One at a time.');
    this.underWay.add(id);
    try {
      const { authentication } = this.entry;
      const found = await authenticate(authentication, { ...handshake, auth: auth as Record<string, unknown> });
      const { connections } = this.parts;
      if (found.user === null) throw new JiraException('UNAUTHENTICATED', 'These credentials are not known.');
      if (connections.keyOf(found.user) !== connections.keyOf(connection.user))
        throw new JiraException('PERMISSION_DENIED', "These are another user's credentials: open a new connection.");
      if (connection.isClosed) return;
      const isSame = isDeepStrictEqual(found.user, connection.user);
      connection.admit(found);
      this.opened(connection);
      if (!isSame) await this.refresh(connection);
    } finally {
      this.underWay.delete(id);
    }
  }

  private async checkConnection(connection: Connection): Promise<void> {
    try {
      await checkConnection(this.entry.permissions, connection);
    } catch (error) {
      expel(connection, this.parts.describe(error, connection.id).data.code);
    }
  }

  /** A few at a time, so that none waits for many others. */
  private async refreshOlderThan(ageMs: number): Promise<void> {
    if (this.isSweeping) return;
    this.isSweeping = true;
    const limit = Date.now() - ageMs;
    const due = [...this.parts.hub.subscriptions()].filter(({ checkedAt }) => checkedAt <= limit);
    for (let i = 0; i < due.length; i += SWEPT_AT_ONCE)
      await this.parts.hub.refresh(due.slice(i, i + SWEPT_AT_ONCE).filter(({ isEnded }) => !isEnded));
    this.isSweeping = false;
  }

  private forget({ id }: Connection): void {
    clearTimeout(this.expiries.get(id));
    this.expiries.delete(id);
  }
}

/** Says why, to clients that understand it, and closes. */
function expel(connection: Connection, code: string): void {
  if (connection.dialect === 'jira') connection.send('$disconnect', { code, status: code === 'PERMISSION_DENIED' ? 403 : 401 }); // prettier-ignore
  connection.close();
}
