// Who is online in this process, on which connections.

import { Inject, Injectable } from '@nestjs/common';
import type { Connection } from './connection.js';

/** Returns what identifies a user, such as its id. A user that is a string or a number is its own key. */
export type UserKey = (user: object) => unknown;

/** Injection token of the server's user key. */
export const USER_KEY = Symbol('jira user key');

/** A user's `id`, else its `pk`, else its `sub`. */
export function defaultUserKey(user: object): unknown {
  const { id, pk, sub } = user as Record<string, unknown>;
  return id ?? pk ?? sub;
}

/**
 * The open connections of this process. `ClusterConnections` knows those of all processes.
 *
 * @example
 * constructor(private readonly connections: Connections) {}
 * isOnline(user: User) { return this.connections.isOnline(user); }
 */
@Injectable()
export class Connections {
  private readonly byId = new Map<string, { readonly connection: Connection; readonly key?: string }>();
  private readonly byKey = new Map<string, Set<Connection>>();

  constructor(@Inject(USER_KEY) private readonly userKey: UserKey) {}

  /** Every open connection, oldest first. */
  all(): Connection[] {
    return [...this.byId.values()].map(({ connection }) => connection);
  }

  /** The open connection of this process with this id. */
  get(id: string): Connection | undefined {
    return this.byId.get(id)?.connection;
  }

  /** The connections of a user, oldest first: one for each tab or device. Pass the user or the user's key. */
  byUser(user: unknown): Connection[] {
    const key = this.keyOf(user);
    return key === undefined ? [] : [...(this.byKey.get(key) ?? [])];
  }

  /** How many connections a user has. Pass the user or the user's key. */
  countOf(user: unknown): number {
    const key = this.keyOf(user);
    return key === undefined ? 0 : (this.byKey.get(key)?.size ?? 0);
  }

  /** Whether a user has a connection. Pass the user or the user's key. */
  isOnline(user: unknown): boolean {
    return this.countOf(user) > 0;
  }

  /** Number of open connections in this process. */
  get size(): number {
    return this.byId.size;
  }

  /** A user's key as text, so that 1 and '1' are the same user; `undefined` if the user has no key. */
  keyOf(user: unknown): string | undefined {
    if (user === null || user === undefined) return undefined;
    const key = typeof user === 'object' ? this.userKey(user) : user;
    return key === null || key === undefined ? undefined : `${key as string | number | bigint}`;
  }

  /** Called by the transport. */
  add(connection: Connection): void {
    const key = this.keyOf(connection.user);
    this.byId.set(connection.id, { connection, key });
    if (key === undefined) return;
    const connections = this.byKey.get(key) ?? new Set<Connection>();
    this.byKey.set(key, connections.add(connection));
  }

  /** Called by the transport. */
  remove({ id }: Connection): void {
    const known = this.byId.get(id);
    this.byId.delete(id);
    if (known?.key === undefined) return;
    const connections = this.byKey.get(known.key);
    connections?.delete(known.connection);
    if (connections?.size === 0) this.byKey.delete(known.key);
  }
}
