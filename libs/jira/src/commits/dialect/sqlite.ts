// The dialect of SQLite: one connection in this process, columns that store any value, dates as text in UTC.

import type { ColumnMetadata, DatabaseConnection } from '../typeorm-internals.js';
import {
  comparison,
  type ColumnKind,
  type ColumnType,
  type ConnectionState,
  type DatePart,
  type SqlDialect,
  type TextTest,
  type ConstantColumn,
  unionOfConstants,
} from './dialect.js';
import { SQLITE_GRAMMAR } from './grammar.js';
import { SQLITE_INDEXES } from './sqlite-indexes.js';

const PARTS: Readonly<Record<DatePart, string>> = {
  year: '%Y', month: '%m', day: '%d', week_day: '%w', hour: '%H', minute: '%M', second: '%S',
}; // prettier-ignore

export class SqliteDialect implements SqlDialect {
  readonly grammar = SQLITE_GRAMMAR;
  readonly hasOneConnection = true;
  readonly errorsUndo = false;
  readonly hidesStateAfterErrors = false;
  readonly isLooselyTyped = true;
  readonly hasBooleans = false;
  readonly hasUuids = false;
  readonly roundsFloats = false;
  readonly constantRows = 200;
  readonly returnsRows = 'none';
  readonly triggersMayRewrite = true;
  readonly missesReplacedRows = false;
  readonly locksGaps = false;
  readonly timezone = 'Z';
  readonly hasUtcParts = true;
  readonly sortsNullsLast = false;
  readonly sortsJoins = true;
  readonly sortedKinds = ['text', 'enum', 'uuid', 'integer', 'bigint', 'double'] as const;
  readonly hasIlike = false;
  readonly hasInfinity = false;
  readonly asksForUuids = false;
  readonly indexes = SQLITE_INDEXES;
  readonly isCaptured: boolean;
  readonly hasFunctions: boolean;

  /**
   * @param isInProcess whether the database runs in this process; otherwise, nothing but queries is known of it
   * @param isSynchronous true for better-sqlite3 only
   */
  constructor(
    isInProcess: boolean,
    readonly isSynchronous: boolean,
  ) {
    this.isCaptured = isInProcess;
    this.hasFunctions = isInProcess;
  }

  losesTransaction(): boolean {
    return false;
  }

  stateOf(connection: DatabaseConnection | undefined): ConnectionState | undefined {
    const isOpen = connection?.inTransaction; // undefined in sql.js
    return isOpen === undefined ? undefined : { isInTransaction: isOpen, isOpen, isFailed: false };
  }

  secondDigits(): number {
    return 3;
  }

  triggered(): undefined {
    return undefined;
  }

  lockClause(): string {
    return '';
  }

  readExpression(name: string, { type }: ColumnMetadata): string {
    return type === 'jsonb' ? `json(${name})` : name;
  }

  /** SQLite stores every real number in eight bytes. */
  kindOf(type: string): ColumnKind | undefined {
    return type === 'float' || type === 'real' ? 'double' : undefined;
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  booleanParameter(value: boolean): number {
    return value ? 1 : 0;
  }

  /**
   * Instants are stored as text: TypeORM writes three decimals, `datetime('now')` none. A whole second without decimals
   * sorts before both, so bounds made here hold for either.
   */
  instantParameter(time: number): string {
    return new Date(time)
      .toISOString()
      .replace('T', ' ')
      .replace(/(\.000)?Z$/, '');
  }

  exactText(sql: string, column?: ColumnType): string {
    return column?.column.collation === undefined ? sql : `${sql} COLLATE BINARY`;
  }

  foldedText(sql: string): string {
    return `jira_fold(${sql})`;
  }

  textIn(sql: string, column: ColumnType, parameters: readonly string[]): string {
    return comparison(this.exactText(sql, column), parameters);
  }

  /** LIKE ignores the case of ASCII letters. */
  textTest(
    text: (sql: string) => string,
    sql: string,
    test: TextTest,
    value: string,
    bind: (value: string) => string,
  ): string {
    // prettier-ignore
    const whole = text(sql);
    const sought = text(bind(value));
    if (test === 'contains') return `instr(${whole}, ${sought}) > 0`;
    if (test === 'startswith') return `substr(${whole}, 1, length(${sought})) = ${sought}`;
    // A start before the text's beginning would return a longer piece than requested.
    return `(length(${whole}) >= length(${sought}) AND substr(${whole}, length(${whole}) - length(${sought}) + 1) = ${sought})`;
  }

  /** Its text tests already read the bare column. */
  canNarrowText(): boolean {
    return false;
  }

  /** If SQLite compares several values, or no table's column, it compares numbers with texts as texts. */
  comparable(_column: ColumnType, value: unknown, parameter: string): string {
    return typeof value === 'bigint' ? `CAST(${parameter} AS NUMERIC)` : parameter;
  }

  datePart(sql: string, _column: ColumnType, part: DatePart): string {
    return `(CAST(strftime('${PARTS[part]}', ${sql}) AS INTEGER)${part === 'week_day' ? ' + 1' : ''})`;
  }

  /** It is undefined which branch of a union gives a column its affinity, so each value comes in its column's storage class. */
  typedValue({ kind, type }: ColumnType, value: unknown, parameter: string): string {
    // Text in a column of numbers is kept as text.
    if (typeof value === 'string' && !/^-?\d+$/.test(value)) return parameter;
    if (kind === 'double') return `CAST(${parameter} AS REAL)`;
    const isNumeric =
      kind === 'integer' || kind === 'bigint' || kind === 'boolean' || type === 'decimal' || type === 'numeric';
    return isNumeric ? `CAST(${parameter} AS NUMERIC)` : parameter;
  }

  constants(number: string, columns: readonly ConstantColumn[], bind: (value: unknown) => string): string {
    const typed = (column: ConstantColumn, parameter: string): string => this.typedValue(column, undefined, parameter);
    return unionOfConstants(number, columns, bind, typed, (name) => `"${name}"`);
  }

  readsInexactly(): boolean {
    return false;
  }

  cursorText(sql: string): string {
    return sql;
  }

  fromCursorText(_column: ColumnType, parameter: string): string {
    return parameter;
  }

  digest(query: string, names: readonly string[]): string {
    const texts = names.map((name) => `quote(${name})`);
    return `SELECT group_concat(${texts.join(` || ',' || `)}, ';') AS state FROM (${query} ORDER BY ${names.join(', ')}) d`;
  }
}
