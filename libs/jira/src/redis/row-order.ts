// Commits of two processes to one row may reach Redis in the wrong order: notices it, and puts right how the row ends.

import { isDeepStrictEqual } from 'node:util';
import { idKey, type Change } from '../observers/change.js';

/** A commit that is overtaken is late by the time its process was busy. */
const WINDOW_MS = 10_000;
const MOST_ROWS = 50_000;
const MOST_CHANGES = 16;

interface Seen {
  readonly node: string;
  readonly change: Change;
  /** It does not begin where the row was, as far as that is known: something before it may be on its way. */
  readonly isEarly: boolean;
}

interface Row {
  readonly at: number;
  /** Newest last. */
  readonly seen: readonly Seen[];
}

export interface Settled {
  /** As they are to be announced. */
  readonly changes: readonly Change[];
  /** A row was removed and inserted, and nobody can tell which was first. */
  readonly isUnsure: boolean;
}

/**
 * If a row went from 0 to 1 here and from 1 to 2 there, and `1 → 2` is read first, then `0 → 1` is announced as `0 → 2`:
 * whoever watches ends with what the database has. It is known by its end, which is where the other began.
 */
export class RowOrder {
  /** Least recently changed first. */
  private readonly rows = new Map<string, Row>();

  /** Takes the changes of a process's commit, in the order of reading. */
  settle(node: string, changes: readonly Change[]): Settled {
    const now = Date.now();
    const settled: Change[] = [];
    let isUnsure = false;
    for (const change of changes) {
      const key = JSON.stringify([change.source, change.entity, idKey(change.id)]);
      const seen = this.rows.get(key)?.seen ?? [];
      const last = seen.at(-1)?.change;
      const place = last ? placeOf(change, node, seen) : 'next';
      const told = last && place === 'overtaken' ? joined(change, last) : change;
      isUnsure ||= place === 'unsure';
      if (!told) continue;
      settled.push(told);
      const isEarly = !isDeepStrictEqual(change.before, last?.after) || !last;
      this.rows.delete(key);
      this.rows.set(key, { at: now, seen: [...seen.slice(1 - MOST_CHANGES), { node, change: told, isEarly }] });
    }
    this.forget(now);
    return { changes: settled, isUnsure };
  }

  private forget(now: number): void {
    for (const [key, { at }] of this.rows) {
      if (at > now - WINDOW_MS && this.rows.size <= MOST_ROWS) return;
      this.rows.delete(key);
    }
  }
}

/** One process's commits are in order: what overtook this one is another's. */
function placeOf({ before, after }: Change, node: string, seen: readonly Seen[]): 'next' | 'overtaken' | 'unsure' {
  const early = seen.filter((one) => one.isEarly && one.node !== node);
  if (!early.some(({ change }) => isDeepStrictEqual(change.before, after))) return 'next';
  if (!isDeepStrictEqual(before, seen.at(-1)?.change.after)) return 'overtaken';
  // It fits both ways. A row that goes back to how it was is common; one that is inserted anew as it was is not.
  return before === undefined ? 'unsure' : 'next';
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
