// Port: which connections are open in which process, and in which broadcast rooms they are.

/** One open connection of any process. */
export interface ConnectionEntry {
  readonly id: string;
  /** Id of the process that holds it. */
  readonly node: string;
  /** The user's key as a string; `null` if anonymous. */
  readonly user: string | null;
  /** When it was opened. */
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
  /** Id of the process that holds the connection. */
  readonly node: string;
  /** The user's key as a string; `null` if anonymous. */
  readonly user: string | null;
  readonly joinedAt: Date;
}

/** What was removed with dead nodes, that is, processes whose lease has ended. */
export interface SweptNodes {
  /** Ids of the dead nodes. */
  readonly nodes: readonly string[];
  /** Broadcast rooms that lost their last member with them. */
  readonly rooms: readonly string[];
}

/**
 * Entries and memberships live as long as their process renews its lease. When the lease of a dead process ends, they
 * are gone for every reader at once. All lists are oldest first.
 */
export interface ConnectionStore {
  /** How long a silent process counts as alive, in ms. @default 15_000 */
  readonly leaseMs?: number;
  /** Called once at boot. */
  open?(): Promise<void>;
  /** Adds entries of one node, after its lease was renewed. Replaces an entry with the same id. */
  add(entries: readonly ConnectionEntry[]): Promise<void>;
  /** Removes entries by id; ignores ids without an entry. */
  remove(ids: readonly string[]): Promise<void>;
  /**
   * Keeps a node's entries alive for `leaseMs` from now.
   *
   * @returns false if they are not all there: the node is new, counted as dead, or the store has lost something. A
   * caller with entries then removes the node and adds them all again
   */
  renew(node: string, leaseMs: number): Promise<boolean>;
  /** Removes the entries of dead nodes. Each node and room is returned to one caller only. */
  sweep(): Promise<SweptNodes>;
  /** Removes a node with all its entries, at a normal shutdown. Returns the rooms that lost their last member. */
  removeNode(node: string): Promise<string[]>;
  /** The connection with this id; `undefined` if there is none, or its node is dead. */
  get(id: string): Promise<SeenConnection | undefined>;
  /** The connections of all live nodes. */
  all(): Promise<SeenConnection[]>;
  /** The connections of a user on live nodes, by the user's key. */
  byUser(user: string): Promise<SeenConnection[]>;
  /**
   * Adds a member. True if the room had no member before, counting those of dead nodes: one caller in all processes
   * gets true.
   */
  join(room: string, member: RoomMember): Promise<boolean>;
  /** Removes a member. True if it was the room's last one: one caller in all processes gets true. */
  leave(room: string, member: RoomMember): Promise<boolean>;
  /** The members of a room on live nodes. */
  members(room: string): Promise<RoomMember[]>;
  /** Called at shutdown. */
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
