// The application's broadcast rooms: members receive what is posted, as an event or under their request.

import { Inject, Injectable } from '@nestjs/common';
import { isReservedName } from 'nestjs-jira-protocol';
import { failureLog } from '../../core/errors/failure-log.js';
import { LifecycleEvents } from '../../core/lifecycle/lifecycle-events.js';
import { Connection } from '../../core/connections/connection.js';
import { Connections } from '../../core/connections/connections.js';
import type { HookScope } from '../../core/scope/scope.js';
import { ClusterConnections } from './cluster-connections.js';
import { CONNECTION_STORE, memberKey, type ConnectionStore, type RoomMember } from './connection-store.js';
import { PubSub, type PubSubSubscription } from './pub-sub.js';

/** A connection receives posts as events named after the room; a request receives them under its `requestId`. */
export type BroadcastMember = Connection | HookScope;

/** `open`: a room got its first member, over all processes. `close`: it lost its last one. */
export type BroadcastEvent = 'open' | 'close';

interface Membership {
  readonly member: BroadcastMember;
  /** The member as every process sees it. */
  readonly entry: RoomMember;
}

interface RoomMembership {
  /** Id of the room. */
  readonly id: string;
  readonly member: BroadcastMember;
}

/** One process's part of a room. */
interface LocalRoom {
  /** Members by connection, or by request for requests; each is in a room at most once. */
  readonly memberships: Map<string, Membership>;
  readonly posts: PubSubSubscription<unknown>;
}

/**
 * Rooms across all processes that share the `PubSub` and the `ConnectionStore`. Members leave when they disconnect, or
 * when their process dies. Posts are not checked against any rights.
 *
 * @example
 * const room = this.broadcast.room('lobby');
 * await room.add(scope); // in an action: the caller's request gets the posts
 * await room.post({ text: 'Hello' });
 */
@Injectable()
export class Broadcast {
  private readonly report = failureLog('A broadcast room failed');
  private readonly rooms = new Map<string, LocalRoom>();
  /** The memberships of each connection, by name, for its disconnect. */
  private readonly membershipsOf = new Map<string, Map<string, RoomMembership>>();
  private readonly listeners = new Map<BroadcastEvent, Set<(roomId: string) => void>>();
  /** Updates that failed to reach the store. */
  private readonly unsaid = new Map<string, { readonly id: string; readonly entry: RoomMember }>();
  private readonly turns = new Map<string, Promise<unknown>>();
  private undo: (() => void)[] = [];

  constructor(
    private readonly pubSub: PubSub,
    @Inject(CONNECTION_STORE) private readonly store: ConnectionStore,
    private readonly cluster: ClusterConnections,
    private readonly connections: Connections,
    private readonly lifecycle: LifecycleEvents,
  ) {}

  /** @throws TypeError if the id is a reserved event name */
  room(id: string): BroadcastRoom {
    if (isReservedName(id)) throw new TypeError(`"${id}" is a reserved event name and cannot name a room.`);
    return new BroadcastRoom(id, this);
  }

  /** Calls the listener in one process: the member's, or one that noticed its death. Returns a function that unsubscribes. */
  on(event: BroadcastEvent, listener: (roomId: string) => void): () => void {
    const listeners = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Called at boot. */
  start(): void {
    const { lifecycle, cluster } = this;
    this.undo = [
      lifecycle.on('jira.connection_closed', ({ connection }) => this.forget(connection)),
      cluster.listen({
        onRenewed: () => {
          for (const { id, entry } of this.unsaid.values()) void this.leave(id, entry);
        },
        onRevived: () => {
          for (const [id, { memberships }] of this.rooms)
            for (const { entry } of memberships.values()) this.join(id, entry).catch(this.report); // prettier-ignore
        },
        onRoomsClosed: (rooms) => {
          for (const id of rooms) this.tell('close', id);
        },
      }),
    ];
  }

  /** Called at shutdown, after the last connection closed; resolves once the store has removed all members. */
  async stop(): Promise<void> {
    while (this.turns.size > 0) await Promise.all(this.turns.values());
    for (const undo of this.undo) undo();
  }

  /** For `BroadcastRoom`. */
  async add(id: string, member: BroadcastMember): Promise<boolean> {
    if (connectionOf(member).isClosed) return false;
    const room = this.rooms.get(id) ?? this.open(id);
    const known = room.memberships.get(memberKey(this.entryOf(member)));
    const { entry } = known ?? this.addMember(id, room, member);
    try {
      await room.posts.ready;
      await this.join(id, entry);
    } catch (error) {
      void this.remove(id, member);
      throw error;
    }
    return this.has(id, entry);
  }

  /** For `BroadcastRoom`. */
  async remove(id: string, member: BroadcastMember): Promise<boolean> {
    const entry = this.entryOf(member);
    const room = this.rooms.get(id);
    if (!room?.memberships.delete(memberKey(entry))) return false;
    const memberships = this.membershipsOf.get(entry.connectionId);
    memberships?.delete(nameOf(id, entry));
    if (memberships?.size === 0) this.membershipsOf.delete(entry.connectionId);
    if (room.memberships.size === 0) this.close(id, room);
    await this.leave(id, entry);
    return true;
  }

  /** For `BroadcastRoom`. */
  post(id: string, data: unknown): Promise<void> {
    return this.pubSub.publish(keyOf(id), data);
  }

  /** For `BroadcastRoom`. */
  members(id: string): Promise<RoomMember[]> {
    return this.store.members(id);
  }

  /** For `BroadcastRoom`. */
  localMembers(id: string): BroadcastMember[] {
    return [...(this.rooms.get(id)?.memberships.values() ?? [])].map(({ member }) => member);
  }

  private addMember(id: string, room: LocalRoom, member: BroadcastMember): Membership {
    const entry = this.entryOf(member);
    const membership = { member, entry };
    room.memberships.set(memberKey(entry), membership);
    const memberships = this.membershipsOf.get(entry.connectionId) ?? new Map<string, RoomMembership>();
    this.membershipsOf.set(entry.connectionId, memberships.set(nameOf(id, entry), { id, member }));
    return membership;
  }

  private join(id: string, entry: RoomMember): Promise<void> {
    return this.inTurn(id, async () => {
      await this.cluster.leased();
      if (this.has(id, entry) && (await this.store.join(id, entry))) this.tell('open', id);
    });
  }

  /** A failed update is retried when the lease is renewed. */
  private leave(id: string, entry: RoomMember): Promise<void> {
    const name = nameOf(id, entry);
    this.unsaid.set(name, { id, entry });
    const left = this.inTurn(id, async () => {
      const isBack = this.has(id, entry);
      if (!isBack && (await this.store.leave(id, entry))) this.tell('close', id);
      this.unsaid.delete(name);
    });
    return left.catch(this.report); // prettier-ignore
  }

  private has(id: string, entry: RoomMember): boolean {
    return this.rooms.get(id)?.memberships.has(memberKey(entry)) ?? false;
  }

  /** Runs the steps of a room in order, so that no member leaves before it has joined. */
  private inTurn(id: string, run: () => Promise<void>): Promise<void> {
    const turn = (this.turns.get(id) ?? Promise.resolve()).then(run);
    const settled: Promise<void> = turn
      .catch(() => undefined)
      .finally(() => {
        if (this.turns.get(id) === settled) this.turns.delete(id);
      });
    this.turns.set(id, settled);
    return turn;
  }

  private open(id: string): LocalRoom {
    const room: LocalRoom = { memberships: new Map(), posts: this.pubSub.subscribe(keyOf(id)) };
    this.rooms.set(id, room);
    void this.deliver(id, room);
    return room;
  }

  private async deliver(id: string, room: LocalRoom): Promise<void> {
    try {
      for await (const data of room.posts)
        for (const { member } of room.memberships.values()) this.send(id, member, data);
    } catch (error) {
      this.report(error);
    }
    // The subscription has ended: a room that receives no posts must have no members.
    if (this.rooms.get(id) === room) for (const { member } of room.memberships.values()) void this.remove(id, member);
  }

  private send(id: string, member: BroadcastMember, data: unknown): void {
    try {
      if (member instanceof Connection) member.send(id, data);
      else member.emit(data);
    } catch (error) {
      this.report(error);
    }
  }

  private forget(connection: Connection): void {
    for (const { id, member } of this.membershipsOf.get(connection.id)?.values() ?? []) void this.remove(id, member);
  }

  private close(id: string, room: LocalRoom): void {
    this.rooms.delete(id);
    void room.posts.return();
  }

  private tell(event: BroadcastEvent, id: string): void {
    for (const listener of this.listeners.get(event) ?? [])
      try {
        listener(id);
      } catch (error) {
        this.report(error);
      }
  }

  private entryOf(member: BroadcastMember): RoomMember {
    const connection = connectionOf(member);
    return {
      connectionId: connection.id,
      requestId: member instanceof Connection ? null : member.requestId,
      node: this.cluster.node,
      user: this.connections.keyOf(connection.user) ?? null,
      joinedAt: new Date(),
    };
  }
}

/** A room of `Broadcast`, which `broadcast.room(id)` returns. */
export class BroadcastRoom {
  constructor(
    readonly id: string,
    private readonly broadcast: Broadcast,
  ) {}

  /** Adds a member. Resolves with true once it receives every further post, with false if its connection has closed. */
  add(member: BroadcastMember): Promise<boolean> {
    return this.broadcast.add(this.id, member);
  }

  /** Removes a member. Returns false if it was not in the room. Every scope of a request is the same member. */
  remove(member: BroadcastMember): Promise<boolean> {
    return this.broadcast.remove(this.id, member);
  }

  /** Sends plain data to every member, in every process. */
  post(data: unknown): Promise<void> {
    return this.broadcast.post(this.id, data);
  }

  /** Members in all processes, in order of joining, to the millisecond. */
  members(): Promise<RoomMember[]> {
    return this.broadcast.members(this.id);
  }

  /** The number of members in all processes. */
  async size(): Promise<number> {
    return (await this.members()).length;
  }

  /** Members in this process, with their connections, in order of joining. */
  localMembers(): BroadcastMember[] {
    return this.broadcast.localMembers(this.id);
  }
}

function keyOf(id: string): string {
  return `$broadcast:${id}`;
}

function nameOf(id: string, entry: RoomMember): string {
  return `${memberKey(entry)}\n${id}`;
}

function connectionOf(member: BroadcastMember): Connection {
  return member instanceof Connection ? member : member.connection;
}
