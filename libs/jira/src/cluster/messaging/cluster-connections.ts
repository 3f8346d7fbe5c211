// Who is online in any process: writes this process's connections to the store, and reads those of all processes.

import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { failureLog } from '../../core/errors/failure-log.js';
import { LifecycleEvents } from '../../core/lifecycle/lifecycle-events.js';
import type { Connection } from '../../core/connections/connection.js';
import { Connections } from '../../core/connections/connections.js';
import {
  CONNECTION_STORE,
  type ConnectionEntry,
  type ConnectionStore,
  type SeenConnection,
} from './connection-store.js';
import { PubSub } from './pub-sub.js';

/** Listens for what happens to this process's lease. */
export interface LeaseListener {
  /** The lease was renewed. `isSure` is false if this process was late: others may then still be about to renew theirs. */
  onRenewed?(isSure: boolean): void;
  /** The store has lost some of this process's entries: put them there again. */
  onRevived?(): void;
  /** Rooms that lost their last member when a process died; reported to one process. */
  onRoomsClosed?(rooms: readonly string[]): void;
}

/** Published when users come online or go offline: their keys, or `null` if it may be any user. */
export type PresenceNotice = readonly string[] | null;
export const PRESENCE_KEY = '$presence';

/** A process counts as dead after this time. It renews its lease three times within it. */
const LEASE_MS = 15_000;

/**
 * The connections of every process that shares the `ConnectionStore`. It queries the store for what `Connections`
 * answers at once for this process.
 *
 * @example
 * const devices = await this.clusterConnections.byUser(user);
 */
@Injectable()
export class ClusterConnections {
  private readonly report = failureLog('The connection store failed');
  /** This process, as `node` of its entries. */
  readonly node = randomUUID();
  /** How long a silent process counts as alive. */
  readonly leaseMs: number;
  private readonly listeners = new Set<LeaseListener>();
  private timer?: NodeJS.Timeout;
  private undo: (() => void)[] = [];
  private renewedAt?: number;
  private wasLate = false;
  private lease?: Promise<void>;
  private renewing?: Promise<void>;
  /** Updates for the store, by id; `null` for anonymous users. */
  private readonly arrived = new Map<string, Connection>();
  private readonly gone = new Map<string, string | null>();
  /** Runs the steps in order, so that a connection is not removed before it was added. */
  private last: Promise<void> = Promise.resolve();

  constructor(
    @Inject(CONNECTION_STORE) private readonly store: ConnectionStore,
    private readonly connections: Connections,
    private readonly lifecycle: LifecycleEvents,
    private readonly pubSub: PubSub,
  ) {
    this.leaseMs = store.leaseMs ?? LEASE_MS;
  }

  /** Every connection, oldest first. */
  all(): Promise<SeenConnection[]> {
    return this.store.all();
  }

  /** The open connection of any process with this id. */
  get(id: string): Promise<SeenConnection | undefined> {
    return this.store.get(id);
  }

  /** The connections of a user, one for each device and tab. Takes the user, or the user's key. */
  async byUser(user: unknown): Promise<SeenConnection[]> {
    const key = this.connections.keyOf(user);
    return key === undefined ? [] : this.store.byUser(key);
  }

  /** Whether a user has a connection in any process. Takes the user, or the user's key. */
  async isOnline(user: unknown): Promise<boolean> {
    return (await this.byUser(user)).length > 0;
  }

  /** Called at boot. A process without connections does not register. */
  start(): void {
    const { lifecycle, connections } = this;
    this.undo = [
      lifecycle.on('jira.connection_open', ({ connection }) => {
        this.arrived.set(connection.id, connection);
        void this.leased();
        void this.step(() => this.tellStore());
      }),
      lifecycle.on('jira.remove_connection', ({ connectionId, user }) => {
        this.gone.set(connectionId, connections.keyOf(user) ?? null);
        void this.step(() => this.tellStore());
      }),
    ];
  }

  /** Called at shutdown, after the last connection closed. */
  async stop(): Promise<void> {
    for (const undo of this.undo) undo();
    clearInterval(this.timer);
    if (this.lease) void this.step(async () => this.tellRooms(await this.store.removeNode(this.node)));
    await this.last;
  }

  /** Resolves once this process has a lease, which it renews from then on. */
  leased(): Promise<void> {
    if (this.lease) return this.lease;
    this.timer = setInterval(() => void this.renewInTurn(), this.leaseMs / 3).unref();
    return (this.lease = this.renewInTurn());
  }

  /** Whether absence from the store means offline. Not after an outage: other processes may be about to register again. */
  get isSure(): boolean {
    return !this.wasLate && !this.isOverdue;
  }

  /** Returns a function that unsubscribes. */
  listen(listener: LeaseListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Runs one renewal at a time, so that they do not queue up while the store is unavailable. */
  private renewInTurn(): Promise<void> {
    this.renewing ??= this.step(() => this.renew()).then(() => (this.renewing = undefined));
    return this.renewing;
  }

  private get isOverdue(): boolean {
    return this.renewedAt !== undefined && performance.now() - this.renewedAt > this.leaseMs;
  }

  private async renew(): Promise<void> {
    const { store } = this;
    const isFirst = this.renewedAt === undefined;
    const isLate = this.isOverdue;
    const isKnown = await store.renew(this.node, this.leaseMs);
    this.renewedAt = performance.now();
    this.wasLate = isLate;
    if (!isKnown) await this.putAgain();
    await this.tellStore(); // what failed before
    // After an outage of the store, every process is late: none counts as dead before all had time to renew.
    if (!isFirst && !isLate) await this.sweep();
    for (const listener of this.listeners) listener.onRenewed?.(!isLate);
  }

  /** The store's entries of this process may be outdated. */
  private async putAgain(): Promise<void> {
    const { store, connections } = this;
    this.tellRooms(await store.removeNode(this.node));
    await store.renew(this.node, this.leaseMs);
    await store.add(connections.all().map((connection) => this.entryOf(connection)));
    for (const listener of this.listeners) listener.onRevived?.();
    this.publish(null);
  }

  private async sweep(): Promise<void> {
    const { nodes, rooms } = await this.store.sweep();
    this.tellRooms(rooms);
    if (nodes.length > 0) this.publish(null);
  }

  private tellRooms(rooms: readonly string[]): void {
    if (rooms.length > 0) for (const listener of this.listeners) listener.onRoomsClosed?.(rooms);
  }

  /** A failed update is retried on the next change, and when the lease is renewed. */
  private async tellStore(): Promise<void> {
    const arrived = [...this.arrived.values()];
    const gone = [...this.gone];
    if (arrived.length + gone.length === 0) return;
    const { store } = this;
    const entries = arrived.filter(({ isClosed }) => !isClosed).map((connection) => this.entryOf(connection));
    if (entries.length > 0) await store.add(entries);
    for (const { id } of arrived) this.arrived.delete(id);
    await store.remove(gone.map(([id]) => id));
    for (const [id] of gone) this.gone.delete(id);
    const users = [...entries.map(({ user }) => user), ...gone.map(([, user]) => user)];
    const known = new Set(users.filter((user) => user !== null));
    if (known.size > 0) this.publish([...known]);
  }

  private publish(notice: PresenceNotice): void {
    this.pubSub.publish(PRESENCE_KEY, notice).catch(this.report); // prettier-ignore
  }

  private entryOf({ id, user, createdAt }: Connection): ConnectionEntry {
    return { id, node: this.node, user: this.connections.keyOf(user) ?? null, createdAt };
  }

  private step(run: () => Promise<unknown>): Promise<void> {
    this.last = this.last.then(run).then(() => undefined, this.report); // prettier-ignore
    return this.last;
  }
}
