// Bridges TypeORM 0.3 and 1.x. The library uses the names of 1.x; this file makes 0.3 understand them. No other file
// asks which of the two is installed.

import { EntityManager, EntityMetadata, QueryBuilder, QueryFailedError, type DataSource } from 'typeorm';
import { BetterSqlite3QueryRunner } from 'typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner.js';
import { BaseQueryRunner } from 'typeorm/query-runner/BaseQueryRunner.js';

/** What 0.3 calls `connection`, 1.x calls `dataSource`; it keeps the old name as a getter. */
const HOLDERS = [EntityManager, EntityMetadata, QueryBuilder, BaseQueryRunner].map(({ prototype }) => prototype);
const holders = HOLDERS.filter((prototype) => !Object.hasOwn(prototype, 'connection'));

for (const prototype of holders)
  Object.defineProperty(prototype, 'dataSource', {
    configurable: true,
    get(this: { readonly connection: DataSource }) {
      return this.connection;
    },
    // A version without the old name sets the new one, and must be able to.
    set(this: object, value: DataSource) {
      Object.defineProperty(this, 'dataSource', { value, configurable: true, enumerable: true, writable: true });
    },
  });

interface SqliteRunner {
  readonly broadcaster: { broadcast(event: 'BeforeQuery' | 'AfterQuery', ...told: unknown[]): Promise<void> };
  query: (this: SqliteRunner, sql: string, parameters?: unknown[], isStructured?: boolean) => Promise<unknown>;
}

/**
 * Makes better-sqlite3 in 0.3 wait for subscribers of queries, and notify them of failed queries, as other databases
 * do. Capture reads rows before a COMMIT is sent, so the COMMIT must wait for it.
 */
function waitForSubscribers(prototype: SqliteRunner): void {
  const stock = prototype.query;
  prototype.query = async function (sql, parameters = [], isStructured = false) {
    await this.broadcaster.broadcast('BeforeQuery', sql, parameters);
    let told: unknown[] | undefined;
    const quiet: unknown = Object.create(this.broadcaster, {
      broadcastBeforeQueryEvent: { value: () => undefined },
      broadcastAfterQueryEvent: { value: (_result: unknown, ...event: unknown[]) => (told = event) },
    });
    const runner = Object.create(this, { broadcaster: { value: quiet } }) as SqliteRunner;
    try {
      const result = await stock.call(runner, sql, parameters, isStructured);
      if (told) await this.broadcaster.broadcast('AfterQuery', ...told);
      return result;
    } catch (error) {
      if (error instanceof QueryFailedError && !told)
        await this.broadcaster.broadcast('AfterQuery', sql, parameters, false, undefined, undefined, error.driverError);
      throw error;
    }
  };
}

if (holders.length > 0) waitForSubscribers(BetterSqlite3QueryRunner.prototype);

/** In 0.3, the third argument has values of the driver's own placeholders; 1.x ignores it. */
type Escape = (sql: string, parameters: Record<string, unknown>, native: object) => [string, unknown[]];

/** Replaces `:name` by the driver's own placeholders, and returns their values in order. */
export function escapeParameters(
  { driver }: DataSource,
  sql: string,
  parameters: Record<string, unknown>,
): [string, unknown[]] {
  return (driver as unknown as { readonly escapeQueryWithParameters: Escape }).escapeQueryWithParameters(
    sql,
    parameters,
    {},
  );
}
