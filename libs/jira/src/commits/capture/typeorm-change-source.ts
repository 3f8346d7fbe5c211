// The change source of one TypeORM data source: sees its writes, and announces what its transactions committed.

import { Logger } from '@nestjs/common';
import type { DataSource, EntityMetadata, EntitySubscriberInterface, QueryRunner } from 'typeorm';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import type { CaptureFailure, ChangeListener, ChangeSource } from '../../core/changes/change-source.js';
import type { Change, Commit } from '../../core/changes/change.js';
import { committingRunner } from '../leases/sqlite-leases.js';
import { depthOf, expressionMapOf, type WriteBuilder } from '../typeorm-internals.js';
import { intercept, isIntercepted, stopIntercepting, type Execute } from './builders.js';
import { CapturedTransaction } from './captured-transaction.js';
import { captureCriteriaWrite } from './criteria-write.js';
import { databaseFamily } from './database-family.js';
import { captureInsert, insertedValues } from './insert-write.js';
import { LostTransactions } from './lost-transactions.js';
import { changesOf, type RowImages } from './net-change.js';
import { OwnTransactions } from './own-transactions.js';
import type { TrackedTable } from './tracked-table.js';
import { TrackedTables } from './tracked-tables.js';

/** How long a commit's announcement waits for one that came before it: many times what an answer takes to arrive. */
const LONGEST_WAIT_MS = 1_000;

export class TypeOrmChangeSource implements ChangeSource {
  private readonly logger = new Logger(TypeOrmChangeSource.name);
  private readonly watched = new Set<string>();
  private readonly listeners = new Set<ChangeListener>();
  private readonly transactions = new WeakMap<QueryRunner, CapturedTransaction>();
  private readonly committing = new Map<string, CapturedTransaction>();
  private readonly ownTransactions = new OwnTransactions();
  private readonly lost: LostTransactions;
  private readonly subscriber: EntitySubscriberInterface;
  private readonly interceptor = (builder: WriteBuilder, proceed: Execute) => this.onWrite(builder, proceed);
  private tables: TrackedTables | undefined;

  /**
   * @param dataSource need not be initialized yet
   * @param name what changes carry as their `source`
   */
  constructor(
    private readonly dataSource: DataSource,
    private readonly name: string,
  ) {
    this.lost = new LostTransactions(dataSource);
    this.subscriber = this.createSubscriber();
  }

  /**
   * Starts to capture. Call it once the data source is initialized, and again after a `destroy()` and `initialize()`;
   * repeated calls change nothing.
   */
  attach(): void {
    if (!databaseFamily(this.dataSource)) {
      const type = this.dataSource.options.type;
      throw new ConfigurationError(
        `Data source "${this.name}"`,
        `is of type "${type}", whose changes cannot be captured.`,
        'Use better-sqlite3, sqljs, postgres, mariadb or mysql, or do not observe its entities.',
      );
    }
    if (!this.dataSource.isInitialized) {
      throw new ConfigurationError(
        `Data source "${this.name}"`,
        'is not initialized, so its changes cannot be captured.',
        'Call attach() after initialize().',
      );
    }
    const { subscribers } = this.dataSource;
    if (!subscribers.includes(this.subscriber)) subscribers.push(this.subscriber);
    this.tables = new TrackedTables(this.dataSource, this.watched);
    intercept(this.dataSource, this.interceptor);
  }

  /** Stops to capture; transactions under way are not announced. */
  detach(): void {
    stopIntercepting(this.dataSource);
    const { subscribers } = this.dataSource;
    const position = subscribers.indexOf(this.subscriber);
    if (position >= 0) subscribers.splice(position, 1);
    this.tables = undefined;
  }

  /** @throws ConfigurationError if writes of this data source do not reach the source; for the end of the boot. */
  assertAttached(): void {
    const isAttached =
      isIntercepted(this.dataSource, this.interceptor) && this.dataSource.subscribers.includes(this.subscriber);
    if (isAttached && this.tables?.isCurrent()) return;
    throw new ConfigurationError(
      `Data source "${this.name}"`,
      'has observed entities, but its changes are not captured.',
      'Call attach() after initialize(), and again after each destroy() and initialize().',
    );
  }

  watch(entity: string): void {
    if (this.watched.has(entity)) return;
    this.watched.add(entity);
    if (this.tables) this.tables = new TrackedTables(this.dataSource, this.watched);
  }

  listen(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What the entities' metadata shows to be invisible here, one sentence each; to be logged at boot. */
  warnings(): string[] {
    return this.tables?.warnings() ?? [];
  }

  /** The table of an entity whose writes are captured. */
  tableOf(metadata: EntityMetadata): TrackedTable | undefined {
    if (this.tables && !this.tables.isCurrent()) this.attach();
    return this.tables?.get(metadata);
  }

  /** Whether nobody else listens to what the data source writes: then a write may go past TypeORM. */
  get isAlone(): boolean {
    const { subscribers } = this.dataSource;
    return subscribers.length === 1 && subscribers[0] === this.subscriber;
  }

  /** The change that a row amounts to, as it is announced: none of an entity that is not watched. */
  changesOf(row: RowImages): Change[] {
    return changesOf(row, this.name).filter(({ entity }) => this.watched.has(entity));
  }

  /** Announces what was committed past TypeORM, in the turn of its commit. */
  announceCommit(commit: Commit): void {
    if (commit.changes.length > 0) this.tell((listener) => listener.onCommit(commit));
  }

  private onWrite(builder: WriteBuilder, proceed: Execute): Promise<unknown> {
    if (this.tables && !this.tables.isCurrent()) this.attach();
    const { mainAlias, queryType, insertFromSelect } = expressionMapOf(builder);
    const table = mainAlias?.hasMetadata ? this.tables?.get(mainAlias.metadata) : undefined;
    if (!table) return proceed();
    // TypeORM sends nothing for an insert of no rows.
    if (queryType === 'insert' && !insertFromSelect && insertedValues(builder).length === 0) return proceed();
    const capture = queryType === 'insert' ? captureInsert : captureCriteriaWrite;
    return this.ownTransactions.run(builder, async (runner) => {
      this.lost.refuseIfLost(runner);
      const root = committingRunner(runner);
      const transaction = this.transactionOf(root);
      const result = await capture(builder, proceed, transaction.write(table, runner));
      if (this.transactions.get(root) !== transaction) this.tellOverrun(table.metadata.name);
      // A subscriber of the application wrote in its beforeTransactionCommit, after our read.
      if (transaction.isRead) await this.readAfterImages(transaction);
      return result;
    });
  }

  private transactionOf(runner: QueryRunner): CapturedTransaction {
    const known = this.transactions.get(runner);
    if (known) return known;
    const created = new CapturedTransaction(runner, this.committing);
    this.transactions.set(runner, created);
    return created;
  }

  private createSubscriber(): EntitySubscriberInterface {
    const isMysql = databaseFamily(this.dataSource) === 'mysql';
    return {
      ...(isMysql && {
        afterQuery: ({ queryRunner, query, ...outcome }) => {
          const error: unknown = outcome.error;
          if (error instanceof Error) this.lost.note(queryRunner, query, error);
        },
      }),
      beforeTransactionCommit: ({ queryRunner }) => {
        const writes = this.ownTransactions.settled(queryRunner);
        return writes ? writes.then(() => this.beforeCommit(queryRunner)) : this.beforeCommit(queryRunner);
      },
      afterTransactionCommit: ({ queryRunner }) => {
        const transaction = this.transactions.get(committingRunner(queryRunner));
        if (!transaction) return;
        if (queryRunner.isTransactionActive) return transaction.release(depthOf(queryRunner) + 1);
        this.transactions.delete(queryRunner);
        this.lost.forget(queryRunner);
        return this.announce(transaction);
      },
      beforeTransactionRollback: ({ queryRunner }) => {
        this.ownTransactions.refuseUntilRolledBack(queryRunner);
        const writes = this.ownTransactions.settled(queryRunner);
        return writes ? writes.then(() => this.beforeRollback(queryRunner)) : this.beforeRollback(queryRunner);
      },
      afterTransactionRollback: ({ queryRunner }) => this.ownTransactions.noteRolledBack(queryRunner),
      // A rollback that failed tells nobody that it is over.
      afterTransactionStart: ({ queryRunner }) => this.ownTransactions.noteRolledBack(queryRunner),
    };
  }

  private beforeCommit(runner: QueryRunner): Promise<void> | undefined {
    const transaction = this.transactions.get(committingRunner(runner));
    return transaction && depthOf(runner) <= 1 ? this.readAfterImages(transaction) : undefined;
  }

  private beforeRollback(runner: QueryRunner): void {
    if (depthOf(runner) <= 1) this.lost.forget(runner);
    const transaction = this.transactions.get(committingRunner(runner));
    if (!transaction) return;
    if (depthOf(runner) > 1) return transaction.rollBackTo(depthOf(runner));
    this.transactions.delete(runner);
    transaction.end();
  }

  private async readAfterImages(transaction: CapturedTransaction): Promise<void> {
    if (!this.tables) return;
    if (this.lost.has(transaction.runner)) return transaction.forgetAll();
    try {
      await transaction.readAfterImages(this.tables.owners);
      transaction.noteCommit();
    } catch (error) {
      const loss = this.lost.verdict(transaction.runner, error);
      if (loss === 'before') return transaction.forgetAll();
      // The database has undone the writes: to let the caller believe in them would be worse than to fail.
      if (loss === 'now') throw error;
      for (const entity of transaction.entities) transaction.noteGap(entity, error);
      transaction.forgetAll();
    }
  }

  /** Synchronous, unless an earlier transaction on the same row is still waiting for the answer to its COMMIT. */
  private announce(transaction: CapturedTransaction): void | Promise<void> {
    const earlier = transaction.unsettledPredecessors();
    if (earlier.length > 0) return this.announceAfter(earlier, transaction);
    this.announceNow(transaction);
  }

  /** The writer waits with it, so not forever: a connection may be lost with its COMMIT unanswered. */
  private async announceAfter(
    earlier: readonly CapturedTransaction[],
    transaction: CapturedTransaction,
  ): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const isLate = new Promise<true>((resolve) => {
      timer = setTimeout(resolve, LONGEST_WAIT_MS, true);
    });
    const isOver = Promise.all(earlier.map(({ settled }) => settled)).then(() => false);
    if (await Promise.race([isOver, isLate])) {
      const error = new Error(`The COMMIT of an earlier writer of a row was not answered in ${LONGEST_WAIT_MS} ms.`);
      for (const entity of transaction.entities) transaction.noteGap(entity, error);
    }
    clearTimeout(timer);
    this.announceNow(transaction);
  }

  private announceNow(transaction: CapturedTransaction): void {
    try {
      const changes = transaction.changes(this.name, (entity) => this.watched.has(entity));
      this.announceCommit({ changes, transaction: transaction.runner });
    } catch (error) {
      for (const entity of transaction.entities) transaction.noteGap(entity, error);
    }
    for (const [entity, error] of transaction.gaps) this.tellGap(entity, error);
    transaction.end();
  }

  /** Nobody waited for the write: it may have been carried out before the end of its transaction or behind it. */
  private tellOverrun(entity: string): void {
    this.tellGap(entity, new Error('A write was still on its way when its transaction ended.'));
  }

  private tellGap(entity: string, error: unknown): void {
    this.logger.error(`Changes of ${entity} could not be captured: ${String(error)}`);
    const failure: CaptureFailure = { source: this.name, entity, error };
    this.tell((listener) => listener.onGap(failure));
  }

  private tell(message: (listener: ChangeListener) => void): void {
    for (const listener of this.listeners) {
      try {
        message(listener);
      } catch (error) {
        this.logger.error(
          'A listener of committed changes failed.',
          error instanceof Error ? error.stack : String(error),
        );
      }
    }
  }
}
