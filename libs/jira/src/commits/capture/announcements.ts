// Decides when a transaction is announced: after earlier writers of its rows, and within a bounded time after its
// COMMIT.

import { withTimeout } from '../../core/support/with-timeout.js';
import type { CapturedTransaction } from './captured-transaction.js';

/** How long an announcement waits for an earlier one: enough for many round trips to the database. */
const MAX_WAIT_MS = 1_000;
/** How long to wait for the answer to a COMMIT, which may have been executed nevertheless. */
const MAX_ANSWER_MS = 5_000;

export class Announcements {
  private readonly timers = new WeakMap<CapturedTransaction, NodeJS.Timeout>();

  /** @param tell announces the transaction's changes and gaps, now */
  constructor(private readonly tell: (transaction: CapturedTransaction) => void) {}

  /** Call it when a COMMIT is about to be sent to a server that may be lost before it answers. */
  expectAnswer(transaction: CapturedTransaction): void {
    clearTimeout(this.timers.get(transaction));
    const giveUp = (): void => {
      transaction.disown(`A COMMIT was not answered in ${MAX_ANSWER_MS} ms.`);
      this.tell(transaction);
    };
    this.timers.set(transaction, setTimeout(giveUp, MAX_ANSWER_MS).unref());
    void transaction.settled.then(() => clearTimeout(this.timers.get(transaction)));
  }

  /** Synchronous, unless an earlier transaction on the same row is still waiting for the answer to its COMMIT. */
  announce(transaction: CapturedTransaction): void | Promise<void> {
    const earlier = transaction.unsettledPredecessors();
    if (earlier.length > 0) return this.announceAfter(earlier, transaction);
    this.finish(transaction);
  }

  /** The writer waits as well, so the wait is bounded: a connection may be lost with its COMMIT unanswered. */
  private async announceAfter(
    earlier: readonly CapturedTransaction[],
    transaction: CapturedTransaction,
  ): Promise<void> {
    const isOver = Promise.all(earlier.map(({ settled }) => settled)).then(() => true);
    if (!(await withTimeout(isOver, MAX_WAIT_MS, () => false))) {
      const reason = `The COMMIT of an earlier writer of a row was not answered in ${MAX_WAIT_MS} ms.`;
      transaction.noteGaps(new Error(reason));
      // The changes of the earlier one would arrive after newer ones.
      for (const one of earlier)
        one.disown(`Later commits were announced first: this COMMIT was not answered within ${MAX_WAIT_MS} ms.`);
    }
    this.finish(transaction);
  }

  private finish(transaction: CapturedTransaction): void {
    this.tell(transaction);
    transaction.end();
  }
}
