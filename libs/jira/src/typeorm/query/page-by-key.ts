// Pages of queries whose joins multiply rows: reads the page's keys first, then the rows with these keys.

import type { EntityManager, EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { expressionMapOf } from '../../commits/typeorm-internals.js';
import { canonical } from './column-value.js';
import { SqlWriter } from '../rows/sql-writer.js';
import type { CursorRow, Seek } from '../../policy/pagination/cursor.js';
import { applyOrdering } from './ordering.js';
import { readWithCursors, type SightedPage } from './cursor.js';

const PAGE = 'jira_page';

/** Whether the query may repeat a row, once for each row joined to it. */
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

/** Like `pageByKey`, but starts at a cursor and returns each row's own cursor. */
export async function withCursorsByKey<E extends object>(
  query: SelectQueryBuilder<E>,
  manager: EntityManager,
  metadata: EntityMetadata,
  page: SightedPage & { readonly from: Seek | undefined },
): Promise<CursorRow<E>[]> {
  const found = await readWithCursors(keyQuery(query, manager, metadata), metadata, page);
  if (found.length === 0) return [];
  const rows = await query.andWhereInIds(found.map(({ row }) => metadata.getEntityIdMap(row))).getMany();
  const byKey = new Map(rows.map((row) => [keyOf(metadata, row), row]));
  return found.flatMap(({ row: key, cursor }) => {
    const row = byKey.get(keyOf(metadata, key));
    return row ? [{ row, cursor }] : [];
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

/** Selects the primary key of each row of the query once. */
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
