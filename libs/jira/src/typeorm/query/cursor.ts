// Reading on from a cursor in the order of rows, which is compared by the very expressions that the rows are ordered by.

import type { EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { Ordering } from '../../policy/filtering/filter.js';
import type { CursorRow, CursorValue, Seek } from '../../policy/pagination/cursor.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { kindOf, typeOf } from './column-value.js';
import { SqlWriter } from '../rows/sql-writer.js';
import { resolvePath, type FieldPath } from './field-path.js';
import { applyOrdering, valueSql, type SeenField } from './ordering.js';
import { SEES_ALL, type Sight } from './sight.js';

interface Field extends SeenField {
  readonly direction: 'asc' | 'desc';
}

/** Which rows of a query make a page, and which related rows its order may go by. */
export interface SightedPage {
  readonly ordering: readonly Ordering[];
  readonly sight: Sight;
  readonly limit?: number;
}

/** The ordering with the primary key that breaks its ties, as `applyOrdering` adds it. */
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

/** Whether every field of the order has values that can be kept outside of the database and compared again exactly. */
export function hasCursors(metadata: EntityMetadata, ordering: readonly Ordering[]): boolean {
  const fields = fieldsOf(metadata, totalOrder(metadata, ordering));
  return fields.every(({ column }) => !['opaque', 'binary'].includes(kindOf(column)));
}

/** At most `limit` rows of a query that gives each row once, nearest to the cursor first, each with its own. */
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

/** Rows without a value come last ascending and first descending. */
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

/** "Not before the cursor by the first field": what the alternatives say as well, in a form by which an index is entered. */
function boundOf(field: Field, value: CursorValue, alias: string, writer: SqlWriter): string | undefined {
  const isAscending = field.direction === 'asc';
  // Ascending, rows without a value come last: they would be left out.
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
  return isText(column) ? dialectOf(dataSource).exactText(sql, typeOf(column)) : sql;
}

function cursorSql(column: ColumnMetadata, sql: string): string {
  const dialect = dialectOf(column.entityMetadata.dataSource);
  return dialect.readsInexactly(kindOf(column)) ? dialect.cursorText(sql) : sql;
}

/** The value of a cursor as the column's own type. */
function boundSql(column: ColumnMetadata, value: CursorValue, { bind, dataSource }: SqlWriter): string {
  const bound = bind(value);
  const dialect = dialectOf(dataSource);
  if (isText(column)) return dialect.exactText(bound);
  return dialect.readsInexactly(kindOf(column)) ? dialect.fromCursorText(typeOf(column), bound) : bound;
}
