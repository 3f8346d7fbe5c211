// Follows the transactions of a data source's connections by the statements sent, whether TypeORM or the application
// sends them.

import { QueryFailedError, type DataSource, type EntitySubscriberInterface, type QueryRunner } from 'typeorm';
import { committingRunner, noteHandWritten } from '../leases/sqlite-leases.js';
import { connectionOf, depthOf, setDepth, setTransactionActive, type AfterQueryEvent } from '../typeorm-internals.js';
import { isRefusal } from '../connection-loss.js';
import { CapturedTransaction, type Committing } from './captured-transaction.js';
import { commandsOf, mysqlState, stateOf } from './connection-state.js';
import type { ConnectionState, SqlDialect } from '../dialect/dialect.js';
import { dialectOf } from '../dialect/dialects.js';
import { noteOwn } from './own-subscribers.js';
import type { OwnTransactions } from './own-transactions.js';
import { effectsOf, isUndoing, leavesRows, mayCommit, type Effect } from './statements.js';

/** What happens at the ends of transactions. */
export interface TransactionEnds {
  /** Called before a statement that may commit is sent. A rejection keeps it from being sent. */
  readonly prepare: (transaction: CapturedTransaction, runner: QueryRunner) => Promise<void>;
  /** Called when the transaction has ended and may have been committed. */
  readonly announce: (transaction: CapturedTransaction) => void | Promise<void>;
}

interface Connection {
  /** As the statements tell; what the database itself reports takes precedence. */
  isOpen: boolean;
  /** The runner that was told of a transaction that TypeORM did not begin. */
  byHand?: QueryRunner | undefined;
  savepoints: string[];
  /** For SQLite: the transaction is a savepoint outside any transaction, and its release commits. */
  isSavepoint?: boolean;
  captured?: CapturedTransaction | undefined;
  /** PostgreSQL has refused one of its statements. The connection reports that only once it is ready again. */
  isFailed?: boolean;
  /** The error that ended the transaction in the database, while TypeORM still assumes that it is open. */
  lost?: QueryFailedError | undefined;
}

export class Transactions {
  private readonly connections = new WeakMap<object, Connection>();
  private readonly committing: Committing = { rows: new Map(), inserts: new Map() };
  /** Runners whose transaction TypeORM itself is about to end. */
  private readonly ending = new WeakSet<QueryRunner>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly own: OwnTransactions,
    private readonly ends: TransactionEnds,
  ) {}

  /** The subscriber that receives every statement. */
  subscriber(): EntitySubscriberInterface {
    const isOver = ({ queryRunner }: { queryRunner: QueryRunner }): void => {
      this.ending.delete(queryRunner);
      this.own.noteRolledBack(queryRunner);
    };
    return noteOwn({
      beforeQuery: ({ queryRunner, query }) => this.before(queryRunner, query),
      afterQuery: (event) => this.after(event),
      beforeTransactionCommit: ({ queryRunner }) => void this.ending.add(queryRunner),
      beforeTransactionRollback: ({ queryRunner }) => {
        this.ending.add(queryRunner);
        this.own.refuseUntilRolledBack(queryRunner);
      },
      afterTransactionCommit: isOver,
      afterTransactionRollback: isOver,
      // A failed rollback triggers no event.
      afterTransactionStart: isOver,
    });
  }

  /**
   * The transaction that a write through this runner belongs to.
   *
   * @throws the error that ended it, if it is lost: a write now would be committed on its own at once
   */
  of(runner: QueryRunner): CapturedTransaction {
    const connection = this.connection(runner);
    if (connection.lost) throw connection.lost;
    return (connection.captured ??= new CapturedTransaction(
      committingRunner(runner),
      this.committing,
      connection.savepoints,
    ));
  }

  /** A transaction that is a single statement, outside any other. */
  single(): CapturedTransaction {
    return new CapturedTransaction({}, this.committing, []);
  }

  /** The transaction of this runner, if it wrote anything that is captured. */
  captured(runner: QueryRunner): CapturedTransaction | undefined {
    return this.connections.get(connectionOf(runner) ?? runner)?.captured;
  }

  isCurrent(runner: QueryRunner, transaction: CapturedTransaction): boolean {
    return this.connection(runner).captured === transaction;
  }

  isLost(runner: QueryRunner): boolean {
    return this.connection(runner).lost !== undefined;
  }

  /** Whether a statement of this runner would be part of a transaction. Tells TypeORM of one that it does not know. */
  async isOpen(runner: QueryRunner): Promise<boolean> {
    // SQLite's one connection may be in another caller's transaction.
    if (this.dialect.hasOneConnection) return runner.isTransactionActive && stateOf(runner)?.isOpen !== false;
    await runner.connect();
    if (runner.isTransactionActive && depthOf(runner) === 0) return true; // its BEGIN is on its way
    const connection = this.connection(runner);
    connection.isOpen = stateOf(runner)?.isOpen ?? connection.isOpen;
    this.tellTypeOrm(runner, connection);
    return connection.isOpen;
  }

  private get dialect(): SqlDialect {
    return dialectOf(this.dataSource);
  }

  private connection(runner: QueryRunner): Connection {
    const key = connectionOf(runner) ?? runner;
    let connection = this.connections.get(key);
    if (!connection) {
      connection = { isOpen: runner.isTransactionActive, savepoints: [] };
      this.connections.set(key, connection);
    }
    return connection;
  }

  private before(runner: QueryRunner, sql: string): Promise<void> | undefined {
    const effects = effectsOf(sql, this.dialect.grammar);
    // Rows that are read at a commit must be newer than any other statement.
    if (!effects.some(({ kind }) => kind === 'commit')) this.captured(runner)?.noteStatement(leavesRows(effects));
    if (effects.every(({ kind }) => kind === 'savepoint')) return undefined;
    if (effects.some(isUndoing)) this.own.refuseUntilRolledBack(runner);
    const writes = this.own.settled(runner);
    return writes ? writes.then(() => this.prepare(runner, effects)) : this.prepare(runner, effects);
  }

  private prepare(runner: QueryRunner, effects: readonly Effect[]): Promise<void> | undefined {
    const connection = this.connection(runner);
    const { captured, lost } = connection;
    if (!captured || !effects.some((effect) => mayCommit(effect, this.dialect.grammar, connection))) return undefined;
    // It can no longer be committed.
    if (lost || connection.isFailed || stateOf(runner)?.isFailed) {
      captured.forgetAll();
      return undefined;
    }
    return this.ends.prepare(captured, runner);
  }

  private after({ queryRunner, query, success, rawResults, ...rest }: AfterQueryEvent): void | Promise<void> {
    const effects = effectsOf(query, this.dialect.grammar);
    if (success && effects.length === 0) return;
    if (effects.some(isUndoing)) this.own.noteRolledBack(queryRunner);
    const connection = this.connection(queryRunner);
    if (success) return this.onSuccess(queryRunner, connection, effects, rawResults);
    const error: unknown = rest.error;
    return this.onFailure(queryRunner, connection, effects, new QueryFailedError(query, [], error as Error));
  }

  private onSuccess(
    runner: QueryRunner,
    connection: Connection,
    effects: readonly Effect[],
    raw: unknown,
  ): void | Promise<void> {
    const commands = commandsOf(raw);
    const ends = effects.map((effect, index) => this.apply(connection, effect, commands[index]));
    ends.push(this.settle(runner, connection, stateOf(runner) ?? mysqlState(raw), effects));
    const waiting = ends.filter((end) => end !== undefined);
    if (waiting.length > 0) return Promise.all(waiting).then(() => undefined);
  }

  private apply(connection: Connection, effect: Effect, command: string | undefined): void | Promise<void> {
    const { captured, savepoints } = connection;
    switch (effect.kind) {
      case 'begin': {
        const end = this.dialect.grammar.commitsImplicitly ? this.end(connection, 'committed') : undefined;
        connection.isOpen = true;
        return end;
      }
      case 'commit':
      case 'rollback':
        connection.isOpen = effect.chains;
        // PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK.
        return this.end(connection, effect.kind === 'commit' && command !== 'ROLLBACK' ? 'committed' : 'undone');
      case 'prepare':
        connection.isOpen = false;
        return this.end(connection, 'unknown');
      case 'savepoint':
        if (!connection.isOpen) connection.isSavepoint = true;
        connection.isOpen = true;
        return void savepoints.push(effect.name);
      case 'release':
      case 'rollback to': {
        const index = savepoints.lastIndexOf(effect.name);
        if (index < 0) return;
        if (effect.kind === 'release') {
          const isWhole = mayCommit(effect, this.dialect.grammar, connection);
          captured?.release(index + 2);
          savepoints.length = index;
          return isWhole ? this.end(connection, 'committed') : undefined;
        }
        captured?.rollBackTo(index + 2);
        savepoints.length = index + 1;
        connection.isFailed = false;
        return;
      }
      case 'implicit': // settle() asks whether it has committed
    }
  }

  private onFailure(
    runner: QueryRunner,
    connection: Connection,
    effects: readonly Effect[],
    error: QueryFailedError,
  ): void | Promise<void> {
    if (this.dialect.losesTransaction(error.driverError) && connection.isOpen) {
      connection.lost = error;
      connection.captured?.forgetAll();
      return;
    }
    const mayHaveCommitted = effects.some((effect) => mayCommit(effect, this.dialect.grammar, connection));
    if (!isRefusal(error)) {
      if (!mayHaveCommitted) return; // undone with the connection, or with what TypeORM sends next
      connection.isOpen = false;
      return this.end(connection, 'unknown');
    }
    if (this.dialect.hidesStateAfterErrors) return mayHaveCommitted ? this.ask(runner, connection) : undefined;
    const state = stateOf(runner);
    if (this.dialect.errorsUndo && connection.isOpen) connection.isFailed = true;
    if (state?.isOpen !== false) return; // refused, and still to be decided
    // The database has refused to commit. If there were several statements, it is unknown which one it refused.
    const isUndone = !mayHaveCommitted || (this.dialect.errorsUndo && effects.length === 1);
    const end = this.end(connection, isUndone ? 'undone' : 'unknown');
    connection.isOpen = false;
    this.tellTypeOrm(runner, connection);
    return end;
  }

  /** Asks the database whether the transaction is over, because the error did not tell. */
  private async ask(runner: QueryRunner, connection: Connection): Promise<void> {
    if (!connection.captured) return;
    const state = await runner.query('DO 0').then(mysqlState, () => undefined);
    if (!state?.isInTransaction) await this.end(connection, 'unknown');
  }

  /** Adopts the state that the database reports. */
  private settle(
    runner: QueryRunner,
    connection: Connection,
    state: ConnectionState | undefined,
    effects: readonly Effect[],
  ): void | Promise<void> {
    if (state) connection.isOpen = state.isOpen;
    const isOver = state ? !state.isInTransaction : !connection.isOpen;
    const committed = effects.some((effect) => mayCommit(effect, this.dialect.grammar, connection));
    const end = isOver ? this.end(connection, committed ? 'committed' : 'unknown') : undefined;
    this.tellTypeOrm(runner, connection);
    return end;
  }

  private end(connection: Connection, outcome: 'committed' | 'undone' | 'unknown'): void | Promise<void> {
    const { captured } = connection;
    connection.captured = undefined;
    connection.isFailed = false;
    connection.lost = undefined;
    connection.savepoints = [];
    connection.isSavepoint = false;
    if (!captured) return;
    if (outcome === 'undone') return captured.end();
    if (outcome === 'unknown') captured.disown('The answer to a COMMIT was lost; its outcome is unknown.');
    return this.ends.announce(captured);
  }

  /** Tells TypeORM of a transaction that was begun by hand, so that its own transactions inside become savepoints. */
  private tellTypeOrm(runner: QueryRunner, connection: Connection): void {
    const root = committingRunner(runner);
    if (connection.isOpen && !root.isTransactionActive) {
      connection.byHand = root;
      setTransactionActive(root, true);
      setDepth(root, 1);
      noteHandWritten(root, true);
    } else if (!connection.isOpen && connection.byHand) {
      const told = connection.byHand;
      connection.byHand = undefined;
      if (!this.ending.has(told)) {
        setTransactionActive(told, false);
        setDepth(told, 0);
      }
      noteHandWritten(told, false);
    }
  }
}
