// The net effect of a part of the history: for each row, its state before and its state after.

import { idKey, type Change, type Image } from '../../core/changes/change.js';
import { imagesOf } from './cases.js';

/** One row that changed. */
export interface NetRow {
  /** From before the first change to after the last. */
  readonly change: Change;
  /** Position of the last change. */
  readonly position: string;
  /** Its states in between, each with the time it began. */
  readonly between: readonly { readonly image: Image; readonly at: number }[];
}

/** A change with its position in the history. */
export interface LoggedChange {
  readonly change: Change;
  readonly position: string;
  readonly at: number;
}

/** Ordered by the last change of each row. */
export function netRows(logged: Iterable<LoggedChange>, withDeleted: boolean | undefined): NetRow[] {
  const rows = new Map<string, NetRow>();
  for (const one of logged) {
    const key = idKey(one.change.id);
    const known = rows.get(key);
    rows.delete(key);
    rows.set(key, known ? joined(known, one, withDeleted) : begun(one, withDeleted));
  }
  return [...rows.values()];
}

function begun({ change, position, at }: LoggedChange, withDeleted: boolean | undefined): NetRow {
  const { before, after } = imagesOf(change, withDeleted);
  return { change: netChange(change, before, after), position, between: after ? [{ image: after, at }] : [] };
}

function joined(known: NetRow, { change, position, at }: LoggedChange, withDeleted: boolean | undefined): NetRow {
  const { after } = imagesOf(change, withDeleted);
  return {
    change: netChange(change, known.change.before, after),
    position,
    between: after ? [...known.between, { image: after, at }] : known.between,
  };
}

/** The links of one commit say nothing about earlier commits; code that needs them has to check each commit. */
function netChange({ links: _, isSoftDeleted: __, ...change }: Change, before?: Image, after?: Image): Change {
  const type = before ? (after ? 'modified' : 'removed') : after ? 'added' : 'removed';
  return { ...change, type, before, after };
}
