// Writes an ordering as ORDER BY terms: the same order on every database, and without ties.

import type { EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { ColumnType } from '../../commits/dialect/column-type.js';
import type { SqlDialect } from '../../commits/dialect/dialect.js';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { Ordering } from '../../policy/filtering/filter.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { typeOf } from './column-value.js';
import { relatedRows } from '../rows/related-rows.js';
import { SqlWriter } from '../rows/sql-writer.js';
import { writeSql } from './condition-sql.js';
import { resolvePath, type FieldPath } from './field-path.js';
import type { OrderJoins } from './order-joins.js';
import { SEES_ALL, type Sight } from './sight.js';

/**
 * Sorts the query. Rows without a value come last ascending and first descending, text sorts by code point, and the
 * primary key breaks ties, so that two pages never share a row.
 */
export function applyOrdering<E extends ObjectLiteral>(
  query: SelectQueryBuilder<E>,
  metadata: EntityMetadata,
  ordering: readonly Ordering[],
  sight: Sight,
): void {
  const writer = new SqlWriter(metadata.dataSource, query.getParameters());
  // This order replaces the order of the hook's own query.
  if (ordering.length > 0) query.orderBy();
  for (const { sql, direction } of orderTerms(metadata, query.alias, { ordering, sight }, writer))
    query.addOrderBy(sql, direction);
  query.setParameters(writer.parameters);
}

export interface OrderTerm {
  readonly sql: string;
  readonly direction: 'ASC' | 'DESC';
}

/**
 * The same order as terms of an ORDER BY over the rows at `alias`.
 *
 * @param joins given if the query can join the rows that it sorts by
 */
export function orderTerms(
  metadata: EntityMetadata,
  alias: string,
  { ordering, sight = SEES_ALL }: { readonly ordering: readonly Ordering[]; readonly sight?: Sight },
  writer: SqlWriter,
  joins?: OrderJoins,
): OrderTerm[] {
  const keyed = new Set<ColumnMetadata>();
  const terms: OrderTerm[] = [];
  for (const { path, direction, unrestricted } of ordering) {
    const field = resolvePath(metadata, path);
    if (!field) throw new TypeError(`${metadata.name} has no field "${path.join('__')}" to order by.`);
    if (field.relations.length === 0) keyed.add(field.column);
    terms.push(...termsOf({ ...field, sight: unrestricted ? SEES_ALL : sight }, alias, direction === 'asc' ? 'ASC' : 'DESC', writer, joins)); // prettier-ignore
  }
  // The key follows the last field's direction: an index of that field holds the key in the same order, and can be read
  // backwards.
  const last = ordering.at(-1)?.direction === 'desc' ? 'DESC' : 'ASC';
  for (const column of metadata.primaryColumns)
    if (!keyed.has(column)) terms.push(...termsOf({ relations: [], column, sight }, alias, last, writer));
  // The first mention of a value decides. TypeORM would let the last one overwrite its direction.
  return terms.filter(({ sql }, i) => terms.findIndex((term) => term.sql === sql) === i);
}

function termsOf(
  field: SeenField,
  alias: string,
  direction: 'ASC' | 'DESC',
  writer: SqlWriter,
  joins?: OrderJoins,
): OrderTerm[] {
  const sql = valueSql(field, alias, writer, joins);
  const dialect = dialectOf(writer.dataSource);
  const type = typeOf(field.column);
  const isText = type.kind === 'text' || type.kind === 'enum';
  const value: OrderTerm = { sql: isText ? sortedText(dialect, sql, type) : sql, direction };
  // Without a term for NULLs, the database can use an index.
  const mayBeNull = field.relations.length > 0 || field.column.isNullable;
  return mayBeNull && !dialect.sortsNullsLast ? [{ sql: `(${sql} IS NULL)`, direction }, value] : [value];
}

/** SQL of what the database sorts a text by. Cursors compare it, too: the rest of the text does not decide the order. */
export function sortedText(dialect: SqlDialect, sql: string, type?: ColumnType): string {
  const exact = dialect.exactText(sql, type);
  return dialect.sortedBytes === undefined ? exact : `LEFT(${exact}, ${dialect.sortedBytes})`;
}

/** A field, and the related rows on the way to it that may be read. */
export interface SeenField extends FieldPath {
  readonly sight: Sight;
}

/**
 * SQL of a field's value. For a field of a related row, it is a scalar subquery, unless a join cannot double rows. The
 * value is NULL if the related row may not be read.
 */
export function valueSql(
  { relations, column, sight }: SeenField,
  alias: string,
  writer: SqlWriter,
  joins?: OrderJoins,
): string {
  const [relation, ...rest] = relations;
  if (!relation) return writer.column(alias, column);
  const joined = joins?.join(relation, alias, sight, writer);
  if (joined !== undefined) return valueSql({ relations: rest, column, sight }, joined, writer, joins);
  let inner = '';
  const rows = relatedRows(relation, alias, writer, (name) => {
    inner = valueSql({ relations: rest, column, sight }, name, writer);
    return writeSql(sight(relation.inverseEntityMetadata), name, writer);
  });
  return `(SELECT ${inner} ${rows})`;
}
