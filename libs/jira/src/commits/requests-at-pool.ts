// Makes requests take pool connections in turns. An aborted request gets none, and its running statement is cancelled.

import type { DataSource, DataSourceOptions } from 'typeorm';
import { isObserved, publish } from '../core/diagnostics/diagnostics.js';
import { failureLog } from '../core/errors/failure-log.js';
import { currentRequest, followRequests, type Held, type RunningRequest } from '../core/scope/running-request.js';
import type { StatementControl } from './dialect/dialect.js';
import { isConnectionLoss, noteConnectionLoss } from './connection-loss.js';
import type { PoolTurns } from './pool-turns.js';
import type { SpareConnection } from './spare-connection.js';
import { aroundObtaining, type PooledConnection } from './typeorm-pools.js';

/** Statements may run this much longer than the request, so that the request's own timeout comes first, with its message. */
const LATER_MS = 1_000;
/** How often to cancel again what an aborted request still starts. */
const AGAIN_MS = 200;

const GUARDED = new WeakMap<object, PoolTurns>();

/** Whether the pool would lend the request a connection now, without waiting for its turn. */
export function isNextAtPool(driver: object, request: RunningRequest): boolean {
  return GUARDED.get(driver)?.isNext(request) ?? false;
}

/** Call it once the data source is connected. */
export function requestsAtPool(
  name: string,
  dataSource: DataSource,
  control: StatementControl,
  spare: SpareConnection,
  turns: PoolTurns,
): void {
  const { driver } = dataSource;
  if (GUARDED.has(driver)) return;
  GUARDED.set(driver, turns);
  followRequests();
  const limits = new StatementLimits(dataSource.options, control);
  const queue = new PoolQueue(name);
  aroundObtaining(driver, async (obtain) => {
    const request = currentRequest();
    if (!request) {
      const connection = await obtain();
      // Announcements have the time limit of requests; the application's own work has no limit.
      if (request === undefined) await limits.lift(connection);
      return connection;
    }
    const { aborted } = request;
    if (aborted) throw aborted;
    const give = (): void => turns.give(request);
    const turn = turns.take(request);
    if (turn) await queue.wait(request.waitFor(turn, give));
    try {
      const connection = await queue.wait(request.waitFor(obtain(), (late) => late.release()));
      await limits.set(connection, request.timeoutMs + LATER_MS);
      const late = request.aborted;
      if (late) {
        connection.release();
        throw late;
      }
      return new Lease(connection, request, (id) => spare.run(control.cancelStatement(id)), give).guarded;
    } catch (error) {
      give();
      throw error;
    }
  });
}

/** Counts the requests that wait, whether for their turn or for the pool itself. */
class PoolQueue {
  private waiting = 0;

  constructor(private readonly dataSource: string) {}

  async wait<T>(work: Promise<T>): Promise<T> {
    this.count(1);
    try {
      return await work;
    } finally {
      this.count(-1);
    }
  }

  private count(change: 1 | -1): void {
    this.waiting += change;
    if (isObserved('pool')) publish('pool', { dataSource: this.dataSource, waiting: this.waiting });
  }
}

/** A connection while a request holds it. */
class Lease implements Held {
  private timer?: NodeJS.Timeout | undefined;
  private cancelling?: Promise<void> | undefined;

  constructor(
    private readonly connection: PooledConnection,
    private readonly request: RunningRequest,
    private readonly cancel: (sessionId: number) => Promise<void>,
    private readonly onRelease: () => void,
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
    // Never cancel a COMMIT: its outcome would be unknown.
    if (!this.request.isCommitting)
      this.cancelling = this.cancel(sessionId).finally(() => (this.cancelling = undefined));
    this.timer = setTimeout(() => this.giveUp(), AGAIN_MS).unref();
  }

  private async release(failure?: Error | boolean): Promise<void> {
    this.request.letGo(this);
    clearTimeout(this.timer);
    const { connection, cancelling } = this;
    if (this.timer) {
      // Otherwise the cancel could hit the statement of the next holder.
      await cancelling?.catch(() => {});
      clearTimeout(this.timer);
      if (failure === undefined) await connection.query('SELECT 1').catch(() => {});
    }
    connection.release(failure);
    this.onRelease();
  }
}

/** Sets a session's time limit only if it changes: most requests have the same limit. */
class StatementLimits {
  private readonly known = new WeakMap<object, number>();
  private readonly report = failureLog('Could not limit the run time of statements');
  /** Also set if the application has limits of its own. */
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

  /** For a server that does not know this limit, or forbids it. Cancelling statements still works. */
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
