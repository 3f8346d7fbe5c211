// Decides whether the change of a related row may change which rows satisfy a condition.

import type { EntityMetadata, RelationMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { Change, Image } from '../../core/changes/change.js';
import { canonical } from '../query/column-value.js';
import { ALL, isOpaque, ownConditions, type Condition } from '../query/condition.js';
import { judge, read } from '../query/condition-memory.js';

/**
 * Returns false only if the change certainly alters no verdict: the condition does not reach the row's entity, the row
 * satisfied the condition's part about it neither before nor after, or no value that the condition reads has changed.
 */
export function mayAlter(condition: Condition, change: Change): boolean {
  if (isOpaque(condition)) return true;
  for (const part of ownConditions(condition)) {
    if (part.kind !== 'related' && part.kind !== 'count') continue;
    const inner = part.kind === 'related' ? part.condition : ALL;
    if (isOf(part.relation, change) && decides(part.relation, inner, change)) return true;
    if (mayAlter(inner, change)) return true;
  }
  return false;
}

function isOf({ inverseEntityMetadata: { name } }: RelationMetadata, { entity, ancestors = [] }: Change): boolean {
  return name === entity || ancestors.includes(name);
}

function decides(relation: RelationMetadata, condition: Condition, { before, after }: Change): boolean {
  const { inverseEntityMetadata: metadata } = relation;
  const was = before && isThere(metadata, before) && mayHold(condition, before);
  const is = after && isThere(metadata, after) && mayHold(condition, after);
  if (!was && !is) return false;
  if (!before || !after) return !isReferred(relation, before === undefined);
  if (was !== is) return true;
  // Many-to-many links change without a change of their owner's columns.
  if (relation.isManyToMany || crossesLists(condition)) return true;
  return decisiveColumns(relation, condition).some(
    (column) => canonical(read(column, before)) !== canonical(read(column, after)),
  );
}

/** Whether the row counts as a related row: soft-deleted rows do not. */
function isThere({ deleteDateColumn }: EntityMetadata, image: Image): boolean {
  return !deleteDateColumn || read(deleteDateColumn, image) === null;
}

/**
 * Whether a foreign key refers, or referred, to the row that was added or removed. Then all rows that refer to it
 * changed in the same commit, unless the database itself changed them (ON DELETE).
 */
function isReferred(
  { isOwning, isManyToMany, createForeignKeyConstraints, onDelete }: RelationMetadata,
  isNew: boolean,
): boolean {
  if (!isOwning || isManyToMany || !createForeignKeyConstraints) return false;
  return isNew || onDelete === undefined || onDelete === 'NO ACTION' || onDelete === 'RESTRICT';
}

function mayHold(condition: Condition, image: Image): boolean {
  const truth = judge(condition, image);
  return truth === true || truth === undefined;
}

function crossesLists(condition: Condition): boolean {
  return [...ownConditions(condition)].some(
    (part) => (part.kind === 'related' || part.kind === 'count') && part.relation.isManyToMany,
  );
}

/** The columns that the condition reads, and all columns by which rows refer to each other. */
function decisiveColumns(
  { inverseEntityMetadata: metadata }: RelationMetadata,
  condition: Condition,
): ColumnMetadata[] {
  const compared = [...ownConditions(condition)].flatMap((part) => ('column' in part ? [part.column] : []));
  const links = metadata.relations.flatMap(({ joinColumns }) => joinColumns);
  return [...compared, ...links, ...metadata.primaryColumns];
}
