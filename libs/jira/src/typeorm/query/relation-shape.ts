// Whether a value can be what a relation holds: rows that are named by their key, or that the write may create.

import type { ObjectLiteral, RelationMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { ownForeignKeys, relationKeys } from '../rows/related-rows.js';
import { columnValue } from '../../commits/column-value.js';

/** The input's fields that hold something else, each with what is wrong. */
export function shapeFaults(relation: RelationMetadata, entity: ObjectLiteral): (readonly [string, string])[] {
  const value: unknown = relation.getEntityValue(entity);
  const { propertyPath: path } = relation;
  if (value === undefined || value === null) return [];
  const fault = listFault(relation, value);
  if (fault !== undefined) return [[path, fault]];
  if (!Array.isArray(value)) return isRowOf(relation, value) ? [] : [[path, nameless(relation)]];
  return value.flatMap((item, i) => (isRowOf(relation, item) ? [] : [[`${path}.${i}`, nameless(relation)] as const]));
}

/** What is wrong with a list for one row, or with one row for a list; TypeORM would leave it aside in silence. */
export function listFault({ isOneToMany, isManyToMany }: RelationMetadata, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (isOneToMany || isManyToMany) return Array.isArray(value) ? undefined : 'Must be an array.';
  return Array.isArray(value) ? 'Must be one row, not an array.' : undefined;
}

function isRowOf(relation: RelationMetadata, item: unknown): boolean {
  const keys = keysOf(relation);
  // A bare key is understood where the row itself holds it.
  if (typeof item !== 'object') return ownForeignKeys(relation).length === 1;
  if (item === null) return false;
  const has = (column: ColumnMetadata): boolean => (columnValue(column, item) ?? undefined) !== undefined;
  if (keys.every(has)) return true;
  const isNamed = relation.inverseEntityMetadata.primaryColumns.every(has);
  const isNull = keys.some((column) => columnValue(column, item) === null);
  return relation.isCascadeInsert && !isNamed && !isNull;
}

/** What tells the write which row is meant. */
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
