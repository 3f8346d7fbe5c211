// Runs the work of one request in a transaction on one data source, and keeps answers by idempotency key.

import { QueryRunnerAlreadyReleasedError, type DataSource, type EntityManager } from 'typeorm';
import type { RequestHandle } from '../../core/connections/request-handle.js';
import { JiraException } from '../../core/errors/jira.exception.js';
import { IdempotencyKey } from './idempotency-key.entity.js';
import { databaseLoss, typeOrmErrorTranslator } from '../errors/typeorm-errors.js';
import { KeptKeys } from './kept-keys.js';
import type { OnceKey, UnitOfWork } from '../../core/scope/unit-of-work.js';

declare module '../../core/connections/scope-types.js' {
  interface ScopeTypes {
    manager: EntityManager;
  }
}

export class TypeOrmUnitOfWork implements UnitOfWork {
  manager: EntityManager;
  transaction?: object;

  constructor(
    private readonly dataSource: DataSource,
    private readonly handle: RequestHandle,
  ) {
    this.manager = dataSource.manager;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const outside = this.manager;
    try {
      return await outside.transaction(async (manager) => {
        // The request was aborted while it waited for SQLite's only connection.
        this.throwIfAborted();
        this.manager = manager;
        this.transaction = manager.queryRunner;
        const result = await work();
        // The client was told of a timeout or has disconnected: roll back.
        this.throwIfAborted();
        this.handle.isCommitting = true;
        return result;
      });
    } catch (error) {
      // TypeORM releases a runner whose connection is lost, and refuses the next query.
      throw error instanceof QueryRunnerAlreadyReleasedError ? databaseLoss(error) : error;
    } finally {
      this.handle.isCommitting = false;
      this.manager = outside;
    }
  }

  private throwIfAborted(): void {
    const { aborted } = this.handle;
    if (aborted) throw aborted;
  }

  async once(key: OnceKey, work: () => Promise<unknown>): Promise<unknown> {
    if (!this.dataSource.hasMetadata(IdempotencyKey))
      throw new JiraException('BAD_REQUEST', 'This server does not store idempotency keys.');
    return KeptKeys.of(this.dataSource).whileRunning(key.id, () => this.run(() => this.remember(key, work)));
  }

  private async remember({ id, fingerprint }: OnceKey, work: () => Promise<unknown>): Promise<unknown> {
    // This first statement of the transaction waits for a transaction with the same id, and then sees what that one
    // did.
    const { manager } = this;
    await manager.createQueryBuilder().insert().into(IdempotencyKey).values({ id, fingerprint, answer: null, createdAt: new Date() }).orIgnore().execute(); // prettier-ignore
    const kept = await manager.findOneByOrFail(IdempotencyKey, { id });
    if (kept.fingerprint !== fingerprint)
      throw new JiraException('UNPROCESSABLE', 'This idempotency key was used for a different request.');
    if (kept.answer !== null) return JSON.parse(kept.answer) as unknown;
    const result = await work();
    await manager.update(IdempotencyKey, { id }, { answer: JSON.stringify(result ?? null) });
    return result;
  }

  translate(error: unknown): JiraException | undefined {
    return typeOrmErrorTranslator({ all: () => [{ name: 'default', dataSource: this.dataSource }] })(error);
  }
}
