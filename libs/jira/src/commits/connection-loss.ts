// Recognizes errors of a lost database connection, or of one that could not be opened.

import { QueryFailedError } from 'typeorm';

interface DriverError {
  readonly code?: unknown;
  readonly errno?: unknown;
  readonly message?: unknown;
  /** PostgreSQL's. */
  readonly severity?: unknown;
  /** From mysql2: the connection is unusable. */
  readonly fatal?: unknown;
  readonly sqlState?: unknown;
}

/** PostgreSQL: connection exceptions, too many connections, and errors that end the session. */
const POSTGRES = /^(?:08|57P0|25P0[345]|53300$)/;
/** MariaDB: too many connections, shutdown, aborted, killed, idle for too long. */
const MARIADB = new Set([1040, 1053, 1152, 1159, 1160, 1161, 1184, 1203, 1927, 2006, 2013, 4031]);
const NETWORK = new Set([
  'PROTOCOL_CONNECTION_LOST', 'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND',
  'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT',
]); // prettier-ignore
/** Messages of pg and mysql2 that carry no code. */
const TEXT =
  /connection terminated|connection (?:is )?closed|(?:is )?in closed state|not queryable|timeout exceeded when trying to connect|connection timeout|server closed the connection|pool is closed/i;

/** Errors of callers that could not get a connection. */
const NOT_CONNECTED = new WeakSet<object>();

export function noteConnectionLoss(error: unknown): void {
  if (typeof error === 'object' && error !== null) NOT_CONNECTED.add(error);
}

/** Whether a query failed because its connection was lost, or because it got none. */
export function isDatabaseLoss(error: unknown): boolean {
  if (error instanceof QueryFailedError) return isConnectionLoss(error);
  return typeof error === 'object' && error !== null && NOT_CONNECTED.has(error);
}

/** Takes an error of a driver, or TypeORM's error around it. */
export function isConnectionLoss(error: unknown): boolean {
  const cause = (error instanceof QueryFailedError ? error.driverError : error) as DriverError | null | undefined;
  if (typeof cause !== 'object' || cause === null) return false;
  const code = typeof cause.code === 'string' ? cause.code : '';
  if (cause.severity !== undefined)
    return POSTGRES.test(code) || cause.severity === 'FATAL' || cause.severity === 'PANIC';
  if (code.startsWith('SQLITE_')) return false;
  if (NETWORK.has(code) || cause.fatal === true || MARIADB.has(Number(cause.errno))) return true;
  return cause.sqlState === undefined && typeof cause.message === 'string' && TEXT.test(cause.message);
}

/** Whether the database itself refused: the connection was not lost, and nothing gave up waiting. */
export function isRefusal(error: QueryFailedError): boolean {
  const { severity, sqlState, code } = error.driverError as DriverError;
  if (isConnectionLoss(error)) return false;
  // Neither is set for SQLite, which runs in this process.
  return severity !== undefined || sqlState !== undefined || !/timeout/i.test(`${String(code)} ${error.message}`);
}
