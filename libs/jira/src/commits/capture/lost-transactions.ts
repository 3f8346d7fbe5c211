// Transactions that the database has ended by itself, while TypeORM believes in them still.

import { QueryFailedError, type DataSource, type QueryRunner } from 'typeorm';
import { databaseFamily } from './database-family.js';

/** PostgreSQL: "current transaction is aborted", every statement fails until ROLLBACK. */
const IN_FAILED_TRANSACTION = '25P02';
/** MariaDB rolls the whole transaction of these back; what is sent next runs outside of any. */
const ROLLED_BACK = new Set([1213, 1020]);

export class LostTransactions {
  private readonly errors = new WeakMap<QueryRunner, QueryFailedError>();

  constructor(private readonly dataSource: DataSource) {}

  /** Notes a failed query and the driver's error. */
  note(runner: QueryRunner, query: string, error: Error): void {
    if (!runner.isTransactionActive || !ROLLED_BACK.has(codesOf(error).errno)) return;
    this.errors.set(runner, new QueryFailedError(query, [], error));
  }

  has(runner: QueryRunner): boolean {
    return this.errors.has(runner);
  }

  forget(runner: QueryRunner): void {
    this.errors.delete(runner);
  }

  /** @throws what ended the transaction, if it is lost: a write now would be committed on its own at once */
  refuseIfLost(runner: QueryRunner): void {
    const error = this.errors.get(runner);
    if (error) throw error;
  }

  /** What a failed read did: `before`, the transaction was lost already; `now`, it is since; `no`, it can be committed. */
  verdict(runner: QueryRunner, error: unknown): 'before' | 'now' | 'no' {
    if (databaseFamily(this.dataSource) === 'postgres') {
      return codesOf(error).code === IN_FAILED_TRANSACTION ? 'before' : 'now';
    }
    return this.has(runner) ? 'now' : 'no';
  }
}

function codesOf(error: unknown): { code?: string; errno: number } {
  const cause = (error instanceof QueryFailedError ? error.driverError : error) as { code?: string; errno?: number };
  return { ...(cause.code && { code: cause.code }), errno: cause.errno ?? 0 };
}
