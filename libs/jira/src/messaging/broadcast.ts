// Rooms of the application's own: who is in one gets what is posted to it, under the event or the request it came with.

import { isReservedName } from 'nestjs-jira-protocol';
import type { LifecycleEvents } from '../lifecycle/lifecycle-events.js';
import { Connection } from '../scope/connection.js';
import type { HookScope } from '../scope/scope.js';
import type { PubSub, PubSubSubscription } from './pub-sub.js';

/** A connection hears posts as events named after the room; a request hears them under its `requestId`. */
export type BroadcastMember = Connection | HookScope;

export type BroadcastEvent = 'open' | 'close';

interface OpenRoom {
  /** By connection and, for requests, request: each is in a room once. */
  readonly members: Map<string, BroadcastMember>;
  readonly posts: PubSubSubscription<unknown>;
}

export interface BroadcastParts {
  readonly pubSub: PubSub;
  readonly lifecycle: LifecycleEvents;
  readonly report: (error: unknown) => void;
}

/**
 * A post reaches the members of every process that shares the `PubSub`; `members()`, `size`, `open` and `close` speak of
 * this process. Members leave when they disconnect. Posts are not checked against anybody's rights.
 *
 * @example
 * const room = this.broadcast.room('lobby');
 * await room.add(scope); // in an action: the caller's request gets the posts
 * await room.post({ text: 'Hello' });
 */
export class Broadcast {
  private readonly rooms = new Map<string, OpenRoom>();
  private readonly listeners = new Map<BroadcastEvent, Set<(roomId: string) => void>>();
  private stopListening?: () => void;

  constructor(private readonly parts: BroadcastParts) {}

  room(id: string): BroadcastRoom {
    if (isReservedName(id))
      throw new TypeError(`"${id}" is a reserved name: members hear posts as an event of that name.`);
    return new BroadcastRoom(id, this);
  }

  /** Hears of rooms that get their first member here, or lose their last. Returns its own undo. */
  on(event: BroadcastEvent, listener: (roomId: string) => void): () => void {
    const listeners = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** For `BroadcastRoom`. */
  async add(id: string, member: BroadcastMember): Promise<boolean> {
    if (connectionOf(member).isClosed) return false;
    this.stopListening ??= this.parts.lifecycle.on('jira.connection_closed', ({ connection }) =>
      this.forget(connection),
    );
    let room = this.rooms.get(id);
    if (!room) {
      room = { members: new Map(), posts: this.parts.pubSub.subscribe(keyOf(id)) };
      this.rooms.set(id, room);
      void this.deliver(id, room);
      this.tell('open', id);
    }
    room.members.set(memberKey(member), member);
    await room.posts.ready;
    return this.rooms.get(id)?.members.has(memberKey(member)) ?? false;
  }

  /** For `BroadcastRoom`. */
  remove(id: string, member: BroadcastMember): boolean {
    const room = this.rooms.get(id);
    if (!room?.members.delete(memberKey(member))) return false;
    if (room.members.size === 0) this.close(id, room);
    return true;
  }

  /** For `BroadcastRoom`. */
  post(id: string, data: unknown): Promise<void> {
    return this.parts.pubSub.publish(keyOf(id), data);
  }

  /** For `BroadcastRoom`. */
  members(id: string): BroadcastMember[] {
    return [...(this.rooms.get(id)?.members.values() ?? [])];
  }

  private async deliver(id: string, room: OpenRoom): Promise<void> {
    try {
      for await (const data of room.posts) for (const member of room.members.values()) this.send(id, member, data);
    } catch (error) {
      this.parts.report(error);
    }
    // Ended by whoever: a room that hears nothing is none.
    if (this.rooms.get(id) === room) this.close(id, room);
  }

  private send(id: string, member: BroadcastMember, data: unknown): void {
    try {
      if (member instanceof Connection) member.send(id, data);
      else member.emit(data);
    } catch (error) {
      this.parts.report(error);
    }
  }

  private forget(connection: Connection): void {
    for (const [id, { members }] of this.rooms)
      for (const member of members.values()) if (connectionOf(member) === connection) this.remove(id, member);
  }

  private close(id: string, room: OpenRoom): void {
    this.rooms.delete(id);
    void room.posts.return();
    this.tell('close', id);
  }

  private tell(event: BroadcastEvent, id: string): void {
    for (const listener of this.listeners.get(event) ?? [])
      try {
        listener(id);
      } catch (error) {
        this.parts.report(error);
      }
  }
}

export class BroadcastRoom {
  constructor(
    readonly id: string,
    private readonly broadcast: Broadcast,
  ) {}

  /** Resolves when the member gets every post from now on; with false when its connection is gone. */
  add(member: BroadcastMember): Promise<boolean> {
    return this.broadcast.add(this.id, member);
  }

  /** False when it was not in the room. Another scope of the same request is the same member. */
  remove(member: BroadcastMember): boolean {
    return this.broadcast.remove(this.id, member);
  }

  /** Sends plain data to every member, in every process. */
  post(data: unknown): Promise<void> {
    return this.broadcast.post(this.id, data);
  }

  /** Members in this process, in the order of their coming. */
  members(): BroadcastMember[] {
    return this.broadcast.members(this.id);
  }

  /** How many members are in this process. */
  get size(): number {
    return this.members().length;
  }
}

function keyOf(id: string): string {
  return `broadcast:${id}`;
}

function connectionOf(member: BroadcastMember): Connection {
  return member instanceof Connection ? member : member.connection;
}

function memberKey(member: BroadcastMember): string {
  return member instanceof Connection ? member.id : `${member.sid} ${member.requestId}`;
}
