// Who is online anywhere: tells the store of this process's connections, and asks it of all.

import { randomUUID } from 'node:crypto';
import type { LifecycleEvents } from '../lifecycle/lifecycle-events.js';
import type { Connection } from '../scope/connection.js';
import type { Connections } from '../scope/connections.js';
import type { ConnectionEntry, ConnectionStore, SeenConnection } from './connection-store.js';

export interface ClusterConnectionsParts {
  readonly store: ConnectionStore;
  readonly connections: Connections;
  readonly lifecycle: LifecycleEvents;
  readonly report: (error: unknown) => void;
}

/** A process that died is taken for dead after this; it says three times within it that it is there. */
const LEASE_MS = 15_000;

/**
 * The connections of every process that shares the `ConnectionStore`. What `Connections` answers at once for this
 * process, this asks the store for.
 *
 * @example
 * const devices = await this.clusterConnections.byUser(user);
 */
export class ClusterConnections {
  /** This process, as `node` of its entries. */
  readonly node = randomUUID();
  private timer?: NodeJS.Timeout;
  private undo: (() => void)[] = [];
  /** One step after the other, so that a connection is not removed before it was added. */
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ClusterConnectionsParts) {}

  /** Every connection, oldest first. */
  all(): Promise<SeenConnection[]> {
    return this.parts.store.all();
  }

  get(id: string): Promise<SeenConnection | undefined> {
    return this.parts.store.get(id);
  }

  /** The connections of a user, one for each device and tab. Takes the user, or the user's key. */
  async byUser(user: unknown): Promise<SeenConnection[]> {
    const key = this.parts.connections.keyOf(user);
    return key === undefined ? [] : this.parts.store.byUser(key);
  }

  async isOnline(user: unknown): Promise<boolean> {
    return (await this.byUser(user)).length > 0;
  }

  /** Called at boot. A process that holds no connections says nothing of itself. */
  start(leaseMs = LEASE_MS): void {
    const { lifecycle } = this.parts;
    this.undo = [
      lifecycle.on('jira.connection_open', ({ connection }) => this.opened(connection, leaseMs)),
      lifecycle.on('jira.remove_connection', ({ connectionId }) =>
        this.step(() => this.parts.store.remove(connectionId)),
      ),
    ];
  }

  /** Called at shutdown, after the last connection was closed. */
  async stop(): Promise<void> {
    for (const undo of this.undo) undo();
    clearInterval(this.timer);
    if (this.timer) this.step(() => this.parts.store.removeNode(this.node));
    await this.last;
  }

  private opened(connection: Connection, leaseMs: number): void {
    if (!this.timer) {
      this.step(() => this.renew(leaseMs));
      this.timer = setInterval(() => this.step(() => this.renew(leaseMs)), leaseMs / 3).unref();
    }
    this.step(async () => {
      if (!connection.isClosed) await this.parts.store.add([this.entryOf(connection)]);
    });
  }

  private async renew(leaseMs: number): Promise<void> {
    const { store, connections } = this.parts;
    if (!(await store.renew(this.node, leaseMs)))
      await store.add(connections.all().map((connection) => this.entryOf(connection)));
  }

  private entryOf({ id, user, createdAt }: Connection): ConnectionEntry {
    return { id, node: this.node, user: this.parts.connections.keyOf(user) ?? null, createdAt };
  }

  private step(run: () => Promise<unknown>): void {
    this.last = this.last.then(run).then(() => undefined, this.parts.report); // prettier-ignore
  }
}
