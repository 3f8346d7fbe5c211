// Rows that a transaction has locked and read: what they were before it is known, so a write of them need not read them.

import { expressionMapOf, type WriteBuilder } from '../typeorm-internals.js';
import type { CapturedTransaction } from './captured-transaction.js';
import type { RawRow } from './tracked-table.js';

export class HeldRow {
  private readonly undone: number;

  constructor(
    private readonly transaction: CapturedTransaction,
    /** As it was selected, all its columns. */
    readonly row: RawRow,
  ) {
    this.undone = transaction.undone;
  }

  /** Whether the lock has not been lost since: with its transaction, or a savepoint that was undone. */
  isHeldIn(transaction: CapturedTransaction | undefined): boolean {
    return transaction === this.transaction && transaction.undone === this.undone;
  }
}

const NAMED = new WeakMap<object, HeldRow>();

/** The write that names this row, and no other, by this object: its builder, or the identifier that is its condition. */
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
