// Finds out why the database refused a statement, from the errors of every supported driver.

import type { QueryFailedError } from 'typeorm';

export type Violation = 'unique' | 'foreignKey' | 'required' | 'check' | 'tooLong' | 'invalid' | 'contention';

/** The fault in the database's own names. Only the kind is always known. */
export interface DatabaseFault {
  readonly violation: Violation;
  readonly table?: string;
  readonly columns: readonly string[];
  readonly constraint?: string;
  /** Whether the statement deleted rows, rather than adding or changing them. */
  readonly isDelete: boolean;
}

interface DriverError {
  readonly code?: unknown;
  readonly errno?: unknown;
  readonly message?: unknown;
  /** PostgreSQL's. */
  readonly table?: unknown;
  readonly column?: unknown;
  readonly constraint?: unknown;
  readonly detail?: unknown;
}

const POSTGRES: Readonly<Record<string, Violation>> = {
  '23505': 'unique', '23503': 'foreignKey', '23001': 'foreignKey', '23502': 'required', '23514': 'check', '22001': 'tooLong',
  '22003': 'invalid', '22007': 'invalid', '22008': 'invalid', '22P02': 'invalid', '22P05': 'invalid', '22021': 'invalid',
  '40001': 'contention', '40P01': 'contention', '55P03': 'contention',
}; // prettier-ignore
const MARIADB: Readonly<Record<number, Violation>> = {
  1062: 'unique', 1451: 'foreignKey', 1452: 'foreignKey', 1048: 'required', 1364: 'required', 4025: 'check', 3819: 'check',
  1406: 'tooLong', 1264: 'invalid', 1265: 'invalid', 1292: 'invalid', 1366: 'invalid', 1205: 'contention', 1213: 'contention',
}; // prettier-ignore
const SQLITE: Readonly<Record<string, Violation>> = {
  SQLITE_CONSTRAINT_UNIQUE: 'unique', SQLITE_CONSTRAINT_PRIMARYKEY: 'unique', SQLITE_CONSTRAINT_FOREIGNKEY: 'foreignKey',
  SQLITE_CONSTRAINT_NOTNULL: 'required', SQLITE_CONSTRAINT_CHECK: 'check', SQLITE_BUSY: 'contention',
}; // prettier-ignore
// sql.js has no codes, only SQLite's texts.
const SQLITE_TEXTS: readonly (readonly [RegExp, Violation])[] = [
  [/^UNIQUE constraint failed/, 'unique'],
  [/^FOREIGN KEY constraint failed/, 'foreignKey'],
  [/^NOT NULL constraint failed/, 'required'],
  [/^CHECK constraint failed/, 'check'],
];

/** Undefined if the database did not refuse the statement's values: a syntax error, a lost connection. */
export function faultOf({ driverError, query }: QueryFailedError): DatabaseFault | undefined {
  const error = driverError as DriverError;
  const text = typeof error.message === 'string' ? error.message : '';
  const violation = violationOf(error, text);
  if (!violation) return undefined;
  const isDelete =
    /^\s*DELETE\b/i.test(query) || /is still referenced|a parent row/.test(`${text} ${asText(error.detail)}`);
  return { violation, isDelete, ...violatedBy(error, text, query) };
}

function violationOf({ code, errno }: DriverError, text: string): Violation | undefined {
  const byCode = SQLITE[asText(code)] ?? POSTGRES[asText(code)] ?? MARIADB[Number(errno)];
  return byCode ?? SQLITE_TEXTS.find(([pattern]) => pattern.test(text))?.[1];
}

type Violated = Pick<DatabaseFault, 'table' | 'columns' | 'constraint'>;

function violatedBy(error: DriverError, text: string, query: string): Violated {
  return violatedOnPostgres(error) ?? violatedOnSqlite(text) ?? violatedOnMariaDb(text, tableOf(query));
}

function violatedOnPostgres({ table, column, constraint, detail }: DriverError): Violated | undefined {
  if (typeof table !== 'string') return undefined;
  return {
    table,
    columns: typeof column === 'string' ? [column] : keysOf(asText(detail)),
    ...(typeof constraint === 'string' && { constraint }),
  };
}

/** `Key (title, "projectId")=(a, 1) already exists.` */
function keysOf(detail: string): string[] {
  const list = /^Key \(([^)]+)\)=/.exec(detail)?.[1];
  return list === undefined ? [] : list.split(', ').map((name) => name.replace(/^"(.*)"$/, '$1'));
}

/** `UNIQUE constraint failed: issue.title, issue.projectId`; `CHECK constraint failed: name`. */
function violatedOnSqlite(text: string): Violated | undefined {
  const match = /^(UNIQUE|NOT NULL|CHECK) constraint failed: (.+)$/.exec(text);
  if (!match) return undefined;
  const list = match[2] ?? '';
  if (match[1] === 'CHECK') return { columns: [], constraint: list };
  const index = /^index '(.+)'$/.exec(list)?.[1]; // an index on expressions
  if (index !== undefined) return { columns: [], constraint: index };
  const names = list.split(', ').map((name) => name.split('.'));
  return { table: names[0]?.[0], columns: names.map((name) => name.slice(1).join('.')) };
}

/** `Duplicate entry '1' for key 'name'`; ``CONSTRAINT `name` …``; `Column 'title' cannot be null`. */
function violatedOnMariaDb(text: string, table: string | undefined): Violated {
  const key = /for key '(?:[^']*\.)?([^'.]+)'$/.exec(text)?.[1] ?? /CONSTRAINT `([^`]+)`/.exec(text)?.[1];
  const column = /(?:[Cc]olumn|Field) [`']([^'`]+)[`'] (?:at row|cannot be null|doesn't have)/.exec(text)?.[1];
  return { table, columns: column === undefined ? [] : [column], ...(key !== undefined && { constraint: key }) };
}

function tableOf(query: string): string | undefined {
  return /^\s*(?:INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+[`"]?([^\s`"(]+)/i.exec(query)?.[1];
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
