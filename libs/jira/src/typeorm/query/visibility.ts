// Compiles a hook's `visibility` to a condition: TypeORM's find conditions, read strictly.

import { FindOperator, type EntityMetadata, type FindOptionsWhere, type RelationMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { foreignKeyOf, ownForeignKeys } from '../rows/related-rows.js';
import { ALL, NONE, and, negate, or, related, type Condition } from './condition.js';
import { columnCondition, operatorCondition, type Describe } from './find-operator.js';

/**
 * The rows a caller may see: TypeORM's find conditions, an array of them for "any of these", `true` for all rows or
 * `false` for none. `[]`, `{}` and empty nested objects match no row. `undefined` or `null` anywhere inside throws.
 */
export type Visibility<E> = FindOptionsWhere<E> | FindOptionsWhere<E>[] | boolean;

/**
 * @param subject the owner of the visibility, for errors: `IssueHook`
 * @throws TypeError with the subject and the property, if a value is undefined or null or a property is unknown
 */
export function visibilityCondition(metadata: EntityMetadata, visibility: unknown, subject = metadata.name): Condition {
  if (visibility === true) return ALL;
  if (visibility === false) return NONE;
  return whereCondition(metadata, visibility, '', (path, fault, cure) => {
    const where = path === '' ? '' : ` at "${path}"`;
    throw new TypeError(`The visibility of ${subject}${where} ${fault} ${cure}`);
  });
}

function whereCondition(
  metadata: EntityMetadata,
  where: unknown,
  path: string,
  fail: Describe,
  prefix = '',
): Condition {
  if (where === undefined || where === null)
    return fail(path, `is ${where}.`, 'Return false for no rows and true for all; use IsNull() to ask for null.');
  if (Array.isArray(where)) return or(where.map((item) => whereCondition(metadata, item, path, fail, prefix)));
  if (typeof where !== 'object')
    return fail(path, `is a ${typeof where}.`, 'Return an object of find conditions, true or false.');
  const parts = Object.entries(where).map(([name, value]) =>
    propertyCondition(metadata, prefix === '' ? name : `${prefix}.${name}`, value, join(path, name), fail),
  );
  return parts.length === 0 ? NONE : and(parts);
}

function propertyCondition(
  metadata: EntityMetadata,
  property: string,
  value: unknown,
  path: string,
  fail: Describe,
): Condition {
  const column = metadata.findColumnWithPropertyPathStrict(property);
  const relation = metadata.findRelationWithPropertyPath(property);
  const isEmbedded = metadata.findEmbeddedWithPropertyPath(property) !== undefined;
  if (!column && !relation && !isEmbedded)
    return fail(path, `names no property of ${metadata.name}.`, 'Correct the name, or map the property.');
  if (value === undefined)
    return fail(
      path,
      'is undefined.',
      'Check the value first, or return false: an undefined value would match every row.',
    );
  if (value === null) return fail(path, 'is null.', 'To ask for null, use IsNull().');
  if (isEmbedded && !column) return whereCondition(metadata, value, path, fail, property);
  // A column may share its relation's name (a relation to a key of that name): objects then describe the related row.
  if (column && !(relation && isPlain(value))) return columnCondition(column, value, path, fail);
  return relationCondition(relation as RelationMetadata, value, path, fail);
}

function relationCondition(relation: RelationMetadata, value: unknown, path: string, fail: Describe): Condition {
  if (value === true) return related(relation, ALL);
  if (value instanceof FindOperator) return relationOperator(relation, value, path, fail);
  if (typeof value !== 'object')
    return fail(path, `is a ${typeof value}.`, 'Describe the related row ({ id: … }), or use true for "has one".');
  if (Array.isArray(value)) return or(value.map((item) => relationCondition(relation, item, path, fail)));
  const key = foreignKeyCondition(relation, value as object, path, fail);
  return key ?? related(relation, whereCondition(relation.inverseEntityMetadata, value, path, fail));
}

const COUNTS = { lessThan: '<', lessThanOrEqual: '<=', moreThan: '>', moreThanOrEqual: '>=' } as const;

function relationOperator(
  relation: RelationMetadata,
  operator: FindOperator<unknown>,
  path: string,
  fail: Describe,
): Condition {
  if (operator.type in COUNTS && !(operator.child instanceof FindOperator)) {
    const value = Number(operator.value);
    if (!Number.isFinite(value))
      return fail(path, 'compares a number of rows with something other than a number.', 'Use a number.');
    return { kind: 'count', relation, operator: COUNTS[operator.type as keyof typeof COUNTS], value };
  }
  const [column, ...others] = ownForeignKeys(relation);
  if (column && others.length === 0) return operatorCondition(column, operator, path, fail);
  if (operator.type === 'not' && operator.child) return negate(relationOperator(relation, operator.child, path, fail));
  return fail(path, `applies ${operator.type} to a relation.`, 'Apply it to a column of the related row.');
}

/**
 * Compiles `{ project: { id: 5 } }` to a comparison of the foreign key, if the database guarantees that the related row
 * exists. This is cheaper, and can be judged from an image.
 */
function foreignKeyCondition(
  relation: RelationMetadata,
  where: object,
  path: string,
  fail: Describe,
): Condition | undefined {
  const columns = foreignKeyOf(relation);
  const entries = Object.entries(where);
  if (columns === undefined || entries.length === 0) return undefined;
  const matched = entries.map(([name, value]) => ({
    column: columns.find((column) => column.referencedColumn?.propertyPath === name),
    value: value as unknown,
    name,
  }));
  if (matched.some(({ column, value }) => column === undefined || asksForNull(value))) return undefined;
  return and(
    matched.map(({ column, value, name }) => {
      if (value === undefined || value === null) return propertyCondition(relation.inverseEntityMetadata, name, value, join(path, name), fail); // prettier-ignore
      return columnCondition(column as ColumnMetadata, value, join(path, name), fail);
    }),
  );
}

// If the related row is missing, no test of it is true, not even IsNull() or Not(): only positive tests can use the
// foreign key.
function asksForNull(value: unknown): boolean {
  return value instanceof FindOperator && !['equal', 'in', 'lessThan', 'lessThanOrEqual', 'moreThan', 'moreThanOrEqual', 'between'].includes(value.type); // prettier-ignore
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof FindOperator) && !(value instanceof Date);
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
