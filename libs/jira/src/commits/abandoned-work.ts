// Work that was given up costs the database nothing: it takes no connection, and what runs is cancelled.

import { DataSource, type DataSourceOptions } from 'typeorm';
import { failureLog } from '../core/errors/failure-log.js';
import { currentRequest, followRequests, type Held, type RunningRequest } from '../core/scope/running-request.js';
import type { StatementControl } from './dialect/dialect.js';
import { isConnectionLoss, noteConnectionLoss } from './connection-loss.js';
import { aroundObtaining, type PooledConnection } from './typeorm-pools.js';

/** The request's own timeout comes first, and says what it was. */
const LATER_MS = 1_000;
/** What a request starts after it was given up is cancelled as well. */
const AGAIN_MS = 200;

const GUARDED = new WeakSet<object>();

/** Call it once the data source is connected. Returns a function that closes the spare connection. */
export function endAbandonedWork(dataSource: DataSource, control: StatementControl): () => Promise<void> {
  const { driver } = dataSource;
  const spare = new SpareConnection(dataSource.options);
  const close = (): Promise<void> => spare.close();
  if (GUARDED.has(driver)) return close;
  GUARDED.add(driver);
  followRequests();
  const limits = new StatementLimits(dataSource.options, control);
  aroundObtaining(driver, async (obtain) => {
    const request = currentRequest();
    if (!request) {
      const connection = await obtain();
      // What is announced may take as long as requests may; the application's own work takes what it takes.
      if (request === undefined) await limits.lift(connection);
      return connection;
    }
    const { aborted } = request;
    if (aborted) throw aborted;
    const connection = await request.waitFor(obtain(), (late) => late.release());
    await limits.set(connection, request.timeoutMs + LATER_MS);
    const late = request.aborted;
    if (late) {
      connection.release();
      throw late;
    }
    return new Lease(connection, request, (id) => spare.run(control.cancelStatement(id))).guarded;
  });
  return close;
}

/** A connection while a request has it. */
class Lease implements Held {
  private timer?: NodeJS.Timeout | undefined;
  private cancelling?: Promise<void> | undefined;

  constructor(
    private readonly connection: PooledConnection,
    private readonly request: RunningRequest,
    private readonly cancel: (sessionId: number) => Promise<void>,
  ) {
    request.hold(this);
    if (request.aborted) this.giveUp();
  }

  get guarded(): PooledConnection {
    return { ...this.connection, release: (failure) => void this.release(failure) };
  }

  giveUp(): void {
    const { sessionId } = this.connection;
    if (sessionId === undefined || this.cancelling) return;
    // What is being committed is either committed or not; a cancelled COMMIT may be both.
    if (!this.request.isCommitting)
      this.cancelling = this.cancel(sessionId).finally(() => (this.cancelling = undefined));
    this.timer = setTimeout(() => this.giveUp(), AGAIN_MS).unref();
  }

  private async release(failure?: Error | boolean): Promise<void> {
    this.request.letGo(this);
    clearTimeout(this.timer);
    const { connection, cancelling } = this;
    if (this.timer) {
      // It would be the next one's statement that is cancelled.
      await cancelling?.catch(() => {});
      clearTimeout(this.timer);
      if (failure === undefined) await connection.query('SELECT 1').catch(() => {});
    }
    connection.release(failure);
  }
}

/** Sets the limit of a session when it is another one than before: most requests have the same. */
class StatementLimits {
  private readonly known = new WeakMap<object, number>();
  private readonly report = failureLog('The time of statements could not be limited');
  /** Also where the application has limits of its own. */
  private isOff: boolean;

  constructor(
    options: DataSourceOptions,
    private readonly control: StatementControl,
  ) {
    const extra = (options as { readonly extra?: object }).extra ?? {};
    this.isOff = ['statement_timeout', 'options'].some((name) => name in extra);
  }

  async set(connection: PooledConnection, ms: number): Promise<void> {
    if (this.isOff || this.known.get(connection.session) === ms) return;
    await this.say(connection, ms);
    this.known.set(connection.session, ms);
  }

  async lift(connection: PooledConnection): Promise<void> {
    if (!this.known.has(connection.session)) return;
    await this.say(connection);
    this.known.delete(connection.session);
  }

  /** A server that knows no such limit, or forbids it: what is cancelled by us still is. */
  private giveUp(error: unknown): void {
    this.isOff = true;
    this.report(error);
  }

  private async say(connection: PooledConnection, ms?: number): Promise<void> {
    try {
      await connection.query(this.control.limitStatements(ms));
    } catch (error) {
      if (!isConnectionLoss(error)) return this.giveUp(error);
      noteConnectionLoss(error);
      connection.release(error as Error);
      throw error;
    }
  }
}

/** One connection beside the pool, made when it is needed first: a pool that is exhausted has none to cancel with. */
class SpareConnection {
  private readonly report = failureLog('Work that was given up could not be cancelled');
  private opening?: Promise<DataSource> | undefined;
  private readonly running = new Set<Promise<void>>();
  private isClosed = false;

  constructor(private readonly options: DataSourceOptions) {}

  /** Never rejects. Does nothing once it is closed: whoever waits for its statement waits for the pool, which ends. */
  run(sql: string): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    const running = this.send(sql);
    this.running.add(running);
    return running.finally(() => this.running.delete(running));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    // A pool that ends while a statement waits for a connection leaves it waiting.
    await Promise.all(this.running);
    await this.opening?.then((dataSource) => dataSource.destroy()).catch(() => {});
  }

  private async send(sql: string): Promise<void> {
    try {
      const dataSource = await (this.opening ??= this.open());
      await dataSource.query(sql);
    } catch (error) {
      if (!isGone(error)) this.report(error);
    }
  }

  private async open(): Promise<DataSource> {
    const own = { entities: [], subscribers: [], migrations: [], synchronize: false, dropSchema: false };
    const few = { migrationsRun: false, logging: false, cache: false, installExtensions: false, poolSize: 1 };
    try {
      return await new DataSource({ ...this.options, ...own, ...few } as DataSourceOptions).initialize();
    } catch (error) {
      this.opening = undefined;
      throw error;
    }
  }
}

/** MariaDB's "Unknown thread id": it has ended by itself. */
function isGone(error: unknown): boolean {
  return (error as { readonly errno?: unknown } | null)?.errno === 1094;
}
