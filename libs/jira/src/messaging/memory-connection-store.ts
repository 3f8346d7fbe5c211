// The connections of one process, or of several servers in one.

import { oldestFirst, type ConnectionEntry, type ConnectionStore, type SeenConnection } from './connection-store.js';

interface Lease {
  readonly lastSeen: Date;
  readonly endsAt: number;
}

export class MemoryConnectionStore implements ConnectionStore {
  private readonly entries = new Map<string, ConnectionEntry>();
  private readonly leases = new Map<string, Lease>();

  async add(entries: readonly ConnectionEntry[]): Promise<void> {
    for (const entry of entries) this.entries.set(entry.id, entry);
  }

  async remove(id: string): Promise<void> {
    this.entries.delete(id);
  }

  async renew(node: string, leaseMs: number): Promise<boolean> {
    const now = Date.now();
    for (const [name, { endsAt }] of this.leases) if (endsAt <= now) await this.removeNode(name);
    const isKnown = this.leases.has(node);
    this.leases.set(node, { lastSeen: new Date(now), endsAt: now + leaseMs });
    return isKnown;
  }

  async removeNode(node: string): Promise<void> {
    this.leases.delete(node);
    for (const entry of this.entries.values()) if (entry.node === node) this.entries.delete(entry.id);
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

  close(): Promise<void> {
    return Promise.resolve();
  }

  private seen(entry: ConnectionEntry | undefined): SeenConnection[] {
    const lease = entry && this.leases.get(entry.node);
    return lease && lease.endsAt > Date.now() ? [{ ...entry, lastSeen: lease.lastSeen }] : [];
  }
}
