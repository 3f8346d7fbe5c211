// The tables in which processes share connections, rooms and messages when there is a database and no Redis.

import { createHash } from 'node:crypto';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Drivers give large integers as strings. */
const INTEGER = { type: 'bigint', transformer: { to: (value: number) => value, from: Number } } as const;
const DIGEST = { type: 'varchar', length: 64 } as const;

/** A process, and until when it is taken to be there (ms since 1970, as all times here). */
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

/** A room that has been told to be open. */
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

/** A recipient's queue. Its row is locked while a message is put in: slots are in the order of the commits. */
@Entity('jira_queue')
export class QueueRow {
  /** Digest of the recipient. */
  @PrimaryColumn(DIGEST) id: string;
  @Column({ type: 'text' }) recipient: string;
  /** The newest slot: µs since 1970 or more, so that a queue that is made anew goes on behind the old one. */
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
  /** Encoded; MariaDB takes 64 KB. */
  @Column({ type: 'text' }) data: string;
  @Index() @Column(INTEGER) sentAt: number;
}

/** List them among the entities of the data source that `typeOrmCluster` is given. */
export const CLUSTER_ENTITIES: (new () => object)[] = [
  NodeRow,
  ConnectionRow,
  RoomRow,
  RoomMemberRow,
  QueueRow,
  MessageRow,
];

/** Of any length, in any characters: what a database compares its own way, told apart as written. */
export function digest(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex'); // prettier-ignore
}
