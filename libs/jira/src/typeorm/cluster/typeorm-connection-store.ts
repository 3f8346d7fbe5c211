// Keeps connections and rooms in database tables. Every step is one statement, so that none waits for another's
// transaction.

import { inBatches } from '../../core/support/in-batches.js';
import { In, LessThanOrEqual, MoreThan, type DataSource, type DataSourceOptions } from 'typeorm';
import {
  inOrderOfJoining,
  memberKey,
  oldestFirst,
  type ConnectionEntry,
  type ConnectionStore,
  type RoomMember,
  type SeenConnection,
  type SweptNodes,
} from '../../cluster/messaging/connection-store.js';
import { ClusterDatabase } from './cluster-database.js';
import { ConnectionRow, digest, NodeRow, RoomMemberRow, RoomRow } from './entities.js';

/** Options of `TypeOrmConnectionStore`. */
export interface TypeOrmConnectionStoreOptions {
  /** How long a silent process counts as alive, in ms. @default 15_000 */
  readonly leaseMs?: number;
}

/** Rows per statement: databases limit its parameters. */
const CHUNK = 100;

/**
 * Stores connections and broadcast rooms in tables that all processes share. Keep their clocks in sync, to well within
 * `leaseMs`: each process decides by its own clock whether a lease has ended.
 */
export class TypeOrmConnectionStore implements ConnectionStore {
  readonly leaseMs?: number;
  private readonly database: ClusterDatabase;

  constructor(
    source: ClusterDatabase | DataSource | DataSourceOptions,
    { leaseMs }: TypeOrmConnectionStoreOptions = {},
  ) {
    this.database = source instanceof ClusterDatabase ? source : new ClusterDatabase(source);
    this.leaseMs = leaseMs;
  }

  open(): Promise<void> {
    return this.database.open();
  }

  async add(entries: readonly ConnectionEntry[]): Promise<void> {
    const rows = entries.map(({ id, node, user, createdAt }) => {
      return { id, node, user, userDigest: user === null ? null : digest(user), createdAt: createdAt.getTime() };
    });
    for (const chunk of inBatches(rows, CHUNK))
      await this.database.patiently((manager) => manager.upsert(ConnectionRow, chunk, ['id']));
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const chunk of inBatches(ids, CHUNK))
      await this.database.patiently((manager) => manager.delete(ConnectionRow, { id: In(chunk) }));
  }

  async renew(node: string, leaseMs: number): Promise<boolean> {
    const lease = { seenAt: Date.now(), leaseEndsAt: Date.now() + leaseMs };
    const { affected } = await this.database.patiently((manager) => manager.update(NodeRow, { id: node }, lease));
    return affected === 1 || !(await this.database.insertNew(NodeRow, { id: node, ...lease }));
  }

  async sweep(): Promise<SweptNodes> {
    const { manager } = this.database;
    const nodes: string[] = [];
    const rooms: string[] = [];
    for (const { id } of await manager.findBy(NodeRow, { leaseEndsAt: LessThanOrEqual(Date.now()) })) {
      rooms.push(...(await this.letGo(id)));
      if (await this.forget(id)) nodes.push(id);
    }
    // Rooms of processes that died between two statements.
    const members = manager.createQueryBuilder(RoomMemberRow, 'member').select('1').where('member.room = room.id');
    const empty = manager.createQueryBuilder(RoomRow, 'room').where(`NOT EXISTS (${members.getQuery()})`);
    for (const { id, name } of await empty.getMany()) if (await this.closeIfEmpty(id)) rooms.push(name);
    return { nodes, rooms };
  }

  async removeNode(node: string): Promise<string[]> {
    const rooms = await this.letGo(node);
    await this.forget(node);
    return rooms;
  }

  async get(id: string): Promise<SeenConnection | undefined> {
    // The database may ignore case.
    return (await this.seen(await this.database.manager.findBy(ConnectionRow, { id }))).find(
      (found) => found.id === id,
    );
  }

  async all(): Promise<SeenConnection[]> {
    return this.seen(await this.database.manager.find(ConnectionRow));
  }

  async byUser(user: string): Promise<SeenConnection[]> {
    return this.seen(await this.database.manager.findBy(ConnectionRow, { userDigest: digest(user) }));
  }

  async join(room: string, member: RoomMember): Promise<boolean> {
    const { node, connectionId, requestId, user, joinedAt } = member;
    const membership = { id: membershipId(room, member), room: digest(room), roomName: room };
    const row = { ...membership, node, connectionId, requestId, user, joinedAt: joinedAt.getTime() };
    // First the member, then the room. `leave` does the reverse, so that a room with members never stays closed.
    await this.database.patiently((manager) => manager.upsert(RoomMemberRow, row, ['id']));
    return this.database.insertNew(RoomRow, { id: digest(room), name: room });
  }

  async leave(room: string, member: RoomMember): Promise<boolean> {
    const id = membershipId(room, member);
    const { affected } = await this.database.patiently((manager) => manager.delete(RoomMemberRow, { id }));
    return affected === 1 && this.closeIfEmpty(digest(room));
  }

  async members(room: string): Promise<RoomMember[]> {
    const { manager } = this.database;
    const rows = await manager.findBy(RoomMemberRow, { room: digest(room) });
    const alive = await this.alive();
    const members = rows
      .filter(({ node }) => alive.has(node))
      .map(({ connectionId, requestId, node, user, joinedAt }) => {
        return { connectionId, requestId, node, user, joinedAt: new Date(joinedAt) };
      });
    return inOrderOfJoining(members);
  }

  close(): Promise<void> {
    return this.database.close();
  }

  /** When each live process was last seen, by node. */
  private async alive(): Promise<ReadonlyMap<string, Date>> {
    const rows = await this.database.manager.findBy(NodeRow, { leaseEndsAt: MoreThan(Date.now()) });
    return new Map(rows.map(({ id, seenAt }) => [id, new Date(seenAt)]));
  }

  private async seen(rows: readonly ConnectionRow[]): Promise<SeenConnection[]> {
    if (rows.length === 0) return [];
    const alive = await this.alive();
    const found = rows.flatMap(({ id, node, user, createdAt }) => {
      const lastSeen = alive.get(node);
      return lastSeen ? [{ id, node, user, createdAt: new Date(createdAt), lastSeen }] : [];
    });
    return oldestFirst(found);
  }

  /** Removes what a node has stored. Its lease goes last, so that another process continues if this one dies. */
  private async letGo(node: string): Promise<string[]> {
    await this.database.patiently((manager) => manager.delete(ConnectionRow, { node }));
    const closed: string[] = [];
    for (const row of await this.database.manager.findBy(RoomMemberRow, { node }))
      if (await this.leave(row.roomName, { ...row, joinedAt: new Date(row.joinedAt) })) closed.push(row.roomName);
    return closed;
  }

  private async forget(id: string): Promise<boolean> {
    const { affected } = await this.database.patiently((manager) => manager.delete(NodeRow, { id }));
    return affected === 1;
  }

  /** True if this call closed the room. */
  private async closeIfEmpty(id: string): Promise<boolean> {
    const { affected } = await this.database.patiently((manager) => {
      const members = manager.createQueryBuilder(RoomMemberRow, 'member').select('1').where('member.room = :id');
      const closing = manager.createQueryBuilder().delete().from(RoomRow).where({ id });
      return closing.andWhere(`NOT EXISTS (${members.getQuery()})`, { id }).execute();
    });
    return affected === 1;
  }
}

function membershipId(room: string, member: RoomMember): string {
  return digest(room, memberKey(member));
}
