// The change source of one TypeORM data source: sees its writes and announces what its transactions committed.

import { ProblemLog } from '../../core/errors/problem-log.js';
import {
  QueryFailedError,
  type DataSource,
  type EntityMetadata,
  type EntitySubscriberInterface,
  type QueryRunner,
} from 'typeorm';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import type { CaptureFailure, ChangeListener, ChangeSource } from '../../core/changes/change-source.js';
import type { Change, Commit } from '../../core/changes/change.js';
import { isConnectionLoss, isRefusal } from '../connection-loss.js';
import { expressionMapOf, type WriteBuilder } from '../typeorm-internals.js';
import { Announcements } from './announcements.js';
import { intercept, isIntercepted, stopIntercepting, type Execute } from './builders.js';
import type { CapturedTransaction } from './captured-transaction.js';
import { captureCriteriaWrite, endsLinks } from './criteria-write.js';
import { assertCaptured, dialectOf } from '../dialect/dialects.js';
import { HeldRow } from './held-rows.js';
import { captureInsert, insertedValues } from './insert-write.js';
import { changesOf, type RowImages } from './net-change.js';
import { OwnTransactions } from './own-transactions.js';
import type { RawKey, RawRow, TrackedTable } from './tracked-table.js';
import { TrackedTables } from './tracked-tables.js';
import { Transactions } from './transactions.js';

export class TypeOrmChangeSource implements ChangeSource {
  private readonly problems = new ProblemLog();
  private readonly watched = new Set<string>();
  private readonly listeners = new Set<ChangeListener>();
  private readonly transactions: Transactions;
  private readonly announcements = new Announcements((transaction) => this.tellAll(transaction));
  private readonly ownTransactions = new OwnTransactions((runner) => this.transactions.isOpen(runner));
  private readonly subscriber: EntitySubscriberInterface;
  private readonly interceptor = (builder: WriteBuilder, proceed: Execute) => this.onWrite(builder, proceed);
  private tables: TrackedTables | undefined;

  /**
   * @param dataSource need not be initialized yet
   * @param name the `source` of its changes
   */
  constructor(
    private readonly dataSource: DataSource,
    private readonly name: string,
  ) {
    this.transactions = new Transactions(dataSource, this.ownTransactions, {
      prepare: (transaction, runner) => this.prepare(transaction, runner),
      announce: (transaction) => this.announcements.announce(transaction),
    });
    this.subscriber = this.transactions.subscriber();
  }

  /**
   * Starts capturing. Call it once the data source is initialized, and again after a `destroy()` and `initialize()`.
   * Repeated calls change nothing.
   */
  attach(): void {
    assertCaptured(this.dataSource, this.name);
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

  /** Stops capturing; running transactions are not announced. */
  detach(): void {
    stopIntercepting(this.dataSource);
    const { subscribers } = this.dataSource;
    const position = subscribers.indexOf(this.subscriber);
    if (position >= 0) subscribers.splice(position, 1);
    this.tables = undefined;
  }

  /** Call it at the end of boot. @throws ConfigurationError if writes of this data source do not reach the source */
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

  /** Warnings of changes that cannot be captured, as the entities' metadata shows; one sentence each, to be logged at boot. */
  warnings(): string[] {
    return this.tables?.warnings() ?? [];
  }

  /** The table of an entity whose writes are captured. */
  tableOf(metadata: EntityMetadata): TrackedTable | undefined {
    if (this.tables && !this.tables.isCurrent()) this.attach();
    return this.tables?.get(metadata);
  }

  /**
   * The row as this runner's transaction has it now; `undefined` if its table is not captured, or nothing was written.
   * Unless the transaction sends another statement, its commit need not read the row again.
   */
  async readStored(runner: QueryRunner, metadata: EntityMetadata, key: RawKey): Promise<RawRow | null | undefined> {
    const table = this.tableOf(metadata);
    return table && this.transactions.captured(runner)?.readNow(runner, table, key);
  }

  /**
   * Notes a row that the runner's transaction has locked and read before writing it. A write that names the row by what
   * this returns need not read it again.
   */
  hold(runner: QueryRunner, row: RawRow): HeldRow {
    return new HeldRow(this.transactions.of(runner), row);
  }

  isHeld(runner: QueryRunner, row: HeldRow): boolean {
    return row.isHeldIn(this.transactions.captured(runner));
  }

  /** Runs a query that changes nothing, within the runner's transaction. */
  ask<T>(runner: QueryRunner, query: () => Promise<T>): Promise<T> {
    return this.transactions.captured(runner)?.ask(query) ?? query();
  }

  /** Stays equal until the runner's transaction sends something; `undefined` if it wrote nothing that is captured. */
  markOf(runner: QueryRunner): number | undefined {
    return this.transactions.captured(runner)?.mark;
  }

  /** Whether nothing else listens to the data source's writes, so that a write may bypass TypeORM. */
  get isAlone(): boolean {
    const { subscribers } = this.dataSource;
    return subscribers.length === 1 && subscribers[0] === this.subscriber;
  }

  /** The changes that a row's images amount to, as they are announced; none for an entity that is not watched. */
  changesOf(row: RowImages): Change[] {
    return changesOf(row, this.name).filter(({ entity }) => this.watched.has(entity));
  }

  /** Announces what was committed without TypeORM, in the same turn as the commit. */
  announceCommit(commit: Commit): void {
    if (commit.changes.length > 0) this.tell((listener) => listener.onCommit(commit));
  }

  /**
   * Sends an insert of one row that commits by itself, and announces the row before it resolves.
   *
   * @param send sends the statement and returns the row; `isFinal` means that nothing can have changed the row since
   * @returns the row, and the object that identifies its transaction
   */
  async insertAlone(
    table: TrackedTable,
    send: () => Promise<{ readonly row: RawRow; readonly isFinal: boolean }>,
  ): Promise<{ readonly row: RawRow; readonly transaction: object }> {
    const transaction = this.transactions.single();
    transaction.noteInsert(table);
    this.announcements.expectAnswer(transaction);
    try {
      const { row, isFinal } = await send();
      transaction.noteInserted(row, isFinal);
      return { row, transaction: transaction.runner };
    } catch (error) {
      if (error instanceof QueryFailedError && !isRefusal(error as QueryFailedError))
        transaction.disown('The answer to an insert was lost; its outcome is unknown.');
      throw error;
    } finally {
      const waiting = this.announcements.announce(transaction);
      if (waiting) await waiting;
    }
  }

  private onWrite(builder: WriteBuilder, proceed: Execute): Promise<unknown> {
    if (this.tables && !this.tables.isCurrent()) this.attach();
    const { mainAlias, queryType, insertFromSelect } = expressionMapOf(builder);
    const table = mainAlias?.hasMetadata ? this.tables?.get(mainAlias.metadata) : undefined;
    if (!table || (table.isOnlyLinked && (queryType === 'insert' || !endsLinks(builder, table)))) return proceed();
    // TypeORM sends nothing for an insert of no rows.
    if (queryType === 'insert' && !insertFromSelect && insertedValues(builder).length === 0) return proceed();
    const capture = queryType === 'insert' ? captureInsert : captureCriteriaWrite;
    return this.ownTransactions.run(builder, async (runner) => {
      const transaction = this.transactions.of(runner);
      const result = await capture(builder, proceed, transaction.write(table, runner));
      if (!this.transactions.isCurrent(runner, transaction)) this.tellOverrun(table);
      // The application's subscriber wrote something in its beforeQuery of the COMMIT, after the rows were read.
      if (transaction.isRead) await this.prepare(transaction, runner);
      return result;
    });
  }

  private async prepare(transaction: CapturedTransaction, runner: QueryRunner): Promise<void> {
    if (!this.tables) return;
    try {
      await transaction.readAfterImages(this.tables.owners, runner);
      transaction.noteCommit();
      if (!dialectOf(this.dataSource).hasOneConnection) this.announcements.expectAnswer(transaction);
    } catch (error) {
      // The database has undone the writes. Failing is better than reporting success.
      const isUndone = dialectOf(this.dataSource).errorsUndo || this.transactions.isLost(runner);
      if (isUndone || isConnectionLoss(error)) throw error;
      transaction.noteGaps(error);
      transaction.forgetAll();
    }
  }

  private tellAll(transaction: CapturedTransaction): void {
    try {
      const changes = transaction.changes(this.name, (entity) => this.watched.has(entity));
      this.announceCommit({ changes, transaction: transaction.runner });
    } catch (error) {
      transaction.noteGaps(error);
    }
    const gaps = new Map<string, unknown>();
    for (const [table, error] of transaction.gaps) for (const entity of this.watchedIn(table)) gaps.set(entity, error);
    for (const [entity, error] of gaps) this.tellGap(entity, error);
  }

  /** For a write that was not awaited: it may have run before the end of its transaction or after it. */
  private tellOverrun(table: TrackedTable): void {
    const error = new Error('A write was still running when its transaction ended.');
    for (const entity of this.watchedIn(table)) this.tellGap(entity, error);
  }

  private watchedIn(table: TrackedTable): readonly string[] {
    return this.tables?.watchedIn(table) ?? [];
  }

  private tellGap(entity: string, error: unknown): void {
    this.problems.error(
      `Changes of ${entity} could not be captured`,
      `Changes of ${entity} could not be captured`,
      error,
    );
    const failure: CaptureFailure = { source: this.name, entity, error };
    this.tell((listener) => listener.onGap(failure));
  }

  private tell(call: (listener: ChangeListener) => void): void {
    for (const listener of this.listeners) {
      try {
        call(listener);
      } catch (error) {
        const message = 'A listener of committed changes failed';
        this.problems.error(message, message, error);
      }
    }
  }
}
