// Finds which rows a relation connects, for every kind of relation: pairs of keys, of the given rows and of their
// related rows.

import type { EntityManager, EntityMetadata, ObjectLiteral, RelationMetadata, SelectQueryBuilder } from 'typeorm';
import { columnValue } from '../../commits/column-value.js';

export interface KeyPair {
  /** Objects shaped like the entities, with their keys alone. */
  readonly parent: object;
  readonly related: object;
}

/** Adds conditions on the rows at an alias. */
type Narrowing = (query: SelectQueryBuilder<ObjectLiteral>, alias: string) => void;

/** @param narrow restricts the related rows, and decides whether soft-deleted ones count */
export async function readPairs(
  manager: EntityManager,
  metadata: EntityMetadata,
  relation: RelationMetadata,
  parents: readonly object[],
  { limit, narrow }: { limit: number; narrow: Narrowing },
): Promise<KeyPair[]> {
  const target = relation.inverseEntityMetadata;
  const query = manager
    .createQueryBuilder(metadata.target, 'parent')
    .innerJoin(`parent.${relation.propertyPath}`, 'related')
    // The hooks on both sides decide about soft-deleted rows.
    .withDeleted()
    .select([])
    .whereInIds(parents.map((parent) => metadata.getEntityIdMap(parent)))
    .limit(limit);
  narrow(query, 'related');
  const columns = [
    ...metadata.primaryColumns.map((column) => ({ alias: 'parent', column })),
    ...target.primaryColumns.map((column) => ({ alias: 'related', column })),
  ];
  for (const [i, { alias, column }] of columns.entries())
    query.addSelect(`${alias}.${column.propertyPath}`, `key_${i}`);
  const { driver } = manager.dataSource;
  const rows = await query.getRawMany<Record<string, unknown>>();
  return rows.map((raw) => {
    const pair: Record<string, ObjectLiteral> = { parent: {}, related: {} };
    for (const [i, { alias, column }] of columns.entries())
      column.setEntityValue(pair[alias], driver.prepareHydratedValue(raw[`key_${i}`], column));
    return pair as unknown as KeyPair;
  });
}

/** One string per row: equal keys give equal strings. */
export function rowKey(metadata: EntityMetadata, row: object): string {
  const key = metadata.primaryColumns.map((column) => String(columnValue(column, row)));
  return key.length === 1 ? key[0] : JSON.stringify(key);
}
