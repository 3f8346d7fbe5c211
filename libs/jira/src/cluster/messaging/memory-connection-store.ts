// Keeps connections and rooms in memory: for one process, or for several servers in one process.

import {
  inOrderOfJoining,
  memberKey,
  oldestFirst,
  type ConnectionEntry,
  type ConnectionStore,
  type RoomMember,
  type SeenConnection,
  type SweptNodes,
} from './connection-store.js';

interface Lease {
  readonly lastSeen: Date;
  readonly endsAt: number;
}

/** An entry with its date in milliseconds: a Date object per connection would take as much memory as the rest of the entry. */
interface KeptEntry extends Omit<ConnectionEntry, 'createdAt'> {
  readonly createdAtMs: number;
}

/**
 * The default `connectionStore`. Several processes need a shared one, such as `RedisConnectionStore` or
 * `TypeOrmConnectionStore`.
 */
export class MemoryConnectionStore implements ConnectionStore {
  private readonly entries = new Map<string, KeptEntry>();
  private readonly leases = new Map<string, Lease>();
  private readonly rooms = new Map<string, Map<string, RoomMember>>();

  async add(entries: readonly ConnectionEntry[]): Promise<void> {
    for (const { id, node, user, createdAt } of entries)
      this.entries.set(id, { id, node, user, createdAtMs: createdAt.getTime() });
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.entries.delete(id);
  }

  async renew(node: string, leaseMs: number): Promise<boolean> {
    const now = Date.now();
    const isKnown = this.leases.has(node);
    this.leases.set(node, { lastSeen: new Date(now), endsAt: now + leaseMs });
    return isKnown;
  }

  async sweep(): Promise<SweptNodes> {
    const nodes = [...this.leases.keys()].filter((node) => !this.isAlive(node));
    const rooms: string[] = [];
    for (const node of nodes) rooms.push(...(await this.removeNode(node)));
    return { nodes, rooms };
  }

  async removeNode(node: string): Promise<string[]> {
    this.leases.delete(node);
    for (const entry of this.entries.values()) if (entry.node === node) this.entries.delete(entry.id);
    const closed: string[] = [];
    for (const [room, members] of this.rooms)
      for (const member of members.values())
        if (member.node === node && (await this.leave(room, member))) closed.push(room);
    return closed;
  }

  async get(id: string): Promise<SeenConnection | undefined> {
    return this.seen(this.entries.get(id))[0];
  }

  async all(): Promise<SeenConnection[]> {
    return oldestFirst([...this.entries.values()].flatMap((entry) => this.seen(entry)));
  }

  async byUser(user: string): Promise<SeenConnection[]> {
    return (await this.all()).filter((entry) => entry.user === user);
  }

  async join(room: string, member: RoomMember): Promise<boolean> {
    const members = this.rooms.get(room);
    if (members) members.set(memberKey(member), member);
    else this.rooms.set(room, new Map([[memberKey(member), member]]));
    return !members;
  }

  async leave(room: string, member: RoomMember): Promise<boolean> {
    const members = this.rooms.get(room);
    if (!members?.delete(memberKey(member)) || members.size > 0) return false;
    return this.rooms.delete(room);
  }

  async members(room: string): Promise<RoomMember[]> {
    return inOrderOfJoining([...(this.rooms.get(room)?.values() ?? [])].filter(({ node }) => this.isAlive(node)));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private isAlive(node: string): boolean {
    return (this.leases.get(node)?.endsAt ?? 0) > Date.now();
  }

  private seen(entry: KeptEntry | undefined): SeenConnection[] {
    const lease = entry && this.leases.get(entry.node);
    if (!lease || !this.isAlive(entry.node)) return [];
    const { id, node, user, createdAtMs } = entry;
    return [{ id, node, user, createdAt: new Date(createdAtMs), lastSeen: lease.lastSeen }];
  }
}
