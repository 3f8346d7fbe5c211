// The SQL dialect: everything that differs between SQLite, PostgreSQL and MySQL/MariaDB. No other code asks which
// database it is.

import type { ColumnMetadata, DatabaseConnection } from '../typeorm-internals.js';
import type { ColumnKind, ColumnType } from './column-type.js';
import type { Grammar } from './grammar.js';
import type { IndexDialect } from './index-dialect.js';

export type { ColumnKind, ColumnType } from './column-type.js';

/** The transaction state that a connection reports. */
export interface ConnectionState {
  /** Whether a COMMIT would commit something. */
  readonly isInTransaction: boolean;
  /** Whether the next statement would be part of a transaction. */
  readonly isOpen: boolean;
  /** Whether the transaction has failed and will be rolled back. */
  readonly isFailed: boolean;
}

/**
 * `write`: no one else may change or delete the row. `remove`: nor refer to it. `newest`: read the row as last
 * committed, or as written by this transaction.
 */
export type RowLock = 'none' | 'newest' | 'write' | 'remove';

export type TextTest = 'contains' | 'startswith' | 'endswith';
export type DatePart = 'year' | 'month' | 'day' | 'week_day' | 'hour' | 'minute' | 'second';

/** How transactions begin, end and fail. */
export interface TransactionDialect {
  readonly grammar: Grammar;
  /** Whether all callers share one connection. Then one transaction at a time is open, and rows need no locks. */
  readonly hasOneConnection: boolean;
  /** Whether a failed statement undoes its transaction. */
  readonly errorsUndo: boolean;
  /** Whether neither an error nor the connection tells if the transaction is over, so that the database must be asked. */
  readonly hidesStateAfterErrors: boolean;
  /** Whether the driver's error means that the whole transaction was rolled back, and the next statement runs outside it. */
  losesTransaction(error: unknown): boolean;
  /** The state after the last answer; `undefined` if the driver cannot tell. */
  stateOf(connection: DatabaseConnection | undefined): ConnectionState | undefined;
}

/** How rows are read and stored. */
export interface RowDialect {
  /** Whether a column stores any value, whatever its type, and dates as text. */
  readonly isLooselyTyped: boolean;
  readonly hasBooleans: boolean;
  readonly hasUuids: boolean;
  /** Whether a FLOAT is read with fewer digits than it is compared with. */
  readonly roundsFloats: boolean;
  /** Whether a read that waited for a row to be deleted misses a row that was inserted under its key meanwhile. */
  readonly missesReplacedRows: boolean;
  /** Whether locking a missing row locks the gap where it would be. */
  readonly locksGaps: boolean;
  /** The time zone in which the driver writes dates: `local` for this process's zone, otherwise `Z` or an offset. */
  readonly timezone: string;
  /** Digits of a second's fraction that a column of dates keeps. */
  secondDigits(precision: number | null | undefined): number;
  /** Which writes can return the rows as they left them. */
  readonly returnsRows: 'all' | 'insert' | 'none';
  /** Whether a trigger may change rows of its own table after they were returned. */
  readonly triggersMayRewrite: boolean;
  /**
   * SQL that tells whether a returned row is in a table with triggers; `undefined` if that cannot be asked.
   *
   * @param table escaped
   */
  triggered(table: string): string | undefined;
  /** The clause that ends a locking SELECT. */
  lockClause(lock: RowLock): string;
  /** SQL of the column's value, in the form that its entity reads. */
  readExpression(name: string, column: ColumnMetadata, isSpatial: boolean): string;
}

/** A column of constants, all of the type of a table's column. */
export interface ConstantColumn extends ColumnType {
  /** The column's name, escaped. */
  readonly name: string;
  /** The table, escaped. */
  readonly table: string;
  readonly values: readonly unknown[];
}

/** How to ask the planner for an estimate of a query's number of rows. */
export interface RowEstimates {
  ask(sql: string): string;
  read(answer: readonly unknown[]): number | undefined;
}

/** How conditions, orders and pages are written. */
export interface QueryDialect {
  /** Whether queries may call functions of this process. */
  readonly hasFunctions: boolean;
  /** Whether the parts of a stored date can be read in UTC. */
  readonly hasUtcParts: boolean;
  /** Whether rows without a value come last ascending and first descending by default. */
  readonly sortsNullsLast: boolean;
  /** Whether sorting by columns of a joined row is cheaper than by a subquery: the rows need not be copied to be sorted. */
  readonly sortsJoins: boolean;
  readonly hasIlike: boolean;
  /** Whether parameters may be `Infinity` and `NaN`. */
  readonly hasInfinity: boolean;
  /** The kind of a type that compares differently on this database. */
  kindOf(type: string): ColumnKind | undefined;
  /** Prepares what the dialect must know of the database. Call it once, when the data source is connected. */
  prepare(query: (sql: string) => Promise<readonly unknown[]>): Promise<void>;

  booleanParameter(value: boolean): unknown;
  instantParameter(time: number): unknown;
  /** SQL of a text that compares and sorts by code point. @param column absent for a parameter */
  exactText(sql: string, column?: ColumnType): string;
  /** SQL of a text in lower case, as `fold` returns it. */
  foldedText(sql: string): string;
  /**
   * The condition "is one of these texts" by code point, in a form that can use an index of the column.
   *
   * @param isIndexed whether the column may have an index; false for a part of an image
   */
  textIn(sql: string, column: ColumnType, parameters: readonly string[], isIndexed: boolean): string;
  /** The condition that a text, exact or folded, begins with, ends with or contains the value. @param bind adds a parameter */
  textTest(text: (sql: string) => string, sql: string, test: TextTest, value: string, bind: (value: string) => string): string; // prettier-ignore
  /** Whether `textTest` on the bare column, by its own collation, finds every row that it would find by code point. */
  canNarrowText(column: ColumnType): boolean;
  /**
   * A condition on the bare column that a trigram index can serve, and which every row satisfies whose folded text
   * passes the test; undefined if there is no certain one.
   */
  narrowFolded?(
    sql: string,
    column: ColumnType,
    test: TextTest | 'exact',
    value: string,
    bind: (value: string) => string,
  ): string | undefined;
  /** A bound value in a form that compares exactly with the column's. */
  comparable(column: ColumnType, value: unknown, parameter: string): string;
  /** A part of a date in UTC; `week_day` counts from Sunday = 1. */
  datePart(sql: string, column: ColumnType, part: DatePart): string;
  /** A parameter with the type of the column, for SQL in which no table gives it one. */
  typedValue(column: ColumnType, value: unknown, parameter: string): string;

  /** Maximum number of rows of constants per query. */
  readonly constantRows: number;
  /**
   * A query that returns these constants as rows, with their position as `number`.
   *
   * @param columns of equal length, at least one
   */
  constants(number: string, columns: readonly ConstantColumn[], bind: (value: unknown) => string): string;

  /** How to ask for estimates; absent if the database has none. */
  readonly estimates?: RowEstimates | undefined;

  /** Kinds whose values the driver reads exactly and by which alone the database sorts. */
  readonly sortedKinds: readonly ColumnKind[];
  /** Number of bytes of a text by which rows are sorted; a database that has it has LEFT(). @default all of them */
  readonly sortedBytes?: number;
  /** Whether the driver reads values of the kind less exactly than they are stored, or JSON cannot hold them. */
  readsInexactly(kind: ColumnKind): boolean;
  /** SQL of the text that a cursor keeps for a value that is read inexactly. */
  cursorText(sql: string): string;
  /** SQL of the value, from that text. */
  fromCursorText(column: ColumnType, parameter: string): string;
  /**
   * A query for one row with one column, `state`: a digest of the columns `names` of a query, whatever the order and
   * number of its rows.
   */
  digest(query: string, names: readonly string[]): string;
}

/** How to send several executions of one statement, with different values, as one statement. */
export interface StatementsTogether {
  /** A query with one row per parameter of a statement that the session has under this name: its type. */
  typesOf(name: string): string;
  /**
   * A statement that takes an array per parameter. It returns the rows of each execution, with one more column at the
   * end: the number of the execution, from 1.
   */
  write(text: string, types: readonly string[]): string;
  /** Whether the error means that the text or its types cannot be used this way. */
  isUnsuitable(error: unknown): boolean;
}

/** How to limit and cancel statements. */
export interface StatementControl {
  /** Limits the time of each statement of the session. Without `ms`, restores the limit of the server or the application. */
  limitStatements(ms?: number): string;
  /** Cancels the session's running statement, from another session. */
  cancelStatement(sessionId: number): string;
  /** Whether the error means that the session lacks a named statement, or can no longer run it. It was then not run. */
  losesNames(error: unknown): boolean;
  /** Absent if the database cannot do it. */
  readonly together?: StatementsTogether;
  /**
   * Takes locks that last as long as the session, without waiting for locks of other sessions. Returns one row per
   * lock: `n`, the index of its name; `holder`, the session that holds it now, if any; and `own`, this session.
   *
   * @param names 16 hexadecimal digits each; in another database, the same name is another lock
   */
  takeLocks(names: readonly string[]): string;
}

/** Everything that differs between the databases, for one data source: see `dialectOf`. */
export interface SqlDialect extends TransactionDialect, RowDialect, QueryDialect {
  /** How to limit and cancel statements; absent if all callers share one connection, or if it is unknown. */
  readonly statements?: StatementControl | undefined;
  readonly indexes: IndexDialect;
  /** False for a driver whose changes cannot be captured. */
  readonly isCaptured: boolean;
  /** Whether statements can be prepared and run within one turn of the event loop. */
  readonly isSynchronous: boolean;
  /** Whether TypeORM asks the database's version to find out if it has a type for UUIDs. */
  readonly asksForUuids: boolean;
}

/** `a = :p`, or `a IN (:p, :q)`. */
export function comparison(sql: string, parameters: readonly string[]): string {
  return parameters.length === 1 ? `${sql} = ${parameters[0]}` : `${sql} IN (${parameters.join(', ')})`;
}

/** LIKE with every special character of the value escaped. */
export function likeTest(
  text: (sql: string) => string,
  sql: string,
  test: TextTest,
  value: string,
  bind: (value: string) => string,
): string {
  const literal = value.replace(/[!%_]/g, '!$&');
  const pattern = `${test === 'startswith' ? '' : '%'}${literal}${test === 'endswith' ? '' : '%'}`;
  return `${text(sql)} LIKE ${text(bind(pattern))} ESCAPE '!'`;
}

/** A union of an empty select of the columns, which gives their types and collations, and of the constants. */
export function unionOfConstants(
  number: string,
  columns: readonly ConstantColumn[],
  bind: (value: unknown) => string,
  typed: (column: ConstantColumn, parameter: string) => string,
  escape: (name: string) => string,
): string {
  const alias = (index: number): string => escape(`jira_t${index}`);
  const heads = columns.map(({ name, column }, i) => `${alias(i)}.${escape(column.databaseName)} AS ${name}`);
  const from = columns.map(({ table }, i) => `${table} ${alias(i)}`).join(', ');
  const rows = columns[0].values.map(
    (_, row) => `SELECT ${[String(row), ...columns.map((one) => typed(one, bind(one.values[row])))].join(', ')}`,
  );
  return [`SELECT 0 AS ${number}, ${heads.join(', ')} FROM ${from} WHERE 1 = 0`, ...rows].join(' UNION ALL ');
}
