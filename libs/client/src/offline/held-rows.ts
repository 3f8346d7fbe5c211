// Rows whose oldest write failed because of a server fault. All writes to such a row wait, while those to other rows go on.

import { backoffMs } from '../backoff.js';
import type { JiraClientError } from '../errors.js';
import type { WriteRecord } from './records.js';

/** Longest wait before such a write is sent again. */
const HELD_MAX_MS = 300_000;

interface Held {
  readonly until: number;
  readonly failures: number;
  readonly error: JiraClientError;
}

export class HeldRows {
  private readonly all = new Map<string, Held>();

  get size(): number {
    return this.all.size;
  }

  hold(write: WriteRecord, error: JiraClientError): void {
    const failures = this.all.get(rowOf(write))?.failures ?? 0;
    const until = Date.now() + backoffMs(failures, undefined, HELD_MAX_MS);
    this.all.set(rowOf(write), { until, failures: failures + 1, error });
  }

  /** Why the write waits. */
  errorOf(write: WriteRecord): JiraClientError | undefined {
    return this.all.get(rowOf(write))?.error;
  }

  release(write: WriteRecord): void {
    this.all.delete(rowOf(write));
  }

  clear(): void {
    this.all.clear();
  }

  /** The oldest of the waiting writes that may be sent now. */
  firstFree(writes: readonly WriteRecord[]): WriteRecord | undefined {
    const now = Date.now();
    const rows = new Set(writes.map(rowOf));
    // Forget rows whose writes were deleted.
    for (const row of this.all.keys()) if (!rows.has(row)) this.all.delete(row);
    return writes.find((write) => (this.all.get(rowOf(write))?.until ?? 0) <= now);
  }

  /** How many ms until the next write may be sent. Undefined if none waits. */
  waitMs(): number | undefined {
    if (this.all.size === 0) return undefined;
    return Math.max(0, Math.min(...Array.from(this.all.values(), ({ until }) => until)) - Date.now());
  }
}

/** The row of a write. If it is unknown, the write counts as a row of its own. */
function rowOf({ row, key }: WriteRecord): string {
  return row ?? key;
}
