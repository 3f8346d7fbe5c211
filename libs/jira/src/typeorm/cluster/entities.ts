// The tables in which processes share connections, rooms and messages, for deployments with a database and no Redis.

import { createHash } from 'node:crypto';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Drivers give large integers as strings. */
const INTEGER = { type: 'bigint', transformer: { to: (value: number) => value, from: Number } } as const;
const DIGEST = { type: 'varchar', length: 64 } as const;

/** A process, and until when it counts as alive. All times here are in ms since 1970. */
@Entity('jira_node')
export class NodeRow {
  @PrimaryColumn({ type: 'varchar', length: 64 }) id: string;
  @Column(INTEGER) seenAt: number;
  @Column(INTEGER) leaseEndsAt: number;
}

@Entity('jira_connection')
export class ConnectionRow {
  @PrimaryColumn({ type: 'varchar', length: 64 }) id: string;
  @Index() @Column({ type: 'varchar', length: 64 }) node: string;
  /** Digest of the user's key. */
  @Index() @Column({ ...DIGEST, nullable: true }) userDigest: string | null;
  @Column({ type: 'text', nullable: true }) user: string | null;
  @Column(INTEGER) createdAt: number;
}

/** A room that was announced as open. */
@Entity('jira_room')
export class RoomRow {
  /** Digest of the name. */
  @PrimaryColumn(DIGEST) id: string;
  @Column({ type: 'text' }) name: string;
}

@Entity('jira_room_member')
export class RoomMemberRow {
  /** Digest of room and member. */
  @PrimaryColumn(DIGEST) id: string;
  /** Digest of the room's name. */
  @Index() @Column(DIGEST) room: string;
  @Column({ type: 'text' }) roomName: string;
  @Index() @Column({ type: 'varchar', length: 64 }) node: string;
  @Column({ type: 'varchar', length: 64 }) connectionId: string;
  @Column({ type: 'text', nullable: true }) requestId: string | null;
  @Column({ type: 'text', nullable: true }) user: string | null;
  @Column(INTEGER) joinedAt: number;
}

/** A recipient's queue. Its row is locked while a message is added, so that slots follow the order of the commits. */
@Entity('jira_queue')
export class QueueRow {
  /** Digest of the recipient. */
  @PrimaryColumn(DIGEST) id: string;
  @Column({ type: 'text' }) recipient: string;
  /** The newest slot: at least the time in µs since 1970, so that a new queue continues behind a deleted one. */
  @Index() @Column(INTEGER) clock: number;
}

@Entity('jira_message')
export class MessageRow {
  /** Digest of the recipient. */
  @PrimaryColumn(DIGEST) queue: string;
  @PrimaryColumn(INTEGER) slot: number;
  @Column({ type: 'text' }) recipient: string;
  /** Given by the sender. */
  @Column({ type: 'text' }) messageId: string;
  @Column({ type: 'text' }) event: string;
  /** Encoded. MariaDB holds at most 64 KB. */
  @Column({ type: 'text' }) data: string;
  @Index() @Column(INTEGER) sentAt: number;
}

/** Add them to the entities of the data source that you pass to `typeOrmCluster`. */
export const CLUSTER_ENTITIES: (new () => object)[] = [
  NodeRow,
  ConnectionRow,
  RoomRow,
  RoomMemberRow,
  QueueRow,
  MessageRow,
];

/** A hash of texts of any length. Databases compare texts by their own rules, but tell hashes apart exactly. */
export function digest(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex'); // prettier-ignore
}
