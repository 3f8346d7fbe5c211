// The values that an entity holds in its relations.

import type { ObjectLiteral, RelationMetadata } from 'typeorm';
import { lazyValueName } from '../../commits/typeorm-internals.js';

/** Takes the loaded related row off the entity. TypeORM's own setter merges into it instead. */
export function forget({ embeddedMetadata, propertyName, isLazy }: RelationMetadata, entity: ObjectLiteral): void {
  let holder: unknown = entity;
  for (const name of embeddedMetadata?.parentPropertyNames ?? [])
    holder = (holder as ObjectLiteral | undefined)?.[name];
  const name = isLazy ? lazyValueName(propertyName) : propertyName;
  if (typeof holder === 'object' && holder !== null && name in holder) Object.assign(holder, { [name]: undefined });
}

/** Whether a relation's value means writes beyond the row: a list, the other side of a one-to-one, a cascade. */
export function isCascade(relation: RelationMetadata, value: unknown): boolean {
  if (value === undefined) return false;
  if (relation.isManyToMany || !relation.isOwning) return true;
  return typeof value === 'object' && value !== null && (relation.isCascadeInsert || relation.isCascadeUpdate);
}
