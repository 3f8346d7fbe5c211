// Whether a hook's own query leaves rows out, which only a query can ask and an announcement cannot.

import type { SelectQueryBuilder } from 'typeorm';
import { expressionMapOf } from '../../commits/typeorm-internals.js';

/** Conditions of a hand-made query narrow what is read, but cannot be asked of rows that are gone. */
export function refuseNarrowing<E extends object>(query: SelectQueryBuilder<E>, subject: string): void {
  const { wheres, havings, groupBys, joinAttributes, limit, take, offset, skip } = expressionMapOf(query);
  const isNarrow =
    wheres.length + havings.length + groupBys.length > 0 || (limit ?? take ?? offset ?? skip) !== undefined;
  if (isNarrow || joinAttributes.some(({ direction }) => direction === 'INNER'))
    throw new Error(`${subject}.getQuery() restricts lists but not events. Move the condition to visibility().`);
}
