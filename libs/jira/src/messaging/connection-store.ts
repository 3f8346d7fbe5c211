// Port: who is connected where, as all processes know it.

/** One open connection of any process. */
export interface ConnectionEntry {
  readonly id: string;
  /** The process that holds it. */
  readonly node: string;
  /** The user's key as a string; `null` when anonymous. */
  readonly user: string | null;
  readonly createdAt: Date;
}

/** A connection as it was read: its process said at `lastSeen` that it was there. */
export interface SeenConnection extends ConnectionEntry {
  readonly lastSeen: Date;
}

/**
 * Entries live as long as their process renews its lease: those of one that died are gone when it ends, for every reader
 * at once. All orders are by `createdAt`, oldest first.
 */
export interface ConnectionStore {
  /** Puts entries of one node, whose lease has to be renewed first. An entry of the same id is replaced. */
  add(entries: readonly ConnectionEntry[]): Promise<void>;
  remove(id: string): Promise<void>;
  /**
   * Keeps a node's entries alive for so long from now, and lets go of those of dead nodes. False when the node's entries
   * are not there (it is new, or was taken for dead): whoever has some adds them again.
   */
  renew(node: string, leaseMs: number): Promise<boolean>;
  /** Forgets a node and its entries: it ends in order. */
  removeNode(node: string): Promise<void>;
  get(id: string): Promise<SeenConnection | undefined>;
  all(): Promise<SeenConnection[]>;
  byUser(user: string): Promise<SeenConnection[]>;
  close(): Promise<void>;
}

export function oldestFirst(entries: SeenConnection[]): SeenConnection[] {
  return entries.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1));
}
