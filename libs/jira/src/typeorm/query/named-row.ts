// A related row that a write names by its key, as a filter on the related entity.

import type { EntityManager, EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { ValidationException } from '../../core/errors/jira.exception.js';
import { parseFieldValue } from '../../policy/filtering/field-type.js';
import { allOf, type Filter } from '../../policy/filtering/filter.js';
import { EntityFieldTypes } from './field-types.js';
import { compileFilter } from './row-predicate.js';

/** The key by which a write names a related row: columns of the related entity and their values. */
export type NamedKey = ReadonlyMap<ColumnMetadata, unknown>;

/** @throws ValidationException with the field if the key has a value that no row can have */
export function keyFilter(metadata: EntityMetadata, key: NamedKey, field: string): Filter {
  const types = new EntityFieldTypes(metadata);
  const terms = [...key].map(([column, given]): Filter => {
    const path = column.propertyPath.split('.');
    const parsed = parseFieldValue(types.typeOf(path) ?? { kind: 'other', isNullable: false }, given);
    if (!parsed.ok) throw new ValidationException({ [field]: [parsed.fault] });
    return { kind: 'term', path, lookup: 'exact', value: parsed.value };
  });
  return allOf(...terms);
}

/** Whether a row satisfies the filter. Soft-deleted rows count. */
export function isRow(manager: EntityManager, metadata: EntityMetadata, filter: Filter): Promise<boolean> {
  const query = manager.createQueryBuilder(metadata.target, 'row').withDeleted();
  compileFilter(metadata, filter).apply(query, 'row');
  return query.getExists();
}
