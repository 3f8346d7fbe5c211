// The dialect of MySQL and MariaDB: statements that commit implicitly, locks on gaps, collations that ignore case.

import type { DataSource } from 'typeorm';
import { hasUuidType, type ColumnMetadata } from '../typeorm-internals.js';
import {
  comparison,
  likeTest,
  type ColumnKind,
  type ColumnType,
  type DatePart,
  type RowEstimates,
  type RowLock,
  type SqlDialect,
  type StatementControl,
  type ConstantColumn,
  unionOfConstants,
} from './dialect.js';
import { MYSQL_GRAMMAR } from './grammar.js';
import { MYSQL_INDEXES } from './mysql-indexes.js';

/** The codes of a deadlock, and of MariaDB's snapshot that is too old. */
const ROLLED_BACK: readonly unknown[] = [1213, 1020];

const PARTS: Readonly<Record<DatePart, string>> = {
  year: 'YEAR', month: 'MONTH', day: 'DAYOFMONTH', week_day: 'DAYOFWEEK', hour: 'HOUR', minute: 'MINUTE', second: 'SECOND',
}; // prettier-ignore

export class MysqlDialect implements SqlDialect {
  readonly grammar = MYSQL_GRAMMAR;
  readonly hasOneConnection = false;
  readonly errorsUndo = false;
  readonly hidesStateAfterErrors = true;
  readonly isLooselyTyped = false;
  readonly hasBooleans = false;
  readonly roundsFloats = true;
  readonly constantRows = 200;
  readonly returnsRows = 'insert';
  readonly triggersMayRewrite = false;
  readonly missesReplacedRows = false;
  readonly locksGaps = true;
  readonly hasFunctions = false;
  readonly sortsNullsLast = false;
  readonly sortsJoins = false;
  /** MariaDB sorts UUIDs by their timestamp, and a boolean column may hold any small number. */
  readonly sortedKinds: readonly ColumnKind[];
  /** The server sorts by `max_sort_length` bytes, 1,024 by default, a few of which may hold the length. */
  readonly sortedBytes = 1_000;
  readonly hasIlike = false;
  readonly hasInfinity = false;
  readonly isSynchronous = false;
  readonly asksForUuids = true;
  readonly textTest = likeTest;
  readonly indexes = MYSQL_INDEXES;
  readonly estimates: RowEstimates = { ask: (sql) => `EXPLAIN EXTENDED ${sql}`, read: planRows };
  readonly statements: StatementControl = {
    limitStatements: (ms) => this.limit(ms),
    cancelStatement: (sessionId) => `KILL QUERY ${sessionId}`,
    takeLocks,
    losesNames: () => false,
  };

  constructor(
    private readonly driver: DataSource['driver'],
    readonly isCaptured: boolean,
  ) {
    const { supportBigNumbers = true } = driver.options as { readonly supportBigNumbers?: boolean };
    const kinds = ['text', 'enum', 'integer', 'double'] as const;
    this.sortedKinds = supportBigNumbers && isCaptured ? [...kinds, 'bigint'] : kinds;
  }

  get hasUuids(): boolean {
    return hasUuidType(this.driver) === true;
  }

  get timezone(): string {
    const { timezone } = this.driver.options as { readonly timezone?: string };
    return timezone ?? 'local';
  }

  /** The server cannot convert local time back to UTC. */
  get hasUtcParts(): boolean {
    if (this.timezone !== 'local') return this.timezone === 'Z' || this.timezone === '+00:00';
    return Intl.DateTimeFormat().resolvedOptions().timeZone === 'UTC';
  }

  losesTransaction(error: unknown): boolean {
    return ROLLED_BACK.includes((error as { readonly errno?: unknown } | null | undefined)?.errno);
  }

  stateOf(): undefined {
    return undefined; // it comes with each answer
  }

  secondDigits(precision: number | null | undefined): number {
    return precision ?? 0;
  }

  /** Undefined: a plain read shows the snapshot from the beginning of the transaction. */
  triggered(): undefined {
    return undefined;
  }

  lockClause(lock: RowLock): string {
    return lock === 'none' ? '' : ' FOR UPDATE';
  }

  readExpression(name: string, _column: ColumnMetadata, isSpatial: boolean): string {
    return isSpatial ? `ST_AsText(${name})` : name;
  }

  kindOf(): undefined {
    return undefined;
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  booleanParameter(value: boolean): number {
    return value ? 1 : 0;
  }

  instantParameter(time: number): Date {
    return new Date(time);
  }

  exactText(sql: string): string {
    return `CAST(CONVERT(${sql} USING utf8mb4) AS BINARY)`;
  }

  /** LOWER() turns the dotted I into one letter, Unicode into two. */
  foldedText(sql: string): string {
    return `CAST(REPLACE(LOWER(REPLACE(CONVERT(${sql} USING utf8mb4) COLLATE ${this.foldingCollation()}, 'İ', 'i\u0307')), 'ς', 'σ') AS BINARY)`;
  }

  /** The column's own collation finds the candidates, by an index if there is one; a comparison of bytes decides. */
  textIn(sql: string, _column: ColumnType, parameters: readonly string[], isIndexed: boolean): string {
    const bytes = parameters.map((parameter) => this.exactText(parameter));
    const exact = comparison(this.exactText(sql), bytes);
    return isIndexed ? `(${comparison(sql, parameters)} AND ${exact})` : exact;
  }

  /** LIKE compares letter by letter: equal bytes are equal in every collation. */
  canNarrowText({ kind }: ColumnType): boolean {
    return kind === 'text';
  }

  /** If MySQL compares several values, or no table's column, it compares numbers with texts as floats. */
  comparable({ column, type }: ColumnType, value: unknown, parameter: string): string {
    if (typeof value === 'bigint') return `CAST(${parameter} AS ${integerType(value)})`;
    return type === 'decimal' ? `CAST(${parameter} AS DECIMAL(65, ${Math.max(30, column.scale ?? 0)}))` : parameter;
  }

  datePart(sql: string, _column: ColumnType, part: DatePart): string {
    return `${PARTS[part]}(${sql})`;
  }

  /** A union of dates or numbers with text literals would become text. */
  typedValue({ column, kind, type }: ColumnType, _value: unknown, parameter: string): string {
    if (kind === 'instant') return `CAST(${parameter} AS DATETIME(6))`;
    if (type === 'date') return `CAST(${parameter} AS DATE)`;
    if (type === 'time') return `CAST(${parameter} AS TIME(6))`;
    if (kind === 'bigint') return `CAST(${parameter} AS ${column.unsigned ? 'UNSIGNED' : 'SIGNED'})`;
    if (type === 'float') return `CAST(${parameter} AS DOUBLE)`;
    if (type === 'decimal') return `CAST(${parameter} AS DECIMAL(${column.precision ?? 10}, ${column.scale ?? 0}))`;
    return type === 'uuid' ? `CAST(${parameter} AS UUID)` : parameter;
  }

  constants(number: string, columns: readonly ConstantColumn[], bind: (value: unknown) => string): string {
    const typed = (column: ConstantColumn, parameter: string): string => this.typedValue(column, undefined, parameter);
    return unionOfConstants(number, columns, bind, typed, (name) => `\`${name}\``);
  }

  readsInexactly(kind: ColumnKind): boolean {
    return kind === 'instant' || kind === 'day' || kind === 'bigint' || kind === 'uuid';
  }

  cursorText(sql: string): string {
    return `CAST(${sql} AS CHAR)`;
  }

  fromCursorText({ kind }: ColumnType, parameter: string): string {
    return kind === 'instant' ? `CAST(${parameter} AS DATETIME(6))` : parameter;
  }

  digest(query: string, names: readonly string[]): string {
    const texts = names.map((name) => `HEX(${name})`);
    return `SELECT CONCAT(COUNT(*), ' ', BIT_XOR(CAST(CONV(LEFT(MD5(CONCAT_WS(',', ${texts.join(', ')})), 16), 16, 10) AS UNSIGNED))) AS state FROM (${query}) d`;
  }

  /**
   * On MariaDB, seconds for any statement; on MySQL, milliseconds for a SELECT. MySQL's version numbers end before
   * MariaDB's begin.
   */
  private limit(ms: number | undefined): string {
    const isMariaDb = Number.parseInt(this.driver.version ?? '', 10) >= 10;
    if (!isMariaDb) return `SET SESSION max_execution_time = ${ms ?? 'DEFAULT'}`;
    return `SET SESSION max_statement_time = ${ms === undefined ? 'DEFAULT' : ms / 1_000}`;
  }

  /** The collation whose LOWER() covers most of Unicode. */
  private foldingCollation(): string {
    const [major = 0, minor = 0] = (this.driver.version ?? '').split('.').map(Number);
    // MySQL's version numbers end before MariaDB's begin.
    if (major > 10 || (major === 10 && minor >= 10)) return 'utf8mb4_uca1400_ai_ci';
    return major === 8 || major === 9 ? 'utf8mb4_0900_ai_ci' : 'utf8mb4_unicode_520_ci';
  }
}

interface PlanStep {
  readonly select_type: string;
  readonly rows: number | string | null;
  readonly filtered?: number | string | null;
}

/**
 * The number of rows that the steps of the outer query read, one for each row of those before, limited to what the
 * largest step reads.
 */
function planRows(answer: readonly unknown[]): number | undefined {
  const steps = (answer as readonly PlanStep[]).filter(
    ({ select_type: type, rows }) => ['SIMPLE', 'PRIMARY'].includes(type) && rows !== null,
  );
  if (steps.length === 0) return undefined;
  const product = steps.reduce((rows, step) => (rows * Number(step.rows) * Number(step.filtered ?? 100)) / 100, 1);
  return Math.min(product, Math.max(...steps.map(({ rows }) => Number(rows))));
}

function integerType(value: bigint): string {
  if (value >= 0n && value < 1n << 64n) return 'UNSIGNED';
  return value < 0n && value >= -(1n << 63n) ? 'SIGNED' : 'DECIMAL(65, 0)';
}

/** Names of locks are shared by the whole server. */
function takeLocks(names: readonly string[]): string {
  const lock = `CONCAT('nestjs-jira:', LEFT(MD5(DATABASE()), 16), ':', name)`;
  const rows = names.map((name, n) => `SELECT ${n} AS n, '${name}' AS name`);
  return `SELECT n, CONNECTION_ID() AS own, IF(GET_LOCK(${lock}, 0) = 1, CONNECTION_ID(), IS_USED_LOCK(${lock})) AS holder FROM (${rows.join(' UNION ALL ')}) locks`;
}
