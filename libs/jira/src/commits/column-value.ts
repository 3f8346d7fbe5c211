// Reads what an entity holds for a column, without making TypeORM load lazy relations.

import type { EntityMetadata, ObjectLiteral, RelationMetadata } from 'typeorm';
import { isRecord } from '../core/support/is-record.js';
import { lazyPromiseOf, lazyValueName, type ColumnMetadata } from './typeorm-internals.js';

/**
 * The value of a column, as `column.getEntityValue()` returns it. That method also reads the property of a lazy
 * relation when the entity holds no related row, which sends a query that nothing awaits. This function treats it as
 * unset.
 */
export function columnValue(column: ColumnMetadata, entity: ObjectLiteral): unknown {
  const { relationMetadata: relation, propertyName } = column;
  if (relation?.isLazy && relation.propertyName === propertyName && loadsOnRead(relation, entity)) {
    const related: unknown = relation.getEntityValue(entity);
    if (related === undefined || related === null) return related;
  }
  return column.getEntityValue(entity);
}

/** Sets the omitted lazy relations of a new row to null. TypeORM's insert would read, and so load, each of them. */
export function nullUnread({ manyToOneRelations, oneToOneRelations }: EntityMetadata, entity: ObjectLiteral): void {
  for (const relation of [...manyToOneRelations, ...oneToOneRelations]) {
    const holdsKey = relation.joinColumns.some(({ propertyName }) => propertyName === relation.propertyName);
    if (!relation.isLazy || !holdsKey || !loadsOnRead(relation, entity)) continue;
    if (relation.getEntityValue(entity) === undefined) relation.setEntityValue(entity, null);
  }
}

/**
 * Plain fields of an entity, with lazy relations at any depth under the names that TypeORM's merge() reads. It silently
 * ignores them under their own names.
 */
export function underLazyNames({ relations }: EntityMetadata, fields: ObjectLiteral): ObjectLiteral {
  let named = fields;
  for (const { propertyName, isLazy, embeddedMetadata, inverseEntityMetadata } of relations) {
    const inner = (item: unknown): unknown => (isRecord(item) ? underLazyNames(inverseEntityMetadata, item) : item);
    named = replaceIn(named, embeddedMetadata?.parentPropertyNames ?? [], propertyName, (value) => {
      const items: unknown[] | undefined = Array.isArray(value) ? value.map(inner) : undefined;
      return [isLazy ? lazyValueName(propertyName) : propertyName, items ?? inner(value)];
    });
  }
  return named;
}

/**
 * A copy of the object with one property, at the end of a path, renamed or replaced; the object itself if it lacks that
 * property.
 */
function replaceIn(
  holder: ObjectLiteral,
  [first, ...rest]: readonly string[],
  propertyName: string,
  replace: (value: unknown) => [string, unknown],
): ObjectLiteral {
  if (first !== undefined) {
    const value: unknown = holder[first];
    return isRecord(value) ? { ...holder, [first]: replaceIn(value, rest, propertyName, replace) } : holder;
  }
  if (!(propertyName in holder)) return holder;
  const { [propertyName]: value, ...others } = holder;
  const [name, replaced] = replace(value);
  return name === propertyName && replaced === value ? holder : { ...others, [name]: replaced };
}

/** Whether the property is TypeORM's getter, and nothing has loaded it or set it to a promise. */
function loadsOnRead({ embeddedMetadata, propertyName }: RelationMetadata, entity: ObjectLiteral): boolean {
  const names = embeddedMetadata?.parentPropertyNames ?? [];
  const holder = names.reduce<ObjectLiteral | null | undefined>(
    (value, name) => value?.[name] as ObjectLiteral | null | undefined,
    entity,
  );
  if (!holder || lazyPromiseOf(holder, propertyName) !== undefined) return false;
  return Object.getOwnPropertyDescriptor(holder, propertyName)?.get !== undefined;
}
