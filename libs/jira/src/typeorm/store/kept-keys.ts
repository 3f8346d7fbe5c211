// The idempotency keys of one data source: which are being worked on, and which are old enough to be forgotten.

import { LessThan, type DataSource } from 'typeorm';
import { JiraException } from '../../core/errors/jira.exception.js';
import { IdempotencyKey } from './idempotency-key.entity.js';

const all = new WeakMap<DataSource, KeptKeys>();

const DAY_MS = 86_400_000;
/** Old keys are looked for no more often than this, and only where keys are used. */
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

  /** From here on keys are forgotten at this age, until the returned function is called. */
  open(ttlMs: number): () => void {
    this.ttlMs = ttlMs;
    return () => clearTimeout(this.timer);
  }

  /** Does the work unless the same is being done. */
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
    // A database that is away will be asked again after the next key.
    await this.dataSource.manager.delete(IdempotencyKey, { createdAt }).catch(() => undefined);
  }
}
