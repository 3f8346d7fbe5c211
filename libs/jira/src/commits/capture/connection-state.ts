// Reads the transaction state that a connection reports.

import type { QueryRunner } from 'typeorm';
import { connectionOf } from '../typeorm-internals.js';
import type { ConnectionState } from '../dialect/dialect.js';
import { dialectOf } from '../dialect/dialects.js';

/** The state after the last answer; `undefined` if the driver cannot tell (MariaDB, sql.js, older versions of pg). */
export function stateOf(runner: QueryRunner): ConnectionState | undefined {
  return dialectOf(runner.dataSource).stateOf(connectionOf(runner));
}

const IN_TRANSACTION = 1;
const AUTOCOMMIT = 2;

/** The state that MariaDB reports with the answer to a statement that is not a select; otherwise `undefined`. */
export function mysqlState(raw: unknown): ConnectionState | undefined {
  const header: unknown = Array.isArray(raw) ? raw.at(-1) : raw;
  const { serverStatus } = (header ?? {}) as { serverStatus?: unknown };
  if (typeof serverStatus !== 'number') return undefined;
  const isInTransaction = (serverStatus & IN_TRANSACTION) !== 0;
  return { isInTransaction, isOpen: isInTransaction || (serverStatus & AUTOCOMMIT) === 0, isFailed: false };
}

const CONTROL = /^(?:BEGIN|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PREPARE TRANSACTION)$/;

/** The commands that PostgreSQL reports as done, one for each part of a statement that affects the transaction. */
export function commandsOf(raw: unknown): string[] {
  const results = (Array.isArray(raw) ? raw : [raw]) as readonly ({ command?: unknown } | null | undefined)[];
  return results.flatMap((result) => {
    const command = result?.command;
    return typeof command === 'string' && CONTROL.test(command) ? [command] : [];
  });
}
