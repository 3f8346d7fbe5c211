// The related rows that an order goes by, joined once: a subquery would run for each row that is sorted.

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
  /** What comes behind the table that is read; empty, or begins with a space. */
  sql = '';
  private readonly joins: OrderJoin[] = [];

  /**
   * The alias of the related row, whose columns are null where there is none or it is not seen. Undefined where a join
   * costs more than a subquery, and where it might double rows: nothing guarantees that there is one at most.
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

/** Whether the row names the related one by its whole primary key. */
function isToOne({ isOwning, isManyToMany, joinColumns, inverseEntityMetadata }: RelationMetadata): boolean {
  if (!isOwning || isManyToMany) return false;
  const named = new Set(joinColumns.map(({ referencedColumn }) => referencedColumn?.databaseName));
  return inverseEntityMetadata.primaryColumns.every(({ databaseName }) => named.has(databaseName));
}
