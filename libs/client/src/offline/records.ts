// What is kept, and where: a port with two forms.

import type { Write } from '../hook-client.js';

/** A write that waits. All of it is JSON. */
export interface WriteRecord {
  /** Its idempotency key: it names the write in every tab. */
  readonly key: string;
  /** Whose: server and user. */
  readonly owner: string;
  /** The call, as text: what the wire would make of it. */
  readonly call: string;
  /** Which row it writes, undefined if nobody knows. */
  readonly row?: string;
  readonly id?: Write['id'];
  readonly shown?: Write['shown'];
  readonly madeAt: number;
}

/** Writes in the order in which they were made. Every method may reject. */
export interface WriteQueue {
  /** Adds it, unless so many wait already. Resolves with whether it was added. */
  add(write: WriteRecord, maxWrites: number): Promise<boolean>;
  /** The oldest of this owner. */
  first(owner: string): Promise<WriteRecord | undefined>;
  all(owner: string): Promise<readonly WriteRecord[]>;
  remove(key: string): Promise<void>;
}

/** The queue of a page that can keep nothing. */
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
