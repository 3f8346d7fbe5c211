// Connections in Redis: one hash of entries, a set of ids per user and node, and two sorted sets of the nodes' leases.

import {
  oldestFirst,
  type ConnectionEntry,
  type ConnectionStore,
  type SeenConnection,
} from '../messaging/connection-store.js';
import { RedisLink, type RedisOptions } from './redis-link.js';

type Stored = Omit<ConnectionEntry, 'id' | 'createdAt'> & { readonly createdAt: number };

/** Leases end by the clocks of the processes: keep them within a fraction of the lease of each other. */
export class RedisConnectionStore implements ConnectionStore {
  private readonly link: RedisLink;

  constructor(link: RedisLink | RedisOptions = {}) {
    this.link = link instanceof RedisLink ? link : new RedisLink(link);
  }

  async add(entries: readonly ConnectionEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const transaction = (await this.link.commands).multi();
    for (const { id, node, user, createdAt } of entries) {
      const stored: Stored = { node, user, createdAt: createdAt.getTime() };
      transaction.hSet(this.key('entries'), id, JSON.stringify(stored)).sAdd(this.key(`node:${node}`), id);
      if (user !== null) transaction.sAdd(this.key(`user:${user}`), id);
    }
    await transaction.exec();
  }

  async remove(id: string): Promise<void> {
    await this.removeAll([id]);
  }

  async renew(node: string, leaseMs: number): Promise<boolean> {
    const client = await this.link.commands;
    const now = Date.now();
    for (const dead of await client.zRangeByScore(this.key('leases'), '-inf', now)) await this.removeNode(dead);
    const [added] = await client
      .multi()
      .zAdd(this.key('leases'), { score: now + leaseMs, value: node })
      .zAdd(this.key('seen'), { score: now, value: node })
      .exec();
    return Number(added) === 0;
  }

  async removeNode(node: string): Promise<void> {
    const client = await this.link.commands;
    await this.removeAll(await client.sMembers(this.key(`node:${node}`)));
    await client.multi().zRem(this.key('leases'), node).zRem(this.key('seen'), node).exec();
  }

  async get(id: string): Promise<SeenConnection | undefined> {
    return (await this.read([id]))[0];
  }

  async all(): Promise<SeenConnection[]> {
    const client = await this.link.commands;
    return this.read(await client.hKeys(this.key('entries')));
  }

  async byUser(user: string): Promise<SeenConnection[]> {
    const client = await this.link.commands;
    return this.read(await client.sMembers(this.key(`user:${user}`)));
  }

  close(): Promise<void> {
    return this.link.close();
  }

  private key(name: string): string {
    return `${this.link.prefix}connections:${name}`;
  }

  private async read(ids: readonly string[]): Promise<SeenConnection[]> {
    if (ids.length === 0) return [];
    const client = await this.link.commands;
    const [texts, leases, seen] = await Promise.all([
      client.hmGet(this.key('entries'), [...ids]),
      client.zRangeWithScores(this.key('leases'), 0, -1),
      client.zRangeWithScores(this.key('seen'), 0, -1),
    ]);
    const now = Date.now();
    const alive = new Set(leases.filter(({ score }) => score > now).map(({ value }) => value));
    const lastSeen = new Map(seen.map(({ value, score }) => [value, score]));
    const found = ids.flatMap((id, i) => {
      const text = texts[i];
      if (text === null || text === undefined) return [];
      const { node, user, createdAt } = JSON.parse(text) as Stored;
      if (!alive.has(node)) return [];
      return [{ id, node, user, createdAt: new Date(createdAt), lastSeen: new Date(lastSeen.get(node) ?? createdAt) }];
    });
    return oldestFirst(found);
  }

  private async removeAll(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const client = await this.link.commands;
    const texts = await client.hmGet(this.key('entries'), [...ids]);
    const transaction = client.multi().hDel(this.key('entries'), [...ids]);
    ids.forEach((id, i) => {
      const text = texts[i];
      if (text === null || text === undefined) return;
      const { node, user } = JSON.parse(text) as Stored;
      transaction.sRem(this.key(`node:${node}`), id);
      if (user !== null) transaction.sRem(this.key(`user:${user}`), id);
    });
    await transaction.exec();
  }
}
