// After a write: the row must be one that its writer may see.

import type { EntityManager, ObjectLiteral } from 'typeorm';
import { ValidationException } from '../../core/errors/jira.exception.js';
import type { Image } from '../../core/changes/change.js';
import type { Condition } from './condition.js';
import { judge } from './condition-memory.js';
import { MISSING } from './relation-guard.js';
import type { RowPredicate } from './row-predicate.js';

const FORBIDDEN = 'With this value, the row would not be visible to you.';

/**
 * Asks memory where it surely knows what was stored, else the database.
 *
 * @param entity what was written, for errors
 * @param image the row as it is stored
 * @throws ValidationException naming the fields that put the row out of sight
 */
export async function checkVisible(
  manager: EntityManager,
  visibility: RowPredicate,
  entity: ObjectLiteral,
  image: Image,
): Promise<void> {
  if (visibility.constant ?? visibility.matches(image) ?? (await isVisible(manager, visibility, entity))) return;
  throw outOfSight(visibility, entity);
}

/** Names the fields that put the row out of sight. */
export function outOfSight(visibility: RowPredicate, entity: ObjectLiteral): ValidationException {
  return new ValidationException(faultsOf(visibility.condition, entity));
}

/** Whether the stored row of this key is one that the caller may see. */
export async function isVisible(
  manager: EntityManager,
  visibility: RowPredicate,
  entity: ObjectLiteral,
): Promise<boolean> {
  if (visibility.constant !== undefined) return visibility.constant;
  const { metadata } = visibility;
  const query = manager.createQueryBuilder(metadata.target, 'row').withDeleted();
  visibility.apply(query, 'row');
  return query.andWhereInIds([metadata.getEntityIdMap(entity)]).getExists();
}

/** The same of several, which memory could not judge, by one query. @throws without saying which it is */
export async function checkAllVisible(
  manager: EntityManager,
  visibility: RowPredicate,
  entities: readonly ObjectLiteral[],
): Promise<void> {
  const [first] = entities;
  if (!first) return;
  const { metadata } = visibility;
  const query = manager.createQueryBuilder(metadata.target, 'row').withDeleted();
  visibility.apply(query, 'row');
  const seen = await query.andWhereInIds(entities.map((entity) => metadata.getEntityIdMap(entity))).getCount();
  if (seen < entities.length) throw outOfSight(visibility, first);
}

/** The fields that visibility reads, less those that surely satisfy it. */
function faultsOf(condition: Condition, entity: ObjectLiteral): Record<string, string[]> {
  const parts = condition.kind === 'and' ? condition.parts : [condition];
  const errors: Record<string, string[]> = {};
  for (const part of parts)
    if (judge(part, entity) !== true) for (const [field, message] of fieldsOf(part)) errors[field] = [message];
  return Object.keys(errors).length > 0 ? errors : { '': ['The row would not be visible to you.'] };
}

/** A related row out of sight is refused in the words for one that is not there. */
function fieldsOf(condition: Condition): [string, string][] {
  if ('column' in condition) {
    const { relationMetadata, isVirtual, propertyPath } = condition.column;
    if (!relationMetadata) return [[propertyPath, FORBIDDEN]];
    return [[isVirtual ? relationMetadata.propertyPath : propertyPath, MISSING]];
  }
  if (condition.kind === 'related' || condition.kind === 'count') {
    const [column] = condition.relation.joinColumns;
    const isOwnKey = condition.relation.isOwning && column && !column.isVirtual;
    return [[isOwnKey ? column.propertyPath : condition.relation.propertyPath, MISSING]];
  }
  if ('parts' in condition) return condition.parts.flatMap(fieldsOf);
  return fieldsOf(condition.part);
}
