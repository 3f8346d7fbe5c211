// The order of rows: the same on every database, and total.

import type { EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
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
 * Rows without a value come last ascending and first descending, text sorts by code point, and the primary key breaks
 * ties, so that two pages never share a row.
 */
export function applyOrdering<E extends ObjectLiteral>(
  query: SelectQueryBuilder<E>,
  metadata: EntityMetadata,
  ordering: readonly Ordering[],
  sight: Sight,
): void {
  const writer = new SqlWriter(metadata.dataSource, query.getParameters());
  // What the client asks for comes before the order of the hook's own query, not after it.
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
 * The same as terms of an ORDER BY over the rows at `alias`.
 *
 * @param joins for queries that can join what they sort by
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
  // In the direction of the last field: an index of that field holds the key in the same order, and can be read backwards.
  const last = ordering.at(-1)?.direction === 'desc' ? 'DESC' : 'ASC';
  for (const column of metadata.primaryColumns)
    if (!keyed.has(column)) terms.push(...termsOf({ relations: [], column, sight }, alias, last, writer));
  return terms;
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
  const value: OrderTerm = { sql: isText ? dialect.exactText(sql, type) : sql, direction };
  // Without a term for nulls the database can use an index.
  const mayBeNull = field.relations.length > 0 || field.column.isNullable;
  return mayBeNull && !dialect.sortsNullsLast ? [{ sql: `(${sql} IS NULL)`, direction }, value] : [value];
}

/** A field, and which related rows on the way to it are seen. */
export interface SeenField extends FieldPath {
  readonly sight: Sight;
}

/**
 * A field of a related row is a scalar subquery where it cannot be joined: a join could double rows. One that is not seen
 * has no value.
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
