// A page of a query whose joins multiply rows: first the keys, then the rows of these keys.

import type { EntityManager, EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { expressionMapOf } from '../../commits/typeorm-internals.js';
import { canonical } from './column-value.js';
import { SqlWriter } from '../rows/sql-writer.js';
import type { PlacedRow, Seek } from '../../policy/pagination/place.js';
import { applyOrdering } from './ordering.js';
import { readPlaced, type SightedPage } from './place.js';

const PAGE = 'jira_page';

/** Whether a row may come several times, once for each row joined to it. */
export function multipliesRows<E extends ObjectLiteral>(query: SelectQueryBuilder<E>): boolean {
  return expressionMapOf(query).joinAttributes.some(({ relation }) => !relation?.isManyToOne && !relation?.isOneToOne);
}

export async function pageByKey<E extends object>(
  query: SelectQueryBuilder<E>,
  manager: EntityManager,
  metadata: EntityMetadata,
  page: SightedPage & { readonly offset: number },
): Promise<E[]> {
  const keys = await keysOf(query, manager, metadata, page);
  if (keys.length === 0) return [];
  const rows = await query.andWhereInIds(keys).getMany();
  const byKey = new Map(rows.map((row) => [keyOf(metadata, row), row]));
  return keys.flatMap((key) => byKey.get(canonical(key)) ?? []);
}

/** The same from a place on. */
export async function placedByKey<E extends object>(
  query: SelectQueryBuilder<E>,
  manager: EntityManager,
  metadata: EntityMetadata,
  page: SightedPage & { readonly from: Seek | undefined },
): Promise<PlacedRow<E>[]> {
  const placed = await readPlaced(keyQuery(query, manager, metadata), metadata, page);
  if (placed.length === 0) return [];
  const rows = await query.andWhereInIds(placed.map(({ row }) => metadata.getEntityIdMap(row))).getMany();
  const byKey = new Map(rows.map((row) => [keyOf(metadata, row), row]));
  return placed.flatMap(({ row: key, place }) => {
    const row = byKey.get(keyOf(metadata, key));
    return row ? [{ row, place }] : [];
  });
}

async function keysOf<E extends object>(
  query: SelectQueryBuilder<E>,
  manager: EntityManager,
  metadata: EntityMetadata,
  { ordering, offset, limit, sight }: SightedPage & { readonly offset: number },
): Promise<ObjectLiteral[]> {
  const keys = keyQuery(query, manager, metadata);
  applyOrdering(keys, metadata, ordering, sight);
  if (offset > 0) keys.offset(offset);
  if (limit !== undefined || offset > 0) keys.limit(limit ?? Number.MAX_SAFE_INTEGER);
  const found = await keys.getMany();
  return found.map((row) => metadata.getEntityIdMap(row) as ObjectLiteral);
}

/** Each row of the query once, its key alone. */
function keyQuery<E extends object>(
  query: SelectQueryBuilder<E>,
  manager: EntityManager,
  metadata: EntityMetadata,
): SelectQueryBuilder<E> {
  const writer = new SqlWriter(metadata.dataSource);
  const names = (alias: string): string[] => metadata.primaryColumns.map((column) => writer.column(alias, column));
  const inner = query.clone().orderBy();
  inner.select(names(query.alias).join(', '));
  return manager
    .createQueryBuilder<E>(metadata.target, PAGE)
    .withDeleted()
    .select(metadata.primaryColumns.map((column) => `${PAGE}.${column.propertyPath}`))
    .where(`(${names(PAGE).join(', ')}) IN (${inner.getQuery()})`)
    .setParameters(inner.getParameters());
}

function keyOf(metadata: EntityMetadata, row: ObjectLiteral): string {
  return canonical(metadata.getEntityIdMap(row));
}
