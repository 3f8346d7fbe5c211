// Corrects the order of changes: commits of two processes to one row may reach Redis in the wrong order. Detects this,
// and corrects the row's final state.

import { isDeepStrictEqual } from 'node:util';
import { idKey, type Change, type Image } from '../core/changes/change.js';

/** How long the history of a row is kept, by the stream's clock. */
const WINDOW_MS = 60_000;
/** A commit that takes longer to reach the stream may follow newer ones that were forgotten. The margin covers clock skew. */
const MAX_DELAY_MS = 30_000;
const MAX_ROWS = 50_000;
/** Maximum number of parts per row. A change that belongs further back is announced as a gap. */
const MAX_PARTS = 256;

/** Consecutive changes of one row by any process: each begins where the previous one ended. */
interface Part {
  readonly start: Image | undefined;
  /** The last of these changes. */
  readonly last: Change;
  /** The processes that made these changes, each with the number of its newest one. */
  readonly nodes: ReadonlyMap<string, number>;
}

interface Row {
  readonly at: number;
  /** More than one if a change between them has not arrived yet, or was never captured. */
  readonly parts: readonly Part[];
  /** The part whose last image is announced. */
  readonly shown: Part | undefined;
  /** Processes with a forgotten part: earlier changes of other processes can no longer be placed. */
  readonly forgotten: ReadonlySet<string>;
}

export interface Settled {
  /** The changes to announce. */
  readonly changes: readonly Change[];
  /** The order is unknown: a row was removed and inserted, or one process is too far behind. */
  readonly isUnsure: boolean;
}

/** Times of a commit, in milliseconds of the clock of Redis. */
export interface Arrival {
  /** Time when it was written to the stream. */
  readonly at: number;
  /** Time when its process committed it; absent in entries of older versions of the library. */
  readonly committedAt?: number | undefined;
}

const NEW_ROW: Row = { at: 0, parts: [], shown: undefined, forgotten: new Set() };

/**
 * Places each change by its images into the known history of its row. If one process changed a row from 0 to 1, another
 * from 1 to 2, and `1 → 2` is read first, then `0 → 1` is announced as `0 → 2`: every subscriber ends with what the
 * database holds.
 *
 * If a process has changes in two unconnected parts, they tell which part is later, because the commits of one process
 * are read in order.
 */
export class RowOrder {
  /** Least recently changed first. */
  private readonly rows = new Map<string, Row>();
  private count = 0;
  /** Commits older than this may have been overtaken by commits that are unknown or were missed. */
  private horizon = 0;

  /** Commits written to the stream up to this time may have been missed, and older ones may follow. */
  miss(at: number): void {
    this.horizon = Math.max(this.horizon, at);
  }

  /** Takes the changes of one commit, in the order in which commits are read. */
  settle(node: string, changes: readonly Change[], { at: now, committedAt = now }: Arrival): Settled {
    const settled: Change[] = [];
    let isUnsure = committedAt < Math.max(this.horizon, now - MAX_DELAY_MS);
    for (const change of changes) {
      const key = JSON.stringify([change.source, change.entity, idKey(change.id)]);
      const { row, isUnsure: isRowUnsure } = ordered(this.rows.get(key) ?? NEW_ROW, change, node, ++this.count);
      isUnsure ||= isRowUnsure;
      this.rows.delete(key);
      this.rows.set(key, { ...row, at: now });
      const { last } = row.shown as Part;
      const told = last === change ? change : joined(change, last);
      if (told) settled.push(told);
    }
    this.forget(now);
    return { changes: settled, isUnsure };
  }

  private forget(now: number): void {
    for (const [key, { at }] of this.rows) {
      if (at > now - WINDOW_MS && this.rows.size <= MAX_ROWS) return;
      this.rows.delete(key);
      this.miss(at);
    }
  }
}

function ordered(row: Row, change: Change, node: string, number: number): { row: Row; isUnsure: boolean } {
  const { parts, shown, forgotten } = row;
  const { before, after } = change;
  const earlier = parts.findLast(({ last }) => isDeepStrictEqual(last.after, before));
  // The part that overtook this change holds no change of the same process, whose commits are read in order.
  const isLater = (part: Part): boolean => !part.nodes.has(node) && isDeepStrictEqual(part.start, after);
  const later = parts.findLast((part) => part !== earlier && isLater(part));
  const part: Part = {
    start: earlier ? earlier.start : before,
    last: later?.last ?? change,
    nodes: new Map([...(earlier?.nodes ?? []), ...(later?.nodes ?? []), [node, number]]),
  };
  const kept = [...parts.filter((one) => one !== earlier && one !== later), part];
  const dropped = kept.length > MAX_PARTS ? kept.shift() : undefined;
  const isGone = shown === undefined || !kept.includes(shown);
  // A row is rarely inserted again exactly as it was, but often changes back to an earlier state.
  const isCycle = before === undefined && earlier !== undefined && isLater(earlier);
  const isTooLate = !earlier && !later && [...forgotten].some((other) => other !== node);
  return {
    row: {
      ...row,
      parts: kept,
      shown: isGone || !isBefore(part, shown) ? part : shown,
      forgotten: dropped ? new Set([...forgotten, ...dropped.nodes.keys()]) : forgotten,
    },
    isUnsure: isCycle || isTooLate,
  };
}

/** Whether a process has changes in both parts, and the newer ones in `other`. */
function isBefore(part: Part, other: Part): boolean {
  return [...part.nodes].some(([node, number]) => (other.nodes.get(node) ?? 0) > number);
}

/** From the state before this change to the row's present state; `undefined` if the row never existed. */
function joined(first: Change, last: Change): Change | undefined {
  const { before } = first;
  const { after } = last;
  if (!before && !after) return undefined;
  const was = first.type !== 'added' && !first.isSoftDeleted;
  const is = last.type !== 'removed' && !last.isSoftDeleted;
  const { isSoftDeleted: _, ...change } = first;
  if (was && !is) return { ...change, type: 'removed', before, after };
  if (!was && is) return { ...change, type: 'added', before, after };
  return { ...change, type: 'modified', ...(!was && { isSoftDeleted: true }), before, after };
}
