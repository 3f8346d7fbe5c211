// Counts the rows of a query: all of them, up to a limit, or as the database estimates.

import type { DataSource, EntityManager, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { expressionMapOf } from '../../commits/typeorm-internals.js';
import { dialectOf } from '../../commits/dialect/dialects.js';

/** @param limit stop counting at `limit + 1`, which means "more than `limit`". Queries with joins are counted in full */
export async function countRows<E extends ObjectLiteral>(
  manager: EntityManager,
  query: SelectQueryBuilder<E>,
  limit?: number,
): Promise<number> {
  if (expressionMapOf(query).joinAttributes.length > 0) return query.getCount();
  const counting =
    limit === undefined ? query.select('COUNT(*)', 'total') : upTo(manager, query.select('1', 'one').limit(limit + 1));
  const row = await counting.getRawOne<{ total: number | string }>();
  return Number(row?.total);
}

function upTo(manager: EntityManager, query: SelectQueryBuilder<ObjectLiteral>): SelectQueryBuilder<ObjectLiteral> {
  return manager
    .createQueryBuilder()
    .select('COUNT(*)', 'total')
    .from(`(${query.getQuery()})`, 'jira_counted')
    .setParameters(query.getParameters());
}

/** The number of rows by the database's statistics; undefined if the database gives no estimate. */
export async function estimateRows<E extends ObjectLiteral>(
  manager: EntityManager,
  query: SelectQueryBuilder<E>,
  dataSource: DataSource,
): Promise<number | undefined> {
  const { estimates } = dialectOf(dataSource);
  if (!estimates) return undefined;
  const [sql, parameters] = query.select('1', 'one').getQueryAndParameters();
  return estimates.read(await manager.query<readonly unknown[]>(estimates.ask(sql), parameters));
}
