// SQL functions that this process adds to SQLite: case folding beyond ASCII, and patterns.

import type { DataSource } from 'typeorm';
import { sqliteConnection } from '../../commits/typeorm-internals.js';
import { matchesPattern } from '../../policy/filtering/pattern.js';
import { fold } from './fold.js';

/** `jira_matches(pattern, isFolded, text)` → 1 or 0; NULL if the text is NULL. */
export const PATTERN_FUNCTION = 'jira_matches';

type SqlFunction = (...values: unknown[]) => unknown;

interface SqliteConnection {
  function?(name: string, options: { deterministic: boolean }, implementation: SqlFunction): unknown;
  create_function?(name: string, implementation: SqlFunction): unknown;
}

const FUNCTIONS: Readonly<Record<string, SqlFunction>> = {
  jira_fold: (value: unknown) => (typeof value === 'string' ? fold(value) : value),
  [PATTERN_FUNCTION]: (pattern: unknown, isFolded: unknown, text: unknown) => {
    if (text === null) return null;
    return typeof text === 'string' && matchesPattern(String(pattern), isFolded === 1, text) ? 1 : 0;
  },
};

const registered = new WeakSet<object>();

/** Registers the functions with an SQLite connection, once. Does nothing for other databases. */
export function registerFunctions({ driver }: DataSource): void {
  const connection: SqliteConnection | undefined = sqliteConnection(driver);
  if (connection === undefined || registered.has(connection)) return;
  registered.add(connection);
  for (const [name, implementation] of Object.entries(FUNCTIONS)) register(connection, name, implementation);
}

/** The driver reads the number of arguments from the function itself. */
function register(connection: SqliteConnection, name: string, implementation: SqlFunction): void {
  // better-sqlite3, or sql.js.
  if (connection.function) connection.function(name, { deterministic: true }, implementation);
  else connection.create_function?.(name, implementation);
}
