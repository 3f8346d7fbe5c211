// How related rows affect a condition: which entities' changes can alter its verdicts, and a digest of the related rows
// that shows whether they did.

import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { escapeParameters } from '../../commits/typeorm-internals.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { foreignKeyOf, relatedSide, relationKeys } from '../rows/related-rows.js';
import { SqlWriter } from '../rows/sql-writer.js';
import { ownConditions, type Condition, type Related, type RelatedCount } from './condition.js';
import { writeSql } from './condition-sql.js';

/**
 * Names of the entities whose changes can alter the condition's verdicts. A related row decides nothing if it only has
 * to exist and a foreign key guarantees that it does.
 *
 * @param isOwn whether the condition is on the rows themselves. Then a changed many-to-many link counts by its link
 * table; further away, it counts as a change of the row that owns the relation
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
 * A digest of the related rows that the condition depends on. While it stays the same, the verdicts on unchanged rows
 * stay the same. Costs one query for each relation that the condition crosses first.
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

/** The keys of rows whose verdict differs from that of a row without related rows. */
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
