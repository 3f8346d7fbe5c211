// Resolves the path of a filter or an ordering to the relations it crosses and the column it ends at.

import type { EntityMetadata, RelationMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { foreignKeyOf, ownForeignKeys } from '../rows/related-rows.js';

export interface FieldPath {
  readonly relations: readonly RelationMetadata[];
  readonly column: ColumnMetadata;
}

/** Undefined if the path does not name one column: an unknown property, a to-many relation at the end, a composite key. */
export function resolvePath(metadata: EntityMetadata, path: readonly string[]): FieldPath | undefined {
  const relations: RelationMetadata[] = [];
  let entity = metadata;
  let prefix = '';
  for (const [position, name] of path.entries()) {
    const property = prefix === '' ? name : `${prefix}.${name}`;
    const isLast = position === path.length - 1;
    const column = isLast ? entity.findColumnWithPropertyPathStrict(property) : undefined;
    if (column) return { relations, column };
    const relation = entity.findRelationWithPropertyPath(property);
    if (!relation) {
      if (!entity.findEmbeddedWithPropertyPath(property)) return undefined;
      prefix = property;
      continue;
    }
    const key = keyColumn(relation, path.slice(position + 1));
    if (key) return { relations, column: key };
    relations.push(relation);
    entity = relation.inverseEntityMetadata;
    prefix = '';
  }
  return undefined;
}

/** The foreign key's own column for `project`, and for `project.id` if the key always names an existing row. */
function keyColumn(relation: RelationMetadata, rest: readonly string[]): ColumnMetadata | undefined {
  const columns = rest.length === 0 ? ownForeignKeys(relation) : foreignKeyOf(relation);
  if (!columns) return undefined;
  if (rest.length === 0) return columns.length === 1 ? columns[0] : undefined;
  return columns.find((column) => column.referencedColumn?.propertyPath === rest.join('.'));
}
