// Checks that the value of a relation has the right shape: rows named by their key, or new rows that the write may
// create.

import type { ObjectLiteral, RelationMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { ownForeignKeys, relationKeys } from '../rows/related-rows.js';
import { columnValue } from '../../commits/column-value.js';

/** The input's fields with a value of the wrong shape, each with its error. */
export function shapeFaults(relation: RelationMetadata, entity: ObjectLiteral): (readonly [string, string])[] {
  const value: unknown = relation.getEntityValue(entity);
  const { propertyPath: path } = relation;
  if (value === undefined || value === null) return [];
  const fault = listFault(relation, value);
  if (fault !== undefined) return [[path, fault]];
  if (!Array.isArray(value)) return isRowOf(relation, value) ? [] : [[path, nameless(relation)]];
  return value.flatMap((item, i) => (isRowOf(relation, item) ? [] : [[`${path}.${i}`, nameless(relation)] as const]));
}

/** The error for a list in place of one row, or one row in place of a list. TypeORM would silently ignore the value. */
export function listFault({ isOneToMany, isManyToMany }: RelationMetadata, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (isOneToMany || isManyToMany) return Array.isArray(value) ? undefined : 'Must be an array.';
  return Array.isArray(value) ? 'Must be one row, not an array.' : undefined;
}

function isRowOf(relation: RelationMetadata, item: unknown): boolean {
  const keys = keysOf(relation);
  // A bare key is accepted where the row itself holds the foreign key.
  if (typeof item !== 'object') return ownForeignKeys(relation).length === 1;
  if (item === null) return false;
  const has = (column: ColumnMetadata): boolean => (columnValue(column, item) ?? undefined) !== undefined;
  if (keys.every(has)) return true;
  const isNamed = relation.inverseEntityMetadata.primaryColumns.every(has);
  const isNull = keys.some((column) => columnValue(column, item) === null);
  return relation.isCascadeInsert && !isNamed && !isNull;
}

/** The columns that tell the write which row is meant. */
function keysOf(relation: RelationMetadata): readonly ColumnMetadata[] {
  const { primaryColumns } = relation.inverseEntityMetadata;
  const { related, other } = relationKeys(relation);
  if (ownForeignKeys(relation).length > 0) return related;
  return [...new Set([...primaryColumns, ...other])];
}

function nameless(relation: RelationMetadata): string {
  const names = keysOf(relation).map(({ propertyPath }) => `"${propertyPath}"`);
  return `Must name a row by ${names.join(' and ')}.`;
}
