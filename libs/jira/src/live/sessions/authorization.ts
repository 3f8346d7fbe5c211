// Makes changed rights take effect while clients are connected: `Authorization`, the service that applications inject.

import { Inject, Injectable } from '@nestjs/common';
import type { SessionData } from 'nestjs-jira-protocol';
import type { Authentication } from '../../policy/authentication/authentication.js';
import { ErrorDescriber } from '../../core/errors/error-describer.js';
import { JiraException } from '../../core/errors/jira.exception.js';
import { checkConnection, type Permission } from '../../policy/permissions/permission.js';
import { encode } from '../../core/support/plain-data.js';
import { Connection } from '../../core/connections/connection.js';
import { Connections } from '../../core/connections/connections.js';
import { LIMITS, type Limits } from '../../core/limits/limits.js';
import { disconnect } from '../../core/connections/disconnect.js';
import { REASONS } from '../delivery/subscription-state.js';
import { Hub } from '../delivery/hub.js';
import type { Addressee, Revocation } from '../../core/changes/revocation.js';
import { inBatches } from '../../core/support/in-batches.js';
import { Revocations } from './revocations.js';
import { MAX_TIMER_MS, sessionOf, sessionOver, Sessions } from './sessions.js';

/** The permissions that decide who may connect. */
export interface Entry {
  readonly authentication: readonly Authentication[];
  readonly permissions: readonly Permission[];
}

/** Token of the option `visibilityTtlMs`. */
export const VISIBILITY_TTL_MS = Symbol('jira visibility ttl');

/** Options of `Authorization.refresh()`. */
export interface RefreshOptions {
  /**
   * The user as it is now. It replaces the user that authentication returned, on each connection concerned. Other
   * processes get it as plain data: JSON, dates, bigints and bytes.
   *
   * @default the user stays as it is
   */
  readonly user?: unknown;
}

/** How many subscriptions a sweep holds at a time while it checks their rights. */
const MAX_SWEPT_AT_ONCE = 16;
/** A user (as the user, or the user's key), one connection of this process, or one of any process by its id. */
// oxlint-disable-next-line typescript/no-redundant-type-constituents -- says what may be meant
export type Who = Connection | { readonly connectionId: string } | unknown;

/**
 * Makes changed rights take effect on open connections: in this process at once, and in others that share its change
 * log before any commit that follows.
 *
 * @example
 * constructor(private readonly authorization: Authorization) {}
 * async leaveProject(member: Member) { await this.members.remove(member); await this.authorization.refresh(member.userId); }
 */
@Injectable()
export class Authorization {
  private readonly revocations: Revocations;
  private readonly sweep: NodeJS.Timeout;
  private isSweeping = false;
  private permissions: Entry['permissions'] = [];

  constructor(
    private readonly connections: Connections,
    private readonly hub: Hub,
    private readonly sessions: Sessions,
    private readonly errors: ErrorDescriber,
    @Inject(VISIBILITY_TTL_MS) visibilityTtlMs: number,
    @Inject(LIMITS) { handshakeTimeoutMs }: Limits,
  ) {
    // Twice as often as promised: a subscription that was checked just after the last sweep waits for the next but one.
    const half = Math.max(1, Math.min(visibilityTtlMs / 2, MAX_TIMER_MS));
    this.sweep = setInterval(() => void this.refreshOlderThan(half), half).unref();
    this.revocations = new Revocations(
      hub.log,
      handshakeTimeoutMs,
      (revocation) => this.obey(revocation),
      () => void this.sessions.authenticateAll(),
    );
  }

  /**
   * Checks again what a user or one connection may see. From this call on, nothing is sent under the old rights.
   * Resolves when the new ones are in effect in this process. Subscriptions that now see other rows refetch, those
   * without permission end, and connections that are no longer allowed are closed.
   *
   * @throws TypeError if `user` is not plain data
   */
  async refresh(who: Who, { user }: RefreshOptions = {}): Promise<void> {
    this.tellOthers('refresh', who, user);
    await this.refreshNow(this.connectionsOf(who), user);
  }

  /**
   * Closes every connection of a user (logout, account disabled), or one connection.
   *
   * @returns how many of them were connected to this process
   */
  disconnect(who: Who): number {
    this.tellOthers('disconnect', who);
    const connections = this.connectionsOf(who);
    for (const connection of connections) disconnect(connection, sessionOver());
    return connections.length;
  }

  /** Sets the rules for handshakes. Called once at boot. */
  start(entry: Entry): void {
    this.permissions = entry.permissions;
    this.sessions.start(entry.authentication);
  }

  /** Makes a connection end when its credentials expire. Called by the transport. */
  opened(connection: Connection): void {
    const key = this.connections.keyOf(connection.user);
    // Revocations that were given during the handshake cannot have reached the connection.
    const missed = key === undefined ? [] : this.revocations.since(key, connection.createdAt);
    for (const { action, user } of missed) {
      if (action === 'disconnect') return queueMicrotask(() => disconnect(connection, sessionOver()));
      if (user !== undefined) connection.admit({ user, expiresAt: connection.expiresAt });
    }
    this.sessions.opened(connection);
  }

  /** Called by the transport. */
  closed(connection: Connection): void {
    this.sessions.closed(connection);
  }

  stop(): void {
    this.revocations.stop();
    clearInterval(this.sweep);
    this.sessions.stop();
  }

  /**
   * Takes new credentials of the same user. If they change the user's rights, that takes effect on the subscriptions.
   * Rejects if they are refused; the connection then keeps its old ones.
   */
  async renew(connection: Connection, auth: unknown): Promise<SessionData> {
    const isChanged = await this.sessions.renew(connection, auth);
    if (isChanged) await this.refresh(connection);
    return sessionOf(connection);
  }

  private connectionsOf(who: Who): readonly Connection[] {
    if (who instanceof Connection) return who.isClosed ? [] : [who];
    const { connections } = this;
    if (!isConnectionId(who)) return connections.byUser(who);
    const connection = connections.get(who.connectionId);
    return connection ? [connection] : [];
  }

  /** Tells the other processes, except about a connection of this process. */
  private tellOthers(action: Revocation['action'], who: Who, user?: unknown): void {
    if (who instanceof Connection) return;
    const key = isConnectionId(who) ? undefined : this.connections.keyOf(who);
    const to: Addressee | undefined = isConnectionId(who)
      ? { connectionId: who.connectionId }
      : key === undefined
        ? undefined
        : { user: key };
    if (!to) return;
    encode(user);
    this.revocations.give({ action, to, user });
  }

  /** Applies another process's revocation here. */
  private obey({ action, to, user }: Revocation): void {
    const connections = this.connectionsOf('user' in to ? to.user : to);
    if (action === 'refresh') void this.refreshNow(connections, user);
    else for (const connection of connections) disconnect(connection, sessionOver());
  }

  private async refreshNow(connections: readonly Connection[], user: unknown): Promise<void> {
    if (user !== undefined)
      for (const connection of connections) connection.admit({ user, expiresAt: connection.expiresAt });
    const { placement } = this.hub;
    const ids = connections.map(({ id }) => id);
    await Promise.all([
      placement.refreshTold([...placement.subscriptions(ids)]),
      ...connections.map((connection) => this.checkConnection(connection)),
    ]);
  }

  private async checkConnection(connection: Connection): Promise<void> {
    try {
      await checkConnection(this.permissions, connection);
    } catch (error) {
      const { status, data } = this.errors.describe(error, connection.id);
      disconnect(connection, new JiraException(data.code, data.message, { status }));
    }
  }

  /** Refreshes a few at a time, so that none waits for many others. */
  private async refreshOlderThan(ageMs: number): Promise<void> {
    if (this.isSweeping) return;
    this.isSweeping = true;
    try {
      const { placement } = this.hub;
      const limit = Date.now() - ageMs;
      const due = [...placement.subscriptions()].filter(({ checkedAt }) => checkedAt <= limit);
      for (const batch of inBatches(due, MAX_SWEPT_AT_ONCE)) await placement.refresh(batch, REASONS.aged);
      await placement.compareRelated();
    } finally {
      this.isSweeping = false;
    }
  }
}

function isConnectionId(who: Who): who is { readonly connectionId: string } {
  return typeof (who as { connectionId?: unknown } | null | undefined)?.connectionId === 'string';
}
