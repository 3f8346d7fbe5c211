// Everything that differs between SQLite, PostgreSQL and MySQL/MariaDB. No other code asks which database it is.

import type { ColumnMetadata, DatabaseConnection } from '../typeorm-internals.js';
import type { ColumnKind, ColumnType } from './column-type.js';
import type { Grammar } from './grammar.js';
import type { IndexDialect } from './index-dialect.js';

export type { ColumnKind, ColumnType } from './column-type.js';

/** The transaction state that a connection reports. */
export interface ConnectionState {
  /** Whether there is something that a COMMIT would commit. */
  readonly isInTransaction: boolean;
  /** Whether the next statement would be part of a transaction. */
  readonly isOpen: boolean;
  /** Whether all of it will be undone. */
  readonly isFailed: boolean;
}

/**
 * `write`: nobody else may change or remove the row; `remove`: nor refer to it. `newest`: as committed last, or written by
 * the transaction itself.
 */
export type RowLock = 'none' | 'newest' | 'write' | 'remove';

export type TextTest = 'contains' | 'startswith' | 'endswith';
export type DatePart = 'year' | 'month' | 'day' | 'week_day' | 'hour' | 'minute' | 'second';

/** How transactions begin, end and fail. */
export interface TransactionDialect {
  readonly grammar: Grammar;
  /** All callers share one connection, so one transaction at a time is open, and rows need no locks. */
  readonly hasOneConnection: boolean;
  /** A statement that fails undoes its transaction. */
  readonly errorsUndo: boolean;
  /** Neither an error nor the connection says whether the transaction is over: it has to be asked. */
  readonly hidesStateAfterErrors: boolean;
  /** Whether the driver's error means that the whole transaction was rolled back, and the next statement runs outside it. */
  losesTransaction(error: unknown): boolean;
  /** The state after the last answer; `undefined` where the driver cannot tell. */
  stateOf(connection: DatabaseConnection | undefined): ConnectionState | undefined;
}

/** How rows are read and stored. */
export interface RowDialect {
  /** A column stores any value it is given, whatever its type; dates are text. */
  readonly isLooselyTyped: boolean;
  readonly hasBooleans: boolean;
  readonly hasUuids: boolean;
  /** A FLOAT is shown with fewer digits than it is compared with. */
  readonly roundsFloats: boolean;
  /** A read that waited for a row to be deleted does not see one that was inserted under its key meanwhile. */
  readonly missesReplacedRows: boolean;
  /** Locking a row that does not exist locks the gap where it belongs. */
  readonly locksGaps: boolean;
  /** What the driver writes dates in: `local` = this process's zone, else `Z` or an offset. */
  readonly timezone: string;
  /** Digits of the fraction of a second that a column of dates keeps. */
  secondDigits(precision: number | null | undefined): number;
  /** Which writes can return the rows as they left them. */
  readonly returnsRows: 'all' | 'insert' | 'none';
  /** A trigger may change rows of its own table after they were returned. */
  readonly triggersMayRewrite: boolean;
  /** Whether a row that is returned by a write of this table lies in a table with triggers; `undefined` where none asks. */
  triggered(table: string): string | undefined;
  /** Ends a SELECT. */
  lockClause(lock: RowLock): string;
  /** The column's value in the form its entity reads. */
  readExpression(name: string, column: ColumnMetadata, isSpatial: boolean): string;
}

/** A column of constants, all of the type of a table's column. */
export interface ConstantColumn extends ColumnType {
  /** As it is called, and its number the rows; escaped. */
  readonly name: string;
  /** The table, escaped. */
  readonly table: string;
  readonly values: readonly unknown[];
}

/** The planner's guess of how many rows a query gives, by statistics of its tables. */
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
  /** Rows without a value come last ascending and first descending, without being told so. */
  readonly sortsNullsLast: boolean;
  /** An order by columns of a joined row is cheaper than by a subquery: the rows are not copied to be sorted. */
  readonly sortsJoins: boolean;
  readonly hasIlike: boolean;
  /** The kind of a type that compares otherwise here than elsewhere. */
  kindOf(type: string): ColumnKind | undefined;
  /** Call it once, when the data source is connected. */
  prepare(query: (sql: string) => Promise<readonly unknown[]>): Promise<void>;

  booleanParameter(value: boolean): unknown;
  instantParameter(time: number): unknown;
  /** Text that compares and sorts by code point. @param column absent = a parameter */
  exactText(sql: string, column?: ColumnType): string;
  /** Text without case, as `fold` folds it. */
  foldedText(sql: string): string;
  /**
   * "Is one of these texts" by code point, in a form that can use an index of the column.
   *
   * @param isIndexed whether it may have one: not as part of an image
   */
  textIn(sql: string, column: ColumnType, parameters: readonly string[], isIndexed: boolean): string;
  /** Whether a text, exact or folded, begins with, ends in or contains the value. @param bind gives a value its parameter */
  textTest(text: (sql: string) => string, sql: string, test: TextTest, value: string, bind: (value: string) => string): string; // prettier-ignore
  /** Whether `textTest` on the bare column, in its own collation, finds every row that it finds by code point. */
  canNarrowText(column: ColumnType): boolean;
  /**
   * A test of the bare column that an index of trigrams can serve, and which finds every row whose text, without case,
   * passes; undefined where none is sure to.
   */
  narrowFolded?(
    sql: string,
    column: ColumnType,
    test: TextTest | 'exact',
    value: string,
    bind: (value: string) => string,
  ): string | undefined;
  /** A bound value in a form that is compared exactly with the column's. */
  comparable(column: ColumnType, value: unknown, parameter: string): string;
  /** A part of a date in UTC; `week_day` counts from Sunday = 1. */
  datePart(sql: string, column: ColumnType, part: DatePart): string;
  /** A parameter in the type of the column, where no table gives it one. */
  typedValue(column: ColumnType, value: unknown, parameter: string): string;

  /** How many rows of constants one query takes. */
  readonly constantRows: number;
  /** A query whose rows are these constants, with their position as `number`. @param columns all of one length, one at least */
  constants(number: string, columns: readonly ConstantColumn[], bind: (value: unknown) => string): string;

  /** How the database tells its guess of a query's rows; absent where it has none. */
  readonly estimates?: RowEstimates | undefined;

  /** Kinds whose values the driver reads exactly, and which the database orders by nothing else. */
  readonly sortedKinds: readonly ColumnKind[];
  /** Bytes of a text by which it sorts rows; what follows may count for nothing. @default all of them */
  readonly sortedBytes?: number;
  /** Whether the driver reads values of the kind less exactly than the database has them, or JSON cannot hold them. */
  readsInexactly(kind: ColumnKind): boolean;
  /** What a cursor keeps of a value that is read inexactly. */
  cursorText(sql: string): string;
  /** The same value again, from its text. */
  fromCursorText(column: ColumnType, parameter: string): string;
  /** One row with one column, `state`: a digest of the columns `names` of a query, whatever the order and number of its rows. */
  digest(query: string, names: readonly string[]): string;
}

/** How several statements of one text, each with values of its own, are sent as one. */
export interface StatementsTogether {
  /** A row for each parameter of a statement that the session has under this name: its type. */
  typesOf(name: string): string;
  /**
   * Takes an array for each parameter. Its rows are those of each statement, with one more column at the end: the number of
   * the statement, from 1.
   */
  write(text: string, types: readonly string[]): string;
  /** Whether the error says that the text or its types cannot be used so. */
  isUnsuitable(error: unknown): boolean;
}

/** How statements are limited and cancelled. */
export interface StatementControl {
  /** Limits each statement of the session; without a time as the server, or the application, has it. */
  limitStatements(ms?: number): string;
  /** Cancels what the session runs, from another session. */
  cancelStatement(sessionId: number): string;
  /** Whether the session lacks a statement that was given a name, or can no longer run it: then it was not run. */
  losesNames(error: unknown): boolean;
  /** Absent where the database cannot. */
  readonly together?: StatementsTogether;
  /**
   * Takes locks that last as long as the session, without waiting for those that others have. Answers a row for each: `n`,
   * the index of its name; `holder`, the session that has it now, if any; and `own`, this session.
   *
   * @param names 16 hexadecimal digits each; in another database the same name is another lock
   */
  takeLocks(names: readonly string[]): string;
}

/** What differs between the databases, for one data source: see `dialectOf`. */
export interface SqlDialect extends TransactionDialect, RowDialect, QueryDialect {
  /** How statements are limited and cancelled; absent where all callers share one connection, or nobody knows. */
  readonly statements?: StatementControl | undefined;
  readonly indexes: IndexDialect;
  /** False for a driver whose changes cannot be captured. */
  readonly isCaptured: boolean;
  /** Statements may be prepared and run within one turn of the event loop. */
  readonly isSynchronous: boolean;
  /** TypeORM asks the version of the database whether it has a type for UUIDs. */
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

/** The columns themselves with no row, then the constants: the union gives them the types and collations of the columns. */
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
