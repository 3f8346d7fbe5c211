// Detects whether a hook's `getQuery()` leaves rows out. Lists follow such a query; announcements of changes cannot.

import type { EntityMetadata, SelectQueryBuilder } from 'typeorm';
import { expressionMapOf } from '../../commits/typeorm-internals.js';
import { canonical } from './column-value.js';
import { ALL, type Condition } from './condition.js';
import { bindNamed } from './find-operator.js';

/** Throws if `getQuery()` leaves rows out: its conditions cannot be judged for rows that are gone. */
export function refuseNarrowing<E extends object>(query: SelectQueryBuilder<E>, subject: string): void {
  if (isNarrow(query))
    throw new Error(`${subject}.getQuery() restricts lists but not events. Move the condition to visibility().`);
}

/** The rows of a hook's own query, as a condition. */
export function narrowingOf<E extends object>(
  query: SelectQueryBuilder<E>,
  { primaryColumns }: EntityMetadata,
  subject: string,
): Condition {
  if (!isNarrow(query)) return ALL;
  const [column] = primaryColumns;
  if (!column || primaryColumns.length > 1)
    throw new Error(`${subject}.getQuery() restricts rows with a composite key, which filters across relations cannot follow. Move the condition to visibility().`); // prettier-ignore
  const sql = query.select(`${query.alias}.${column.propertyPath}`).orderBy().getQuery();
  const parameters = query.getParameters();
  return {
    kind: 'native',
    column,
    isRaw: true,
    key: `query ${JSON.stringify(sql)} ${canonical(parameters)}`,
    sql: (name, bind) => `${name} IN (${bindNamed(sql, parameters, bind)})`,
  };
}

function isNarrow<E extends object>(query: SelectQueryBuilder<E>): boolean {
  const { wheres, havings, groupBys, joinAttributes, limit, take, offset, skip } = expressionMapOf(query);
  const isConditional = wheres.length + havings.length + groupBys.length > 0;
  const isCut = (limit ?? take ?? offset ?? skip) !== undefined;
  return isConditional || isCut || joinAttributes.some(({ direction }) => direction === 'INNER');
}

/** Whether the query selects nothing but the columns of its rows. */
export function isPlain<E extends object>(query: SelectQueryBuilder<E>): boolean {
  const { selects, joinAttributes, relationIdAttributes } = expressionMapOf(query);
  return (
    selects.length === 1 &&
    selects[0].selection === query.alias &&
    relationIdAttributes.length === 0 &&
    joinAttributes.every(({ isSelected, mapToProperty }) => !isSelected && mapToProperty === undefined)
  );
}
