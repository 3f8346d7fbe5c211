// Remembers the key that an entity was read with. Saved with another key, the entity would overwrite another row, which
// its caller may not see.

import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { ValidationException } from '../../core/errors/jira.exception.js';
import { canonical } from './column-value.js';
import { columnValue } from '../../commits/column-value.js';

const KEYS = new WeakMap<ObjectLiteral, string>();

/** Remembers the key of an entity that the caller was allowed to read. */
export function noteKey(metadata: EntityMetadata, entity: ObjectLiteral): void {
  KEYS.set(entity, keyOf(metadata, entity));
}

/**
 * Whether the caller was allowed to read the entity.
 *
 * @throws ValidationException with the key's fields if the key was changed since
 */
export function isKnown(metadata: EntityMetadata, entity: ObjectLiteral): boolean {
  const key = KEYS.get(entity);
  if (key === undefined || key === keyOf(metadata, entity)) return key !== undefined;
  const fault = ['A primary key cannot be changed.'];
  throw new ValidationException(
    Object.fromEntries(metadata.primaryColumns.map(({ propertyPath }) => [propertyPath, fault])),
  );
}

function keyOf(metadata: EntityMetadata, entity: ObjectLiteral): string {
  return metadata.primaryColumns.map((column) => canonical(columnValue(column, entity))).join();
}
