// One connection outside the pool, opened on first use, to cancel statements with: an exhausted pool has none left for
// that.

import { DataSource, type DataSourceOptions, type QueryRunner } from 'typeorm';
import { failureLog } from '../core/errors/failure-log.js';
import { surviveConnectionLoss } from './surviving-connections.js';

export class SpareConnection {
  private readonly report = failureLog('Could not cancel abandoned work');
  private opening?: Promise<DataSource> | undefined;
  private kept?: Promise<QueryRunner> | undefined;
  private readonly running = new Set<Promise<unknown>>();
  private isClosed = false;

  constructor(private readonly options: DataSourceOptions) {}

  /** Runs a statement. Never rejects. Does nothing once it is closed; the pool is ending as well then. */
  async run(sql: string): Promise<void> {
    const sent = this.track(async () => (this.kept ? (await this.kept).query(sql) : (await this.open()).query(sql)));
    await sent.catch((error: unknown) => {
      void this.letGo();
      if (!isGone(error)) this.report(error);
    });
  }

  /**
   * Runs a statement on one session and returns its rows. The session is kept until `letGo`, an error, or `close`;
   * after that there are no rows.
   */
  async ask(sql: string): Promise<readonly unknown[]> {
    try {
      const rows = await this.track(async () => (await (this.kept ??= this.keep())).query(sql));
      return (rows ?? []) as readonly unknown[];
    } catch (error) {
      await this.letGo();
      throw error;
    }
  }

  /** Gives up the session that `ask` keeps. Never rejects. */
  async letGo(): Promise<void> {
    const { kept } = this;
    this.kept = undefined;
    await kept?.then((runner) => runner.release()).catch(() => {});
  }

  async close(): Promise<void> {
    this.isClosed = true;
    // A pool that ends while a statement waits for a connection would leave it waiting.
    await Promise.allSettled(this.running);
    await this.letGo();
    await this.opening?.then((dataSource) => dataSource.destroy()).catch(() => {});
  }

  private async track(send: () => Promise<unknown>): Promise<unknown> {
    if (this.isClosed) return undefined;
    const sent = send();
    this.running.add(sent);
    return sent.finally(() => this.running.delete(sent));
  }

  private async keep(): Promise<QueryRunner> {
    const runner = (await this.open()).createQueryRunner();
    await runner.connect();
    return runner;
  }

  private open(): Promise<DataSource> {
    return (this.opening ??= this.connect());
  }

  private async connect(): Promise<DataSource> {
    const own = { entities: [], subscribers: [], migrations: [], synchronize: false, dropSchema: false };
    const few = { migrationsRun: false, logging: false, cache: false, installExtensions: false, poolSize: 1 };
    try {
      const dataSource = new DataSource({ ...this.options, ...own, ...few } as DataSourceOptions);
      await dataSource.initialize();
      surviveConnectionLoss(dataSource);
      return dataSource;
    } catch (error) {
      this.opening = undefined;
      throw error;
    }
  }
}

/** MariaDB's "Unknown thread id": the statement ended by itself. */
function isGone(error: unknown): boolean {
  return (error as { readonly errno?: unknown } | null)?.errno === 1094;
}
