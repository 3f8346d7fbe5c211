// What a part of the history amounts to, row by row: from how each was before it to how it is after it.

import { idKey, type Change, type Image } from '../../core/changes/change.js';
import { imagesOf } from './cases.js';

/** One row that was touched. */
export interface NetRow {
  /** From before the first change to after the last. */
  readonly change: Change;
  /** Of the last. */
  readonly position: string;
  /** How it was in between, and since when. */
  readonly between: readonly { readonly image: Image; readonly at: number }[];
}

/** A change with its position in the history. */
export interface LoggedChange {
  readonly change: Change;
  readonly position: string;
  readonly at: number;
}

/** In the order of the last change of each. */
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

/** The links of one commit say nothing about what came before it: whoever needs them has to look at each. */
function netChange({ links: _, isSoftDeleted: __, ...change }: Change, before?: Image, after?: Image): Change {
  const type = before ? (after ? 'modified' : 'removed') : after ? 'added' : 'removed';
  return { ...change, type, before, after };
}
