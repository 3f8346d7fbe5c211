// Cursor pagination: reads the rows before or after a cursor. The cursor is compared by the same SQL expressions that
// sort the rows.

import type { EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { Ordering } from '../../policy/filtering/filter.js';
import type { CursorRow, CursorValue, Seek } from '../../policy/pagination/cursor.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { kindOf, typeOf } from './column-value.js';
import { SqlWriter } from '../rows/sql-writer.js';
import { resolvePath, type FieldPath } from './field-path.js';
import { applyOrdering, sortedText, valueSql, type SeenField } from './ordering.js';
import { SEES_ALL, type Sight } from './sight.js';

interface Field extends SeenField {
  readonly direction: 'asc' | 'desc';
}

/** A page of a query: its order, its size, and the related rows that the order may read. */
export interface SightedPage {
  readonly ordering: readonly Ordering[];
  readonly sight: Sight;
  readonly limit?: number;
}

/** The ordering, extended by the primary key to break ties, as `applyOrdering` extends it. */
export function totalOrder(metadata: EntityMetadata, ordering: readonly Ordering[]): Ordering[] {
  const named = new Set(ordering.map(({ path }) => resolvePath(metadata, path)).flatMap((field) => (field?.relations.length === 0 ? [field.column] : []))); // prettier-ignore
  const direction = ordering.at(-1)?.direction ?? 'asc';
  const keys = metadata.primaryColumns.filter((column) => !named.has(column));
  return [...ordering, ...keys.map((column): Ordering => ({ path: column.propertyPath.split('.'), direction }))];
}

function fieldsOf(metadata: EntityMetadata, ordering: readonly Ordering[], sight = SEES_ALL): Field[] {
  return ordering.map(({ path, direction, unrestricted }) => ({
    ...(resolvePath(metadata, path) as FieldPath),
    direction,
    sight: unrestricted ? SEES_ALL : sight,
  }));
}

/**
 * Whether rows in this order can have cursors: the values of every field can leave the database and be compared exactly
 * later.
 */
export function hasCursors(metadata: EntityMetadata, ordering: readonly Ordering[]): boolean {
  const fields = fieldsOf(metadata, totalOrder(metadata, ordering));
  return fields.every(({ column }) => !['opaque', 'binary'].includes(kindOf(column)));
}

/** Reads at most `limit` rows, each with its cursor, those nearest to `from` first. The query must give each row once. */
export async function readWithCursors<E extends ObjectLiteral>(
  query: SelectQueryBuilder<E>,
  metadata: EntityMetadata,
  { ordering, from, limit, sight }: SightedPage & { readonly from: Seek | undefined },
): Promise<CursorRow<E>[]> {
  const total = totalOrder(metadata, ordering);
  const read = from?.side === 'before' ? total.map(reversed) : total;
  const fields = fieldsOf(metadata, read, sight);
  applyOrdering(query, metadata, read, sight);
  const writer = new SqlWriter(metadata.dataSource, query.getParameters());
  if (from) query.andWhere(`(${beyond(fields, from, query.alias, writer)})`);
  for (const [i, field] of fields.entries())
    query.addSelect(cursorSql(field.column, valueSql(field, query.alias, writer)), nameOf(i));
  query.setParameters(writer.parameters);
  const { raw, entities } = await query.limit(limit).getRawAndEntities<Record<string, CursorValue>>();
  return entities.map((row, i) => ({ row, cursor: fields.map((_, k) => raw[i]?.[nameOf(k)] ?? null) }));
}

function reversed(ordering: Ordering): Ordering {
  return { ...ordering, direction: ordering.direction === 'asc' ? 'desc' : 'asc' };
}

function nameOf(index: number): string {
  return `jira_cursor_${index}`;
}

/** The condition "comes after the cursor". Rows without a value come last ascending and first descending. */
function beyond(fields: readonly Field[], { cursor, isInclusive }: Seek, alias: string, writer: SqlWriter): string {
  const alternatives: string[] = [];
  const equal: string[] = [];
  for (const [i, field] of fields.entries()) {
    const further = furtherSql(field, cursor[i] ?? null, alias, writer);
    if (further !== undefined) alternatives.push([...equal, further].join(' AND '));
    equal.push(equalSql(field, cursor[i] ?? null, alias, writer));
  }
  if (isInclusive) alternatives.push(equal.join(' AND '));
  if (alternatives.length === 0) return '1 = 0';
  const rows = alternatives.map((part) => `(${part})`).join(' OR ');
  const bound = alternatives.length === 1 ? undefined : boundOf(fields[0], cursor[0] ?? null, alias, writer);
  return bound === undefined ? rows : `${bound} AND (${rows})`;
}

/**
 * The condition "not before the cursor by the first field". The alternatives imply it, but only in this form can it use
 * an index.
 */
function boundOf(field: Field, value: CursorValue, alias: string, writer: SqlWriter): string | undefined {
  const isAscending = field.direction === 'asc';
  // Ascending, rows without a value come last, and this condition would leave them out.
  if (value === null || (isAscending && mayBeNull(field))) return undefined;
  const sql = comparable(field.column, valueSql(field, alias, writer), writer);
  return `${sql} ${isAscending ? '>=' : '<='} ${boundSql(field.column, value, writer)}`;
}

function mayBeNull({ relations, column }: Field): boolean {
  return relations.length > 0 || column.isNullable;
}

function furtherSql(field: Field, value: CursorValue, alias: string, writer: SqlWriter): string | undefined {
  const sql = valueSql(field, alias, writer);
  const isAscending = field.direction === 'asc';
  if (value === null) return isAscending ? undefined : `${sql} IS NOT NULL`;
  const further = `${comparable(field.column, sql, writer)} ${isAscending ? '>' : '<'} ${boundSql(field.column, value, writer)}`;
  return isAscending && mayBeNull(field) ? `(${further} OR ${sql} IS NULL)` : further;
}

function equalSql(field: Field, value: CursorValue, alias: string, writer: SqlWriter): string {
  const sql = valueSql(field, alias, writer);
  if (value === null) return `${sql} IS NULL`;
  return `${comparable(field.column, sql, writer)} = ${boundSql(field.column, value, writer)}`;
}

function isText(column: ColumnMetadata): boolean {
  return kindOf(column) === 'text' || kindOf(column) === 'enum';
}

function comparable(column: ColumnMetadata, sql: string, { dataSource }: SqlWriter): string {
  return isText(column) ? sortedText(dialectOf(dataSource), sql, typeOf(column)) : sql;
}

function cursorSql(column: ColumnMetadata, sql: string): string {
  const dialect = dialectOf(column.entityMetadata.dataSource);
  return dialect.readsInexactly(kindOf(column)) ? dialect.cursorText(sql) : sql;
}

/** SQL of a cursor's value, in the column's type. */
function boundSql(column: ColumnMetadata, value: CursorValue, { bind, dataSource }: SqlWriter): string {
  const bound = bind(value);
  const dialect = dialectOf(dataSource);
  if (isText(column)) return sortedText(dialect, bound);
  return dialect.readsInexactly(kindOf(column)) ? dialect.fromCursorText(typeOf(column), bound) : bound;
}
