// Keeps a lost database connection from ending the process: only the query that uses it fails.

import type { DataSource } from 'typeorm';
import { noteConnectionLoss } from './connection-loss.js';
import { aroundConnecting, poolsOf } from './typeorm-pools.js';

const GUARDED = new WeakSet<object>();

/**
 * PostgreSQL's client emits an error twice when its session is ended: with the server's message, and when the
 * connection closes. By then TypeORM has let go of it and nothing listens, which would end the process. Call it once
 * the data source is initialized.
 */
export function surviveConnectionLoss(dataSource: DataSource): void {
  const { driver } = dataSource;
  for (const pool of poolsOf(driver)) {
    if (GUARDED.has(pool)) continue;
    GUARDED.add(pool);
    pool.on('acquire', (client) => {
      if (GUARDED.has(client)) return;
      GUARDED.add(client);
      client.on('error', () => undefined); // the query that uses it fails
    });
  }
  if (GUARDED.has(driver)) return;
  GUARDED.add(driver);
  aroundConnecting(driver, noteConnectionLoss);
}
