// Checks, after a write, that the caller may see the written row.

import type { EntityManager, ObjectLiteral } from 'typeorm';
import { ValidationException } from '../../core/errors/jira.exception.js';
import type { Image } from '../../core/changes/change.js';
import type { Condition } from './condition.js';
import { judge } from './condition-memory.js';
import { MISSING } from './relation-guard.js';
import type { RowPredicate } from './row-predicate.js';

const FORBIDDEN = 'With this value, the row would not be visible to you.';

/**
 * Judges the row in memory if its image decides, and otherwise asks the database.
 *
 * @param entity the written row's key, and the fields for errors
 * @param image the row as it is stored
 * @throws ValidationException with the fields that hide the row from the caller
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

/** An error with the fields that hide the row from the caller. */
export function outOfSight(visibility: RowPredicate, entity: ObjectLiteral): ValidationException {
  return new ValidationException(faultsOf(visibility.condition, entity));
}

/** Whether the caller may see the stored row with the entity's key. */
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

/** Checks several rows that memory could not judge, by one query. @throws ValidationException that does not say which row */
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

/** The fields that visibility reads, without those that certainly satisfy it. */
function faultsOf(condition: Condition, entity: ObjectLiteral): Record<string, string[]> {
  const parts = condition.kind === 'and' ? condition.parts : [condition];
  const errors: Record<string, string[]> = {};
  for (const part of parts)
    if (judge(part, entity) !== true) for (const [field, message] of fieldsOf(part)) errors[field] = [message];
  return Object.keys(errors).length > 0 ? errors : { '': ['The row would not be visible to you.'] };
}

/** A hidden related row gets the same error as a missing one. */
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
