// Compiles TypeORM's find operators (`In`, `Not`, `Raw`, …) to conditions.

import { FindOperator, type FindOperatorType } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { canonical, toStored, type Stored } from './column-value.js';
import { and, negate, oneOf, or, type Comparison, type Condition } from './condition.js';

/** Refuses a value: throws an error that says where it is, what is wrong and how to fix it. */
export type Describe = (path: string, fault: string, cure: string) => never;

export function columnCondition(column: ColumnMetadata, value: unknown, path: string, fail: Describe): Condition {
  if (value instanceof FindOperator) return operatorCondition(column, value, path, fail);
  return oneOf(column, [operand(column, value, path, fail)]);
}

export function operatorCondition(
  column: ColumnMetadata,
  operator: FindOperator<unknown>,
  path: string,
  fail: Describe,
): Condition {
  const { type, child } = operator;
  const value: unknown = operator.value;
  if (type === 'not') return negate(columnCondition(column, child ?? value, path, fail));
  // Any other operator around an operator only passes it on: Equal(In([1])) is In([1]).
  if (child) return operatorCondition(column, child, path, fail);
  const list = (): readonly unknown[] => members(value, path, fail);
  const compared = (sign: Comparison['operator'], bound: unknown): Condition =>
    compare(column, sign, bound, path, fail);
  if (type === 'isNull') return { kind: 'null', column };
  if (type === 'equal') return oneOf(column, [operand(column, value, path, fail)]);
  if (type === 'in')
    return oneOf(
      column,
      list().map((item) => operand(column, item, path, fail)),
    );
  if (type === 'lessThan') return compared('lt', value);
  if (type === 'lessThanOrEqual') return compared('lte', value);
  if (type === 'moreThan') return compared('gt', value);
  if (type === 'moreThanOrEqual') return compared('gte', value);
  if (type === 'between') return and([compared('gte', list()[0]), compared('lte', list()[1])]);
  if (type === 'and') return and(list().map((item) => columnCondition(column, item, path, fail)));
  if (type === 'or') return or(list().map((item) => columnCondition(column, item, path, fail)));
  return nativeCondition(column, operator, path, fail);
}

function compare(
  column: ColumnMetadata,
  operator: Comparison['operator'],
  value: unknown,
  path: string,
  fail: Describe,
): Condition {
  return { kind: 'compare', column, operator, values: [operand(column, value, path, fail)] };
}

function operand(column: ColumnMetadata, value: unknown, path: string, fail: Describe): Stored {
  if (value === undefined || value === null)
    return fail(path, `compares with ${value}.`, 'Check the value first, or use IsNull() to ask for null.');
  const stored = toStored(column, value);
  const unwritable = unwritableNumber(column, stored);
  if (unwritable !== undefined)
    return fail(path, `compares with ${unwritable}.`, 'Check the number first: on SQLite, MySQL and MariaDB, it must be finite.'); // prettier-ignore
  return stored;
}

/** The value, if TypeORM or the driver would write it into the SQL as the name of a column: `Infinity`, `NaN`. */
function unwritableNumber(column: ColumnMetadata, stored: Stored): number | undefined {
  const number = typeof stored === 'object' ? stored?.opaque : undefined;
  if (typeof number !== 'number' || Number.isFinite(number)) return undefined;
  return dialectOf(column.entityMetadata.dataSource).hasInfinity ? undefined : number;
}

function members(value: unknown, path: string, fail: Describe): readonly unknown[] {
  return Array.isArray(value) ? value : fail(path, 'needs an array.', 'Pass the operator an array of values.');
}

function nativeCondition(
  column: ColumnMetadata,
  operator: FindOperator<unknown>,
  path: string,
  fail: Describe,
): Condition {
  const value: unknown = operator.value;
  if (operator.type === 'raw') return rawCondition(column, operator);
  if (value === undefined || value === null)
    return fail(path, `applies ${operator.type} to ${value}.`, 'Check the value first.');
  const sql = NATIVE[operator.type];
  if (!sql) return fail(path, `uses the operator ${operator.type}, which is not supported.`, 'Use Raw() instead.');
  const isJson = operator.type === 'jsonContains' && typeof value !== 'string';
  const parameter: unknown = isJson ? JSON.stringify(value) : value;
  const { hasIlike } = dialectOf(column.entityMetadata.dataSource);
  return {
    kind: 'native',
    column,
    key: `${operator.type} ${canonical(parameter)}`,
    sql: (name, bind) => sql(name, bind(parameter), hasIlike),
  };
}

const NATIVE: Partial<Record<FindOperatorType, (name: string, parameter: string, hasIlike: boolean) => string>> = {
  like: (name, parameter) => `${name} LIKE ${parameter}`,
  ilike: (name, parameter, hasIlike) =>
    hasIlike ? `${name} ILIKE ${parameter}` : `UPPER(${name}) LIKE UPPER(${parameter})`,
  any: (name, parameter) => `${name} = ANY(${parameter})`,
  arrayContains: (name, parameter) => `${name} @> ${parameter}`,
  arrayContainedBy: (name, parameter) => `${name} <@ ${parameter}`,
  arrayOverlap: (name, parameter) => `${name} && ${parameter}`,
  jsonContains: (name, parameter) => `CAST(${name} AS jsonb) @> CAST(${parameter} AS jsonb)`,
};

/** Raw SQL. Its parameters are renamed, so that two operators may use the same name. */
function rawCondition(column: ColumnMetadata, operator: FindOperator<unknown>): Condition {
  const parameters = operator.objectLiteralParameters ?? {};
  const { getSql } = operator;
  const write = (name: string): string => (getSql ? getSql(name) : `${name} = ${String(operator.value)}`);
  return {
    kind: 'native',
    column,
    isRaw: true,
    key: `raw ${JSON.stringify(write('$column'))} ${canonical(parameters)}`,
    sql: (name, bind) => bindNamed(write(name), parameters, bind),
  };
}

/** Binds the named parameters of the application's SQL under new names. */
export function bindNamed(
  sql: string,
  parameters: Readonly<Record<string, unknown>>,
  bind: (value: unknown) => string,
): string {
  return sql.replace(/(?<!:):(\.\.\.)?([A-Za-z0-9_.]+)/g, (text, isList: string | undefined, key: string) => {
    if (!Object.hasOwn(parameters, key)) return text;
    const value: unknown = parameters[key];
    return isList !== undefined && Array.isArray(value) ? value.map(bind).join(', ') : bind(value);
  });
}
