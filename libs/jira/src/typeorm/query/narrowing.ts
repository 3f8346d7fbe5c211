// Whether a hook's own query leaves rows out, which only a query can ask and an announcement cannot.

import type { EntityMetadata, SelectQueryBuilder } from 'typeorm';
import { expressionMapOf } from '../../commits/typeorm-internals.js';
import { canonical } from './column-value.js';
import { ALL, type Condition } from './condition.js';
import { bindNamed } from './find-operator.js';

/** Conditions of a hand-made query narrow what is read, but cannot be asked of rows that are gone. */
export function refuseNarrowing<E extends object>(query: SelectQueryBuilder<E>, subject: string): void {
  if (isNarrow(query))
    throw new Error(`${subject}.getQuery() restricts lists but not events. Move the condition to visibility().`);
}

/** The rows that a hand-made query leaves, as a condition. */
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

/** Whether the query gives nothing of its rows but their columns. */
export function isPlain<E extends object>(query: SelectQueryBuilder<E>): boolean {
  const { selects, joinAttributes, relationIdAttributes } = expressionMapOf(query);
  return (
    selects.length === 1 &&
    selects[0].selection === query.alias &&
    relationIdAttributes.length === 0 &&
    joinAttributes.every(({ isSelected, mapToProperty }) => !isSelected && mapToProperty === undefined)
  );
}
