// What is kept, and the port through which it is kept, with its implementation in memory.

import type { Write } from '../hook-client.js';

/** A waiting write. All of it is JSON. */
export interface WriteRecord {
  /** Its idempotency key, which identifies the write in every tab. */
  readonly key: string;
  /** Whose write it is: server and user. */
  readonly owner: string;
  /** The call as JSON, as it would go over the wire. */
  readonly call: string;
  /** The row that it writes. Undefined if unknown. */
  readonly row?: string;
  readonly id?: Write['id'];
  readonly shown?: Write['shown'];
  readonly madeAt: number;
}

/** Writes in the order in which they were made. Every method may reject. */
export interface WriteQueue {
  /** Adds the write, unless `maxWrites` writes wait already. Resolves with whether it was added. */
  add(write: WriteRecord, maxWrites: number): Promise<boolean>;
  /** Resolves with the oldest write of this owner. */
  first(owner: string): Promise<WriteRecord | undefined>;
  all(owner: string): Promise<readonly WriteRecord[]>;
  remove(key: string): Promise<void>;
}

/** The queue of a page that cannot use the database. */
export class MemoryQueue implements WriteQueue {
  private writes: WriteRecord[] = [];

  async add(write: WriteRecord, maxWrites: number): Promise<boolean> {
    const isFull = (await this.all(write.owner)).length >= maxWrites;
    if (!isFull) this.writes.push(write);
    return !isFull;
  }

  async first(owner: string): Promise<WriteRecord | undefined> {
    return this.writes.find((write) => write.owner === owner);
  }

  async all(owner: string): Promise<readonly WriteRecord[]> {
    return this.writes.filter((write) => write.owner === owner);
  }

  async remove(key: string): Promise<void> {
    this.writes = this.writes.filter((write) => write.key !== key);
  }

  clear(): void {
    this.writes = [];
  }
}
