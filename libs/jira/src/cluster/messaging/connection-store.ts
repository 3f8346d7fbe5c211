// Port: who is connected where, and in which broadcast rooms, over all processes.

/** One open connection of any process. */
export interface ConnectionEntry {
  readonly id: string;
  /** The process that holds it. */
  readonly node: string;
  /** The user's key as a string; `null` if anonymous. */
  readonly user: string | null;
  readonly createdAt: Date;
}

/** A connection with the date of its process's last renewal. */
export interface SeenConnection extends ConnectionEntry {
  readonly lastSeen: Date;
}

/** A membership in a broadcast room. */
export interface RoomMember {
  readonly connectionId: string;
  /** The request that receives the posts; `null` if the connection does. */
  readonly requestId: string | null;
  readonly node: string;
  /** The user's key as a string; `null` if anonymous. */
  readonly user: string | null;
  readonly joinedAt: Date;
}

/** What was removed with dead nodes. */
export interface SweptNodes {
  readonly nodes: readonly string[];
  /** Rooms that lost their last member with them. */
  readonly rooms: readonly string[];
}

/**
 * Entries and memberships live as long as their process renews its lease: those of one that died are gone when it ends, for
 * every reader at once. All lists are oldest first.
 */
export interface ConnectionStore {
  /** How long a silent process counts as alive, in ms. @default 15_000 */
  readonly leaseMs?: number;
  /** Called once at boot. */
  open?(): Promise<void>;
  /** Puts entries of one node, whose lease has to be renewed first. An entry of the same id is replaced. */
  add(entries: readonly ConnectionEntry[]): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  /**
   * Keeps what a node has put here alive for so long from now. False when it is not all there (the node is new, was taken
   * for dead, or the store has lost something): whoever has some removes the node, and puts all of it again.
   */
  renew(node: string, leaseMs: number): Promise<boolean>;
  /** Removes the entries of dead nodes. Each node and room is returned to one caller only. */
  sweep(): Promise<SweptNodes>;
  /** Removes a node with all its entries: a normal shutdown. Returns the rooms that lost their last member. */
  removeNode(node: string): Promise<string[]>;
  get(id: string): Promise<SeenConnection | undefined>;
  all(): Promise<SeenConnection[]>;
  byUser(user: string): Promise<SeenConnection[]>;
  /** True when the room had no member, of dead nodes included: then one caller in all processes is told so. */
  join(room: string, member: RoomMember): Promise<boolean>;
  /** True when it was the room's last member, for one caller in all processes. */
  leave(room: string, member: RoomMember): Promise<boolean>;
  members(room: string): Promise<RoomMember[]>;
  close(): Promise<void>;
}

/** Token of the server's store. */
export const CONNECTION_STORE = Symbol('jira connection store');

/** The key of a membership within its room. */
export function memberKey({ connectionId, requestId }: Pick<RoomMember, 'connectionId' | 'requestId'>): string {
  return requestId === null ? connectionId : `${connectionId} ${requestId}`;
}

export function oldestFirst(entries: readonly SeenConnection[]): SeenConnection[] {
  return entries.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1));
}

export function inOrderOfJoining(members: readonly RoomMember[]): RoomMember[] {
  return members.toSorted(
    (a, b) => a.joinedAt.getTime() - b.joinedAt.getTime() || (memberKey(a) < memberKey(b) ? -1 : 1),
  );
}
