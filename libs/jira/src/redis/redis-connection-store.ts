// Keeps connections and rooms in Redis: a hash of entries, a set of ids per user and node, a hash per room, and two
// sorted sets with the nodes' leases.

import { randomUUID } from 'node:crypto';
import {
  inOrderOfJoining,
  memberKey,
  oldestFirst,
  type ConnectionEntry,
  type ConnectionStore,
  type RoomMember,
  type SeenConnection,
  type SweptNodes,
} from '../cluster/messaging/connection-store.js';
import { RedisLink, type RedisOptions } from './redis-link.js';

type Stored = Omit<ConnectionEntry, 'id' | 'createdAt'> & { readonly createdAt: number };
type StoredMember = Omit<RoomMember, 'joinedAt'> & { readonly joinedAt: number };

/** Options of `RedisConnectionStore`. */
export interface RedisConnectionStoreOptions extends RedisOptions {
  /** How long a silent process counts as alive, in ms. @default 15_000 */
  readonly leaseMs?: number;
}

/** An hour: far longer than the time between renewals. */
const KEEP_COUNT_MS = '3600000';

/**
 * Stores connections and broadcast rooms in a Redis that all processes share. Keep their clocks in sync, to well within
 * `leaseMs`: each process decides by its own clock whether a lease has ended.
 */
export class RedisConnectionStore implements ConnectionStore {
  readonly leaseMs?: number;
  private readonly link: RedisLink;
  /** Identifies this process among those that count their writes. */
  private readonly writer = randomUUID();
  private writes = 0;
  private isTorn = false;

  constructor(
    link: RedisLink | RedisConnectionStoreOptions = {},
    { leaseMs }: Pick<RedisConnectionStoreOptions, 'leaseMs'> = link instanceof RedisLink ? {} : link,
  ) {
    this.link = link instanceof RedisLink ? link : new RedisLink(link);
    this.leaseMs = leaseMs;
  }

  async add(entries: readonly ConnectionEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const commands: string[][] = [];
    for (const { id, node, user, createdAt } of entries) {
      const stored: Stored = { node, user, createdAt: createdAt.getTime() };
      commands.push(['HSET', this.key('entries'), id, JSON.stringify(stored)], ['SADD', this.key(`node:${node}`), id]);
      if (user !== null) commands.push(['SADD', this.key(`user:${user}`), id]);
    }
    await this.write(commands);
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const client = await this.link.commands;
    const texts = await client.hmGet(this.key('entries'), [...ids]);
    const commands = [['HDEL', this.key('entries'), ...ids]];
    ids.forEach((id, i) => {
      const text = texts[i];
      if (text === null || text === undefined) return;
      const { node, user } = JSON.parse(text) as Stored;
      commands.push(['SREM', this.key(`node:${node}`), id]);
      if (user !== null) commands.push(['SREM', this.key(`user:${user}`), id]);
    });
    await this.write(commands);
  }

  async renew(node: string, leaseMs: number): Promise<boolean> {
    const now = Date.now();
    const [added] = await this.write([
      ['ZADD', this.key('leases'), `${now + leaseMs}`, node],
      ['ZADD', this.key('seen'), `${now}`, node],
    ]);
    const isWhole = !this.isTorn;
    this.isTorn = false;
    return Number(added) === 0 && isWhole;
  }

  async sweep(): Promise<SweptNodes> {
    const client = await this.link.commands;
    const nodes: string[] = [];
    const rooms: string[] = [];
    for (const node of await client.zRangeByScore(this.key('leases'), '-inf', Date.now())) {
      rooms.push(...(await this.letGo(node)));
      if (await this.forget(node)) nodes.push(node);
    }
    return { nodes, rooms };
  }

  async removeNode(node: string): Promise<string[]> {
    const rooms = await this.letGo(node);
    await this.forget(node);
    return rooms;
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

  async join(room: string, member: RoomMember): Promise<boolean> {
    const stored: StoredMember = { ...member, joinedAt: member.joinedAt.getTime() };
    const [added, length] = await this.write([
      ['HSET', this.key(`room:${room}`), memberKey(member), JSON.stringify(stored)],
      ['HLEN', this.key(`room:${room}`)],
      ['SADD', this.key(`joined:${member.node}`), membershipOf(room, member)],
    ]);
    return Number(added) === 1 && Number(length) === 1;
  }

  async leave(room: string, member: RoomMember): Promise<boolean> {
    const [removed, length] = await this.write([
      ['HDEL', this.key(`room:${room}`), memberKey(member)],
      ['HLEN', this.key(`room:${room}`)],
      ['SREM', this.key(`joined:${member.node}`), membershipOf(room, member)],
    ]);
    return Number(removed) === 1 && Number(length) === 0;
  }

  async members(room: string): Promise<RoomMember[]> {
    const client = await this.link.commands;
    const [texts, alive] = await Promise.all([client.hVals(this.key(`room:${room}`)), this.alive()]);
    const members = texts.map((text) => {
      const stored = JSON.parse(text) as StoredMember;
      return { ...stored, joinedAt: new Date(stored.joinedAt) };
    });
    return inOrderOfJoining(members.filter(({ node }) => alive.has(node)));
  }

  close(): Promise<void> {
    return this.link.close();
  }

  private key(name: string): string {
    return `${this.link.prefix}connections:${name}`;
  }

  /** Runs all commands or none. This process and Redis both count the writes: if the counts differ, Redis has lost some. */
  private async write(commands: readonly string[][]): Promise<readonly unknown[]> {
    const transaction = (await this.link.commands).multi();
    const count = this.key(`writes:${this.writer}`);
    for (const command of [['INCR', count], ['PEXPIRE', count, KEEP_COUNT_MS], ...commands]) transaction.addCommand(command); // prettier-ignore
    const expected = ++this.writes;
    try {
      const [counted, , ...results] = (await transaction.exec()) as unknown[];
      if (counted === expected) return results;
      this.isTorn = true;
      if (this.writes === expected) this.writes = Number(counted);
      return results;
    } catch (error) {
      this.isTorn = true; // it is unknown what was written
      throw error;
    }
  }

  private async alive(): Promise<ReadonlySet<string>> {
    const client = await this.link.commands;
    return new Set(await client.zRangeByScore(this.key('leases'), `(${Date.now()}`, '+inf'));
  }

  private async read(ids: readonly string[]): Promise<SeenConnection[]> {
    if (ids.length === 0) return [];
    const client = await this.link.commands;
    const [texts, alive, seen] = await Promise.all([
      client.hmGet(this.key('entries'), [...ids]),
      this.alive(),
      client.zRangeWithScores(this.key('seen'), 0, -1),
    ]);
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

  /** Removes what a node has stored. Its lease goes last, so that another process continues if this one dies. */
  private async letGo(node: string): Promise<string[]> {
    const client = await this.link.commands;
    await this.remove(await client.sMembers(this.key(`node:${node}`)));
    const closed: string[] = [];
    for (const membership of await client.sMembers(this.key(`joined:${node}`))) {
      const [room, connectionId, requestId] = JSON.parse(membership) as [string, string, string | null];
      if (await this.leave(room, { connectionId, requestId, node, user: null, joinedAt: new Date() }))
        closed.push(room);
    }
    return closed;
  }

  private async forget(node: string): Promise<boolean> {
    const client = await this.link.commands;
    const [removed] = await client.multi().zRem(this.key('leases'), node).zRem(this.key('seen'), node).exec();
    return Number(removed) === 1;
  }
}

function membershipOf(room: string, { connectionId, requestId }: RoomMember): string {
  return JSON.stringify([room, connectionId, requestId]);
}
