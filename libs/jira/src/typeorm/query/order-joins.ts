// Joins the related rows that an order sorts by, each once. A subquery would run for each sorted row.

import type { RelationMetadata } from '../../commits/typeorm-internals.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { relatedSide, relationKeys } from '../rows/related-rows.js';
import type { SqlWriter } from '../rows/sql-writer.js';
import { writeSql } from './condition-sql.js';
import type { Sight } from './sight.js';

interface OrderJoin {
  readonly alias: string;
  readonly relation: RelationMetadata;
  readonly sight: Sight;
  readonly related: string;
}

export class OrderJoins {
  /** The JOIN clauses after the main table: empty, or with a leading space. */
  sql = '';
  private readonly joins: OrderJoin[] = [];

  /**
   * Joins the related row and returns its alias. Its columns are NULL if the row is missing or not visible. Undefined
   * if a join costs more than a subquery, or if several related rows could match and double the result.
   */
  join(relation: RelationMetadata, alias: string, sight: Sight, writer: SqlWriter): string | undefined {
    if (!dialectOf(writer.dataSource).sortsJoins || !isToOne(relation)) return undefined;
    const known = this.joins.find((one) => one.relation === relation && one.alias === alias && one.sight === sight);
    if (known) return known.related;
    const { alias: related, from, where, keys } = relatedSide(relation, writer);
    const on = relationKeys(relation).own.map((column, i) => `${writer.column(alias, column)} = ${keys[i]}`);
    const seen = writeSql(sight(relation.inverseEntityMetadata), related, writer);
    this.sql += ` LEFT JOIN ${from} ON ${[...on, ...where, ...(seen === '1 = 1' ? [] : [seen])].join(' AND ')}`;
    this.joins.push({ alias, relation, sight, related });
    return related;
  }
}

/** Whether the row's foreign keys name the whole primary key of the related row. */
function isToOne({ isOwning, isManyToMany, joinColumns, inverseEntityMetadata }: RelationMetadata): boolean {
  if (!isOwning || isManyToMany) return false;
  const named = new Set(joinColumns.map(({ referencedColumn }) => referencedColumn?.databaseName));
  return inverseEntityMetadata.primaryColumns.every(({ databaseName }) => named.has(databaseName));
}
