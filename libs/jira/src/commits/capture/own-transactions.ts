// The transactions that capture itself opens, around a captured write that the application made outside any
// transaction.

import { AsyncLocalStorage } from 'node:async_hooks';
import { TypeORMError, type QueryRunner } from 'typeorm';
import {
  bindRunner,
  depthOf,
  runnerOf,
  setDepth,
  setTransactionActive,
  type WriteBuilder,
} from '../typeorm-internals.js';

type Work<T> = (runner: QueryRunner) => Promise<T>;

/** The runners whose writes the running code belongs to, innermost first. */
interface Writing {
  readonly runner: QueryRunner;
  readonly outer: Writing | undefined;
}

export class OwnTransactions {
  private readonly last = new WeakMap<QueryRunner, Promise<unknown>>();
  private readonly context = new AsyncLocalStorage<Writing>();
  private running = 0;
  private readonly rollingBack = new WeakSet<QueryRunner>();

  /** @param isOpen whether a statement of the runner would be part of a transaction */
  constructor(private readonly isOpen: (runner: QueryRunner) => Promise<boolean>) {}

  /** Runs the work in a transaction on the builder's query runner: the open one, or a new one. */
  async run<T>(builder: WriteBuilder, work: Work<T>): Promise<T> {
    const bound = runnerOf(builder);
    if (bound) return this.inTurn(bound, work);
    const runner = builder.dataSource.createQueryRunner('master');
    bindRunner(builder, runner);
    try {
      return await this.inTurn(runner, work);
    } finally {
      bindRunner(builder, undefined);
      await runner.release();
    }
  }

  /**
   * Resolves when the writes sent through this runner are done; undefined if there are none, or if the caller is one of
   * them.
   */
  settled(runner: QueryRunner): Promise<unknown> | undefined {
    return this.isWriting(runner) ? undefined : this.last.get(runner);
  }

  /**
   * Call it before a rollback: writes that have not begun are refused until it is done. save() sends several writes at
   * once and rolls back when the first has failed; the others would run after the ROLLBACK, on their own.
   */
  refuseUntilRolledBack(runner: QueryRunner): void {
    this.rollingBack.add(runner);
  }

  noteRolledBack(runner: QueryRunner): void {
    this.rollingBack.delete(runner);
  }

  /**
   * Runs a runner's writes one after the other. save() sends several at once: without a transaction, each would get its
   * own. MariaDB ends the transaction of a deadlock's victim, and would run the following writes outside any
   * transaction.
   */
  private inTurn<T>(runner: QueryRunner, work: Work<T>): Promise<T> {
    // This is a subscriber of the running write, which must not wait for itself.
    if (this.isWriting(runner)) return work(runner);
    const earlier = this.last.get(runner);
    const done = earlier ? earlier.then(() => this.write(runner, work)) : this.write(runner, work);
    const settled = done.then(
      () => undefined,
      () => undefined,
    );
    this.last.set(runner, settled);
    void settled.then(() => this.last.get(runner) === settled && this.last.delete(runner));
    return done;
  }

  private isWriting(runner: QueryRunner): boolean {
    for (let writing = this.context.getStore(); writing; writing = writing.outer) {
      if (writing.runner === runner) return true;
    }
    return false;
  }

  private async write<T>(runner: QueryRunner, work: Work<T>): Promise<T> {
    if (this.rollingBack.has(runner)) throw new TypeORMError('The transaction is being rolled back.');
    this.running += 1;
    try {
      return await this.context.run({ runner, outer: this.context.getStore() }, async () =>
        (await this.isOpen(runner)) ? work(runner) : inTransaction(runner, work),
      );
    } finally {
      this.running -= 1;
      // While no write runs, promises need not carry a context, which would cost every request.
      if (this.running === 0) this.context.disable();
    }
  }
}

async function inTransaction<T>(runner: QueryRunner, work: Work<T>): Promise<T> {
  // TypeORM may assume a transaction that was ended by hand.
  const believed = runner.isTransactionActive ? depthOf(runner) : undefined;
  if (believed !== undefined) believe(runner, false, 0);
  try {
    await runner.startTransaction();
    const result = await work(runner);
    await runner.commitTransaction();
    return result;
  } catch (error) {
    // If the rollback fails, nothing more can be done; the first error tells why.
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    if (believed !== undefined) believe(runner, true, believed);
  }
}

function believe(runner: QueryRunner, isActive: boolean, depth: number): void {
  setTransactionActive(runner, isActive);
  setDepth(runner, depth);
}
