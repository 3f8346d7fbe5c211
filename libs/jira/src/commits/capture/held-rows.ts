// Rows that a transaction has locked and read. Their state is known, so writing them needs no second read.

import { expressionMapOf, type WriteBuilder } from '../typeorm-internals.js';
import type { CapturedTransaction } from './captured-transaction.js';
import type { RawRow } from './tracked-table.js';

export class HeldRow {
  private readonly undone: number;

  constructor(
    private readonly transaction: CapturedTransaction,
    /** The row as it was selected, with all its columns. */
    readonly row: RawRow,
  ) {
    this.undone = transaction.undone;
  }

  /** Whether the lock still holds: it ends with its transaction, or with a savepoint that was rolled back. */
  isHeldIn(transaction: CapturedTransaction | undefined): boolean {
    return transaction === this.transaction && transaction.undone === this.undone;
  }
}

const NAMED = new WeakMap<object, HeldRow>();

/**
 * Notes that a write which names its row by this object (its builder, or the identifier in its condition) writes this
 * row only.
 */
export function nameHeld(object: object, row: HeldRow): void {
  NAMED.set(object, row);
}

/** The one row that the builder writes, if it is held by the transaction. */
export function heldBy(builder: WriteBuilder, transaction: CapturedTransaction): HeldRow | undefined {
  const { whereEntities, wheres } = expressionMapOf(builder);
  const [named, ...others] = whereEntities;
  const isOnly = named !== undefined && others.length === 0 && wheres.length === 1;
  const held = NAMED.get(builder) ?? (isOnly ? NAMED.get(named) : undefined);
  return held?.isHeldIn(transaction) ? held : undefined;
}
