// The idempotency keys of one data source: refuses a key whose request is still running, and deletes old keys.

import { LessThan, type DataSource } from 'typeorm';
import { JiraException } from '../../core/errors/jira.exception.js';
import { IdempotencyKey } from './idempotency-key.entity.js';

const all = new WeakMap<DataSource, KeptKeys>();

const DAY_MS = 86_400_000;
/** Old keys are deleted at most this often, and only after a key was used. */
const LOOK_MS = 3_600_000;

export class KeptKeys {
  private readonly running = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private ttlMs = DAY_MS;

  private constructor(private readonly dataSource: DataSource) {}

  static of(dataSource: DataSource): KeptKeys {
    const known = all.get(dataSource) ?? new KeptKeys(dataSource);
    all.set(dataSource, known);
    return known;
  }

  /** Deletes keys of this age from now on, until you call the returned function. */
  open(ttlMs: number): () => void {
    this.ttlMs = ttlMs;
    return () => clearTimeout(this.timer);
  }

  /** Does the work. @throws JiraException KEY_IN_FLIGHT if work with the same id is still running */
  async whileRunning<T>(id: string, work: () => Promise<T>): Promise<T> {
    if (this.running.has(id))
      throw new JiraException('KEY_IN_FLIGHT', 'A request with this idempotency key is still running.');
    this.running.add(id);
    try {
      return await work();
    } finally {
      this.running.delete(id);
      this.timer ??= setTimeout(() => void this.forget(), Math.min(LOOK_MS, this.ttlMs)).unref();
    }
  }

  /** Deletes old keys. */
  async forget(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const createdAt = LessThan(new Date(Date.now() - this.ttlMs));
    // If the database is unavailable, the next use of a key tries again.
    await this.dataSource.manager.delete(IdempotencyKey, { createdAt }).catch(() => undefined);
  }
}
