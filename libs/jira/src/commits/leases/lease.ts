// A lease: a query runner's turns on SQLite's one connection, each for one query or from BEGIN to COMMIT.

import type { AsyncLocalStorage } from 'node:async_hooks';
import type { QueryRunner } from 'typeorm';
import {
  delegateTransactionState,
  depthOf,
  setDepth,
  setTransactionActive,
  type RunnerClass,
} from '../typeorm-internals.js';
import { ConnectionLock } from './connection-lock.js';

/** What all runners of one connection share. */
export interface Connection {
  readonly lock: ConnectionLock<Lease>;
  readonly lockTimeoutMs: number;
  /** The transaction that the running code is in. */
  readonly current: AsyncLocalStorage<Lease>;
  /** Whether the connection itself is in a transaction; undefined if the driver cannot tell. */
  readonly inTransaction: () => boolean | undefined;
  /** A transaction that was begun by hand on a runner that was released since: every caller is part of it. */
  shared?: Lease | undefined;
}

const LEASES = new WeakMap<QueryRunner, Lease>();

export function leaseOf(runner: QueryRunner): Lease | undefined {
  return LEASES.get(runner);
}

/**
 * The turns of a runner of a `turnTaking` class. With a parent, it works inside the parent's transaction. Its own
 * transactions are then savepoints. While one is open, the parent's other code waits, so that a rollback undoes nothing
 * of it.
 */
export class Lease {
  /** Whose turn it is within this transaction: its own runner's, or that of a runner that joined it. */
  private readonly inner: ConnectionLock<Lease>;
  private readonly stock: QueryRunner;
  private readonly parent: Lease | undefined;
  private outer: ConnectionLock<Lease>;
  private running = 0;
  private ownDepth = 0;
  private ownFlag = false;
  private isHandWritten = false;

  constructor(
    readonly runner: QueryRunner,
    private readonly connection: Connection,
    parent?: Lease,
  ) {
    this.parent = parent;
    this.inner = new ConnectionLock(connection.lockTimeoutMs);
    this.outer = connection.lock;
    this.stock = Object.getPrototypeOf(Object.getPrototypeOf(runner)) as QueryRunner;
    LEASES.set(runner, this);
    if (parent) this.countFromParent();
  }

  /** Whether code in this context would join a transaction. */
  get isOpen(): boolean {
    if (!this.parent) return this.runner.isTransactionActive;
    return this.ownDepth > 0 || this.ownFlag || this.parent.isOpen;
  }

  /** The innermost own transaction that this code is in; new runners join it. */
  get joinable(): Lease {
    return this.depth === 0 && this.parent?.isOpen ? this.parent.joinable : this;
  }

  /** The runner whose COMMIT makes this runner's writes permanent. */
  get root(): QueryRunner {
    return this.parent?.isOpen ? this.parent.root : this.runner;
  }

  /** Runs work as code of this transaction. */
  run<T>(work: () => T): T {
    return this.connection.current.run(this, work);
  }

  private get baseDepth(): number {
    return this.parent?.isOpen ? depthOf(this.parent.runner) : 0;
  }

  /** The number of own transactions that are open, nested. */
  private get depth(): number {
    return this.parent ? this.ownDepth : depthOf(this.runner);
  }

  query(args: Parameters<QueryRunner['query']>): Promise<unknown> {
    return this.inTurn(() => this.stock.query.apply(this.runner, args) as Promise<unknown>);
  }

  startTransaction(args: Parameters<QueryRunner['startTransaction']>): Promise<void> {
    return this.inTurn(() => this.start(args));
  }

  // Without a transaction, TypeORM refuses to end one; no turn is needed for that.
  commitTransaction(): Promise<void> {
    const commit = (): Promise<void> => this.stock.commitTransaction.call(this.runner);
    return this.isOpen ? this.inTurn(commit) : commit();
  }

  rollbackTransaction(): Promise<void> {
    return this.isOpen ? this.inTurn(() => this.rollBack()) : this.rollBack();
  }

  /** Call it when a statement of the application has begun or ended a transaction. */
  noteHandWritten(isOpen: boolean): void {
    this.isHandWritten = isOpen;
    if (isOpen || this.running > 0) return;
    this.endTurn();
    if (this.connection.shared !== this) return;
    this.connection.shared = undefined;
    void this.stock.release.call(this.runner);
  }

  /**
   * Ends the turn; an open transaction is rolled back. A transaction that was begun by hand stays open, as it would
   * without leases: `dataSource.query('BEGIN')` uses a runner for that one statement only.
   */
  async release(): Promise<void> {
    if (this.isHandWritten) {
      this.connection.shared = this;
      return;
    }
    while (this.depth > 0) await this.inTurn(() => this.rollBack());
    await this.stock.release.call(this.runner);
  }

  /** Makes TypeORM's depth start at that of the transaction that the runner joined. */
  private countFromParent(): void {
    delegateTransactionState(this.runner, {
      depth: {
        get: () => this.baseDepth + this.ownDepth,
        set: (depth) => {
          this.ownDepth = Math.max(depth - this.baseDepth, 0);
        },
      },
      isActive: {
        get: () => this.isOpen,
        set: (isActive) => {
          this.ownFlag = isActive;
        },
      },
    });
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.running += 1;
    try {
      if (this.running === 1 && !this.holdsTransaction()) {
        this.outer = this.parent?.isOpen ? this.parent.inner : this.connection.lock;
      }
      if (!this.isInside(this.outer)) await this.outer.acquire(this);
      else this.succeed();
      if (!this.isInside(this.inner)) await this.inner.acquire(this);
      return await work();
    } finally {
      this.running -= 1;
      if (this.running === 0) this.endTurn();
    }
  }

  private endTurn(): void {
    this.inner.release(this);
    if (!this.holdsTransaction()) this.outer.release(this);
    // Contexts of ended transactions mean nothing. While none is open, promises need not carry a context.
    if (this.connection.lock.holder === undefined) this.connection.current.disable();
  }

  /** An open transaction keeps its turn, even if it was begun by hand with `query('BEGIN')`. */
  private holdsTransaction(): boolean {
    if (this.depth > 0) return true;
    return (
      this.outer === this.connection.lock && this.outer.holder === this && this.connection.inTransaction() === true
    );
  }

  /** Whether the running code is part of the lock's holder: it must not wait for itself. */
  private isInside(lock: ConnectionLock<Lease>): boolean {
    for (let lease = this.connection.current.getStore(); lease; lease = lease.parent) {
      if (lease === lock.holder) return true;
    }
    return false;
  }

  /**
   * Subscribers that a transaction calls once it has ended get the rest of its turn. What they begin may outlast the
   * turn and run code of its own, which would otherwise wait for the turn it is part of.
   */
  private succeed(): void {
    const { lock } = this.connection;
    const { holder } = lock;
    if (this.outer === lock && holder && holder !== this && !holder.holdsTransaction()) lock.pass(holder, this);
  }

  private async start(args: Parameters<QueryRunner['startTransaction']>): Promise<void> {
    try {
      await this.stock.startTransaction.apply(this.runner, args);
    } catch (error) {
      if (this.depth === 0) setTransactionActive(this.runner, false);
      throw error;
    }
  }

  private async rollBack(): Promise<void> {
    try {
      await this.stock.rollbackTransaction.call(this.runner);
    } catch (error) {
      // SQLite may have ended the transaction by itself (on a full disk, for example): nothing is left to roll back.
      if (this.depth === 0 || this.connection.inTransaction() !== false) throw error;
      setDepth(this.runner, this.baseDepth);
    }
    if (this.depth === 0) setTransactionActive(this.runner, false);
  }
}

/**
 * A subclass whose methods use the connection through the runner's lease. A runner lives for one query only; changing
 * each runner's prototype instead would make a query half again as slow.
 */
export function turnTaking(Stock: RunnerClass): RunnerClass {
  const TurnTaking = class extends Stock {};
  const leaseFor = (runner: QueryRunner): Lease => LEASES.get(runner) as Lease;
  const methods: Record<string, (this: QueryRunner, ...args: never[]) => Promise<unknown>> = {
    query(...args: Parameters<QueryRunner['query']>) {
      return leaseFor(this).query(args);
    },
    startTransaction(...args: Parameters<QueryRunner['startTransaction']>) {
      return leaseFor(this).startTransaction(args);
    },
    commitTransaction() {
      return leaseFor(this).commitTransaction();
    },
    rollbackTransaction() {
      return leaseFor(this).rollbackTransaction();
    },
    release() {
      return leaseFor(this).release();
    },
  };
  Object.assign(TurnTaking.prototype, methods);
  return TurnTaking;
}
