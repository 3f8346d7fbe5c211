// The dialect of PostgreSQL: strict types, locks on rows, transactions that a failed statement undoes.

import type { ColumnMetadata, DatabaseConnection } from '../typeorm-internals.js';
import {
  comparison,
  likeTest,
  type ColumnKind,
  type ColumnType,
  type ConnectionState,
  type ConstantColumn,
  type DatePart,
  type RowEstimates,
  type RowLock,
  type SqlDialect,
  type StatementControl,
  type TextTest,
} from './dialect.js';
import { FoldedPatterns, oddLettersSql } from './folded-pattern.js';
import { POSTGRES_GRAMMAR } from './grammar.js';
import { postgresIndexes } from './postgres-indexes.js';
import { POSTGRES_TOGETHER } from './postgres-together.js';

/** The first of the two numbers that name an advisory lock: any number that applications do not use. */
const LOCK_SPACE = 1_246_710_369;

/** The codes of named statements that are missing, exist already, or are outdated because a table was altered. */
const LOST_NAMES = new Set(['26000', '42P05', '0A000']);

export class PostgresDialect implements SqlDialect {
  readonly grammar = POSTGRES_GRAMMAR;
  readonly hasOneConnection = false;
  readonly errorsUndo = true;
  readonly hidesStateAfterErrors = false;
  readonly isLooselyTyped = false;
  readonly hasBooleans = true;
  readonly hasUuids = true;
  readonly roundsFloats = false;
  readonly missesReplacedRows = true;
  readonly constantRows = 5_000;
  readonly returnsRows = 'all';
  readonly triggersMayRewrite = true;
  readonly locksGaps = false;
  readonly timezone = 'local';
  readonly hasFunctions = false;
  readonly hasUtcParts = true;
  readonly sortsNullsLast = true;
  readonly sortsJoins = true;
  readonly sortedKinds: readonly ColumnKind[];
  readonly hasIlike = true;
  readonly hasInfinity = true;
  readonly isSynchronous = false;
  readonly asksForUuids = false;
  readonly textTest = likeTest;
  readonly estimates: RowEstimates = { ask: (sql) => `EXPLAIN (FORMAT JSON) ${sql}`, read: planRows };
  readonly indexes = postgresIndexes((column) => this.canNarrowText(column));
  private hasIcu = true;
  /** Undefined until the database was asked. */
  private patterns?: FoldedPatterns;

  readonly statements: StatementControl = {
    limitStatements: (ms) => `SET statement_timeout = ${ms ?? 'DEFAULT'}`,
    cancelStatement: (sessionId) => `SELECT pg_cancel_backend(${sessionId})`,
    takeLocks,
    together: POSTGRES_TOGETHER,
    losesNames: (error) => LOST_NAMES.has(String((error as { readonly code?: unknown }).code)),
  };

  constructor(readonly isCaptured: boolean) {
    const kinds = ['text', 'enum', 'integer'] as const;
    // Values that come as JSON over HTTP may be inexact.
    this.sortedKinds = isCaptured ? [...kinds, 'bigint', 'uuid', 'boolean'] : kinds;
  }

  losesTransaction(): boolean {
    return false;
  }

  stateOf(connection: DatabaseConnection | undefined): ConnectionState | undefined {
    const status = connection?.getTransactionStatus?.();
    if (!status) return undefined;
    return { isInTransaction: status !== 'I', isOpen: status !== 'I', isFailed: status === 'E' };
  }

  secondDigits(precision: number | null | undefined): number {
    return precision ?? 6;
  }

  /**
   * Asked with each write: triggers may be created at any time. Those of foreign keys are the database's own and do not
   * count.
   */
  triggered(table: string): string {
    const own = table.slice(table.lastIndexOf('"', table.length - 2));
    const tables = `${own}."tableoid", '${table.replaceAll("'", "''")}'::regclass`;
    return `EXISTS (SELECT 1 FROM pg_catalog.pg_trigger "jira_t" WHERE "jira_t"."tgrelid" IN (${tables}) AND NOT "jira_t"."tgisinternal")`;
  }

  lockClause(lock: RowLock): string {
    if (lock === 'none' || lock === 'newest') return '';
    // FOR UPDATE would also block inserts that refer to the row, which a plain UPDATE does not.
    return lock === 'write' ? ' FOR NO KEY UPDATE' : ' FOR UPDATE';
  }

  readExpression(name: string, _column: ColumnMetadata, isSpatial: boolean): string {
    return isSpatial ? `ST_AsGeoJSON(${name})::json` : name;
  }

  /** char(n) is padded, and comparisons ignore the padding. */
  kindOf(type: string): ColumnKind | undefined {
    return type === 'character' ? 'opaque' : undefined;
  }

  /** ICU's root locale folds as `fold` does. A server built without ICU has only `lower()` of the database's own locale. */
  async prepare(query: (sql: string) => Promise<readonly unknown[]>): Promise<void> {
    const rows = await query(`SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'`);
    this.hasIcu = rows.length > 0;
    // In another server encoding, letters beyond ASCII cannot be named by their number.
    const [encoding] = await query('SHOW server_encoding');
    if ((encoding as { server_encoding?: string }).server_encoding !== 'UTF8') return;
    const [found] = await query(oddLettersSql('lower(c)', this.hasIcu ? `lower(c COLLATE "und-x-icu")` : 'lower(c)'));
    this.patterns = new FoldedPatterns((found as { odd?: string | null }).odd ?? '');
  }

  booleanParameter(value: boolean): boolean {
    return value;
  }

  instantParameter(time: number): Date {
    return new Date(time);
  }

  exactText(sql: string, column?: ColumnType): string {
    return `${column?.kind === 'text' ? sql : `CAST(${sql} AS text)`} COLLATE "C"`;
  }

  foldedText(sql: string): string {
    const locale = this.hasIcu ? ' COLLATE "und-x-icu"' : '';
    return `replace(lower(CAST(${sql} AS text)${locale}), 'ς', 'σ') COLLATE "C"`;
  }

  /** Uses the database's own collation, not the column's: its lower case is the one that was asked for. */
  narrowFolded(
    sql: string,
    column: ColumnType,
    test: TextTest | 'exact',
    value: string,
    bind: (value: string) => string,
  ): string | undefined {
    // prettier-ignore
    const pattern = this.canNarrowText(column) ? this.patterns?.patternOf(test, value) : undefined;
    return pattern === undefined ? undefined : `${sql} ILIKE ${bind(pattern)} COLLATE "default" ESCAPE '!'`;
  }

  textIn(sql: string, column: ColumnType, parameters: readonly string[]): string {
    const isExact = column.column.collation === undefined || column.kind !== 'text';
    return comparison(isExact ? sql : this.exactText(sql, column), parameters);
  }

  /** LIKE refuses collations that are not deterministic, and citext ignores case. */
  canNarrowText({ column, kind, type }: ColumnType): boolean {
    return kind === 'text' && type !== 'citext' && column.collation === undefined;
  }

  comparable(_column: ColumnType, _value: unknown, parameter: string): string {
    return parameter;
  }

  datePart(sql: string, column: ColumnType, part: DatePart): string {
    const field = part === 'week_day' ? 'DOW' : part.toUpperCase();
    return `(FLOOR(EXTRACT(${field} FROM ${utc(sql, column)}))${part === 'week_day' ? ' + 1' : ''})`;
  }

  typedValue(_column: ColumnType, _value: unknown, parameter: string): string {
    return parameter;
  }

  /** As arrays, so that the statement is the same for any number of constants. */
  constants(number: string, columns: readonly ConstantColumn[], bind: (value: unknown) => string): string {
    const arrays = columns.map(({ kind, type, values }) => `${bind(values)}::${arrayOf(kind, type)}[]`);
    const names = columns.map(({ name }) => name);
    const whole = `unnest(${arrays.join(', ')}) WITH ORDINALITY "jira_u" (${[...names, '"jira_o"'].join(', ')})`;
    return `SELECT "jira_o" - 1 AS ${number}, ${names.join(', ')} FROM ${whole}`;
  }

  readsInexactly(kind: ColumnKind): boolean {
    return kind === 'instant' || kind === 'day' || kind === 'bigint' || kind === 'uuid' || kind === 'double';
  }

  cursorText(sql: string): string {
    return `CAST(${sql} AS text)`;
  }

  fromCursorText({ type }: ColumnType, parameter: string): string {
    return `CAST(${parameter} AS ${type})`;
  }

  digest(query: string, names: readonly string[]): string {
    return `SELECT CONCAT(COUNT(*), ' ', SUM(hashtextextended(ROW(${names.join(', ')})::text, 0))) AS state FROM (${query}) d`;
  }
}

function planRows([answer]: readonly unknown[]): number | undefined {
  const [plan] = (answer as { 'QUERY PLAN'?: { Plan?: { 'Plan Rows'?: number } }[] } | undefined)?.['QUERY PLAN'] ?? [];
  return plan?.Plan?.['Plan Rows'];
}

function arrayOf(kind: ColumnKind, type: string): string {
  if (kind === 'integer' || kind === 'bigint') return 'bigint';
  return type === 'uuid' ? 'uuid' : 'text';
}

function utc(sql: string, { kind, type }: ColumnType): string {
  if (kind === 'day') return sql;
  if (type === 'timestamp with time zone') return `(${sql} AT TIME ZONE 'UTC')`;
  // The driver writes a date into a column without a time zone as this process's local time.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone === 'UTC' ? sql : `(${sql} AT TIME ZONE '${zone}' AT TIME ZONE 'UTC')`;
}

/** Identifies an advisory lock by the library's own number and one number per name. */
function takeLocks(names: readonly string[]): string {
  const rows = names.map((name, n) => `(${n}, ${Number.parseInt(name.slice(0, 8), 16) >>> 1})`);
  return `SELECT n, pg_backend_pid() AS own, CASE WHEN pg_try_advisory_lock(${LOCK_SPACE}, name) THEN pg_backend_pid() ELSE (
    SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = ${LOCK_SPACE} AND objid = name::oid AND objsubid = 2
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1) END AS holder
    FROM (VALUES ${rows.join(', ')}) AS locks (n, name)`;
}
