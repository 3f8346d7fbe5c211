// Commits of two processes to one row may reach Redis in the wrong order: notices it, and puts right how the row ends.

import { isDeepStrictEqual } from 'node:util';
import { idKey, type Change, type Image } from '../core/changes/change.js';

/** How long the way of a row is remembered, by the clock of the stream. */
const WINDOW_MS = 60_000;
/** A commit that takes longer to the stream may follow newer ones that are forgotten; clocks are wrong by less than the rest. */
const MAX_DELAY_MS = 30_000;
const MAX_ROWS = 50_000;
/** Of one row. Whoever is behind by more has its change told as a gap. */
const MAX_PARTS = 256;

/** Changes of one row, by any processes, of which each begins where the one before it ended. */
interface Part {
  readonly start: Image | undefined;
  /** The last of them. */
  readonly last: Change;
  /** The processes whose changes they are, each with the number of its newest. */
  readonly nodes: ReadonlyMap<string, number>;
}

interface Row {
  readonly at: number;
  /** More than one where something between them is on its way, or was written past the capture. */
  readonly parts: readonly Part[];
  /** The one whose end is announced. */
  readonly shown: Part | undefined;
  /** Processes of which a part was forgotten: what others did before it can no longer be placed. */
  readonly forgotten: ReadonlySet<string>;
}

export interface Settled {
  /** As they are to be announced. */
  readonly changes: readonly Change[];
  /** Nobody can tell which was first: a row was removed and inserted, or one process is too far behind. */
  readonly isUnsure: boolean;
}

/** When a commit came to be known, in milliseconds of the clock of Redis. */
export interface Arrival {
  /** When it was written to the stream. */
  readonly at: number;
  /** When it was committed, as its process says; not known of older versions of the library. */
  readonly committedAt?: number | undefined;
}

const NEW_ROW: Row = { at: 0, parts: [], shown: undefined, forgotten: new Set() };

/**
 * If a row went from 0 to 1 here and from 1 to 2 there, and `1 → 2` is read first, then `0 → 1` is announced as `0 → 2`:
 * whoever watches ends with what the database has. Each change is put where it fits, by its images, into what is known
 * of the row's way; which of two unconnected parts is the later one tells a process that has changes in both, for one
 * process's commits are read in order.
 */
export class RowOrder {
  /** Least recently changed first. */
  private readonly rows = new Map<string, Row>();
  private count = 0;
  /** What was committed before this may have been overtaken by what is not known, or was missed. */
  private horizon = 0;

  /** Commits that were written to the stream up to this time may have been missed: others may be older than they. */
  miss(at: number): void {
    this.horizon = Math.max(this.horizon, at);
  }

  /** Takes the changes of a process's commit, in the order of reading. */
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
  // What overtook this change has none of this process: its commits are read in order.
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
  // A row that is inserted anew just as it was is not common; one that goes back to how it was is.
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

/** Whether a process has changes in both, and its newer ones in the other. */
function isBefore(part: Part, other: Part): boolean {
  return [...part.nodes].some(([node, number]) => (other.nodes.get(node) ?? 0) > number);
}

/** From where this change began to where the row is now; `undefined` = it was never there. */
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
