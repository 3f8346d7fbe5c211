// Which row an entity was read as: set to another key, it would overwrite a row that its caller may not see.

import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { ValidationException } from '../../core/errors/jira.exception.js';
import { canonical } from './column-value.js';
import { columnValue } from '../../commits/column-value.js';

const KEYS = new WeakMap<ObjectLiteral, string>();

/** Notes the row that an entity was read as, within its caller's sight. */
export function noteKey(metadata: EntityMetadata, entity: ObjectLiteral): void {
  KEYS.set(entity, keyOf(metadata, entity));
}

/**
 * Whether the entity was read within its caller's sight.
 *
 * @throws ValidationException naming the key when it is another than it was
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
