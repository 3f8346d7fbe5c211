// Which users are online in any process, and when that changes.

import { Injectable } from '@nestjs/common';
import { ClusterConnections, PRESENCE_KEY, type PresenceNotice } from '../cluster/messaging/cluster-connections.js';
import type { SeenConnection } from '../cluster/messaging/connection-store.js';
import { PubSub } from '../cluster/messaging/pub-sub.js';
import { failureLog } from '../core/errors/failure-log.js';

/** A user with at least one open connection in any process. */
export interface OnlineUser {
  /** The user's key as a string. */
  readonly user: string;
  /** When the oldest open connection opened. */
  readonly since: Date;
  /** Number of open connections: one for each tab or device. */
  readonly devices: number;
}

/** A user came online (`added`), went offline (`removed`), or has more or fewer connections (`modified`). */
export interface PresenceChange {
  /** The user's key as a string. */
  readonly id: string;
  readonly type: 'added' | 'modified' | 'removed';
  /** The user before the change; absent if `added`. */
  readonly before?: OnlineUser;
  /** The user after the change; absent if `removed`. */
  readonly after?: OnlineUser;
}

/** A user is announced at most once in this time. Further changes are announced together when it is over. */
const REST_MS = 1_000;
/** Up to this many changed users are read one by one; if there are more, all users are read. */
const MAX_ASKED = 100;

/**
 * Which users are online in any process. It hears by `PubSub` who comes and goes, and reads them from the `ConnectionStore`. Once
 * per lease it reads all users, to find what it did not hear: a process died, or the `PubSub` was away or is not shared.
 *
 * @example
 * presence.subscribe(({ id, type }) => console.log(id, type)); // also an observer's `source`
 */
@Injectable()
export class Presence {
  private readonly report = failureLog('Could not read presence');
  private readonly online = new Map<string, OnlineUser>();
  private readonly listeners = new Set<(change: PresenceChange) => void>();
  /** Users to read again; all of them if `isStale`. */
  private readonly due = new Set<string>();
  /** Users who were announced less than `REST_MS` ago. */
  private readonly resting = new Map<string, NodeJS.Timeout>();
  /** Resting users who have changed since. */
  private readonly restless = new Set<string>();
  private isStale = false;
  private started?: Promise<void>;
  private timer?: NodeJS.Timeout;
  private undo: (() => void)[] = [];
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly cluster: ClusterConnections,
    private readonly pubSub: PubSub,
  ) {}

  /** Calls the listener on each change from now on, in the order in which this process sees them. */
  subscribe(listener: (change: PresenceChange) => void): { unsubscribe(): void } {
    this.listeners.add(listener);
    void this.start();
    return { unsubscribe: () => void this.listeners.delete(listener) };
  }

  /** The users who are online, longest first. */
  async list(): Promise<OnlineUser[]> {
    await this.start();
    return [...this.online.values()].toSorted((a, b) => a.since.getTime() - b.since.getTime());
  }

  /** Starts to follow who is online, unless it has. Resolves when that is known. */
  start(): Promise<void> {
    return (this.started ??= this.begin());
  }

  /** Called at shutdown. */
  stop(): void {
    clearInterval(this.timer);
    for (const timer of this.resting.values()) clearTimeout(timer);
    for (const undo of this.undo) undo();
  }

  private async begin(): Promise<void> {
    const { cluster, pubSub } = this;
    const notices = pubSub.subscribe<PresenceNotice>(PRESENCE_KEY, { overflow: 'drop-oldest' });
    this.timer = setInterval(() => void this.readAll(), cluster.leaseMs).unref();
    this.undo = [
      () => void notices.return(),
      cluster.listen({
        onRenewed: () => {
          if (this.isStale) void this.look();
        },
      }),
    ];
    void this.hear(notices);
    await notices.ready.catch(this.report); // prettier-ignore
    await this.readAll();
  }

  private async hear(notices: AsyncIterable<PresenceNotice> & { readonly dropped: number }): Promise<void> {
    let { dropped } = notices;
    for await (const users of notices) {
      if (users === null || notices.dropped > dropped) this.isStale = true;
      else for (const user of users) this.note(user);
      ({ dropped } = notices);
      void this.look();
    }
  }

  private note(user: string): void {
    (this.resting.has(user) ? this.restless : this.due).add(user);
  }

  private rest(user: string): void {
    const over = (): void => {
      this.resting.delete(user);
      if (!this.restless.delete(user)) return;
      this.due.add(user);
      void this.look();
    };
    this.resting.set(user, setTimeout(over, REST_MS).unref());
  }

  private readAll(): Promise<void> {
    this.isStale = true;
    return this.look();
  }

  /** Reads one after the other, so that a later result is a newer one. */
  private look(): Promise<void> {
    return (this.last = this.last.then(() => this.lookNow()).catch((error: unknown) => {
      this.isStale = true; // and is read again when the lease is renewed
      this.report(error);
    })); // prettier-ignore
  }

  private async lookNow(): Promise<void> {
    const { cluster } = this;
    // After an outage of the store, live processes may not have renewed their leases yet.
    if (!cluster.isSure) this.isStale = true;
    if (!cluster.isSure || (!this.isStale && this.due.size === 0)) return;
    const users = [...this.due];
    const isForAll = this.isStale || users.length > MAX_ASKED;
    this.due.clear();
    this.isStale = false;
    if (!isForAll) {
      const found = await Promise.all(users.map((user) => cluster.byUser(user)));
      users.forEach((user, i) => this.set(user, found[i]));
      return;
    }
    const byUser = new Map<string, SeenConnection[]>();
    for (const entry of await cluster.all())
      if (entry.user !== null) byUser.set(entry.user, [...(byUser.get(entry.user) ?? []), entry]);
    for (const user of new Set([...this.online.keys(), ...byUser.keys()])) this.set(user, byUser.get(user) ?? []);
  }

  /** @param entries oldest first */
  private set(user: string, entries: readonly SeenConnection[]): void {
    if (this.resting.has(user)) return void this.restless.add(user);
    const before = this.online.get(user);
    const [oldest] = entries as readonly (SeenConnection | undefined)[];
    const after = oldest && { user, since: oldest.createdAt, devices: entries.length };
    if (before?.devices === after?.devices && before?.since.getTime() === after?.since.getTime()) return;
    if (after) this.online.set(user, after);
    else this.online.delete(user);
    this.rest(user);
    const type = !before ? 'added' : after ? 'modified' : 'removed';
    for (const listener of this.listeners) this.tell(listener, { id: user, type, before, after });
  }

  private tell(listener: (change: PresenceChange) => void, change: PresenceChange): void {
    try {
      listener(change);
    } catch (error) {
      this.report(error);
    }
  }
}
