// The one rule by which text lookups ignore case, and its registration where a database has no such rule of its own.

import type { DataSource } from 'typeorm';

/**
 * Unicode lower case of the root locale, with the two small sigmas made one (lower case alone picks one by position, so
 * that a part of a word would not match the word).
 */
export function fold(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ');
}

const registered = new WeakSet<object>();

/** Makes `jira_fold()` known to an SQLite connection; SQLite's own `lower()` knows ASCII only. */
export function registerFold(dataSource: DataSource): void {
  const connection = sqliteConnection(dataSource);
  if (connection === undefined || registered.has(connection)) return;
  registered.add(connection);
  // better-sqlite3, or sql.js.
  if (connection.function) connection.function('jira_fold', { deterministic: true }, foldValue);
  else connection.create_function?.('jira_fold', foldValue);
}

function foldValue(value: unknown): unknown {
  return typeof value === 'string' ? fold(value) : value;
}

interface SqliteConnection {
  function?(name: string, options: { deterministic: boolean }, implementation: (value: unknown) => unknown): unknown;
  create_function?(name: string, implementation: (value: unknown) => unknown): unknown;
}

function sqliteConnection(dataSource: DataSource): SqliteConnection | undefined {
  return (dataSource.driver as { databaseConnection?: SqliteConnection }).databaseConnection;
}
