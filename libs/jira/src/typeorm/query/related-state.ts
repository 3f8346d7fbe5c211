// What other rows say about the rows of an entity: whose changes decide, and whether they are others now.

import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { escapeParameters } from '../../commits/typeorm-internals.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { foreignKeyOf, relatedSide, relationKeys } from '../rows/related-rows.js';
import { SqlWriter } from '../rows/sql-writer.js';
import { ownConditions, type Condition, type Related, type RelatedCount } from './condition.js';
import { writeSql } from './condition-sql.js';

/**
 * Names of the entities whose rows decide. A row that only has to be there for a foreign key to name it decides nothing.
 *
 * @param isOwn whether it is a condition on the rows themselves: a link that comes or goes is a change of the row that
 * owns the relation, but of the rows themselves it is none that anybody could follow
 */
export function decidersOf(condition: Condition, isOwn = true): Set<string> {
  const names = new Set<string>();
  for (const part of crossings(condition)) {
    const { relation } = part;
    const inner = part.kind === 'related' ? part.condition : undefined;
    if (!inner || !foreignKeyOf(relation) || comparesColumns(inner)) names.add(relation.inverseEntityMetadata.name);
    if (relation.isManyToMany && relation.isOwning)
      names.add((isOwn ? (relation.junctionEntityMetadata ?? relation.entityMetadata) : relation.entityMetadata).name);
    if (inner) for (const name of decidersOf(inner, false)) names.add(name);
  }
  return names;
}

/**
 * One text for what related rows decide: while it stays the same, so do the verdicts on rows that did not change
 * themselves. One query for each relation that the condition crosses first, over the related rows that satisfy its part.
 */
export async function readRelatedState(dataSource: DataSource, condition: Condition): Promise<string> {
  const states: string[] = [];
  for (const part of crossings(condition)) {
    const writer = new SqlWriter(dataSource);
    const names = relationKeys(part.relation).related.map((_, i) => `k${i}`);
    const sql = dialectOf(dataSource).digest(keysSql(part, writer), names);
    const [text, parameters] = escapeParameters(dataSource, sql, writer.parameters);
    const [row]: { state: unknown }[] = await dataSource.manager.query(text, parameters);
    states.push(String(row?.state));
  }
  return createHash('sha256').update(JSON.stringify(states)).digest('base64');
}

function crossings(condition: Condition): (Related | RelatedCount)[] {
  return [...ownConditions(condition)].filter((part) => part.kind === 'related' || part.kind === 'count');
}

function comparesColumns(condition: Condition): boolean {
  return [...ownConditions(condition)].some((part) => 'column' in part);
}

/** The keys of rows on which the part's verdict is another than on a row that nothing is related to. */
function keysSql(part: Related | RelatedCount, writer: SqlWriter): string {
  const { alias, from, where, keys } = relatedSide(part.relation, writer);
  const conditions = [...keys.map((key) => `${key} IS NOT NULL`), ...where];
  if (part.kind === 'related') conditions.push(writeSql(part.condition, alias, writer));
  const select = `SELECT ${keys.map((key, i) => `${key} AS k${i}`).join(', ')} FROM ${from} WHERE ${conditions.join(' AND ')} GROUP BY ${keys.join(', ')}`;
  if (part.kind === 'related') return select;
  const holds = `COUNT(*) ${part.operator} ${writer.bind(part.value)}`;
  return `${select} HAVING ${holdsForNone(part) ? `NOT (${holds})` : holds}`;
}

function holdsForNone({ operator, value }: RelatedCount): boolean {
  return { '<': 0 < value, '<=': 0 <= value, '>': 0 > value, '>=': 0 >= value }[operator];
}
