// Separates a condition from its constants. One query can then judge many conditions that differ only in their
// constants: it reads these from a table.

import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { kindOf, isTextual, typeOf, type Stored } from './column-value.js';
import { keyOf, type Comparison, type Condition } from './condition.js';

/** A condition whose constants are replaced by columns of a constants table, and the constants. */
export interface Shaped {
  /** Equal for conditions that differ only in their constants. */
  readonly key: string;
  readonly condition: Condition;
  /** The columns that the constants are compared with, one for each column of the constants table. */
  readonly columns: readonly ColumnMetadata[];
  readonly values: readonly Stored[];
}

/** `undefined` if none of the condition's constants can be moved to a table. */
export function shapeOf(condition: Condition): Shaped | undefined {
  const columns: ColumnMetadata[] = [];
  const values: Stored[] = [];
  const shaped = withSlots(condition, (column, value) => {
    values.push(value);
    return columns.push(column) - 1;
  });
  return columns.length === 0 ? undefined : { key: keyOf(shaped), condition: shaped, columns, values };
}

type TakeSlot = (column: ColumnMetadata, value: Stored) => number;

function withSlots(condition: Condition, take: TakeSlot): Condition {
  switch (condition.kind) {
    case 'compare':
      return slotted(condition, take);
    case 'and':
    case 'or':
      return { kind: condition.kind, parts: condition.parts.map((part) => withSlots(part, take)) };
    case 'negate':
    case 'complement':
      return { kind: condition.kind, part: withSlots(condition.part, take) };
    case 'related':
      return { ...condition, condition: withSlots(condition.condition, take) };
    default:
      return condition;
  }
}

function slotted(condition: Comparison, take: TakeSlot): Comparison {
  const { column, operator, values } = condition;
  const [value] = values;
  if (operator !== 'in' || values.length !== 1 || !isTabular(column, value)) return condition;
  return { kind: 'compare', column, operator, values: [], slot: take(column, value) };
}

const MAX_BY_TYPE = new Map([
  ['int', 2 ** 31 - 1],
  ['integer', 2 ** 31 - 1],
  ['int4', 2 ** 31 - 1],
  ['smallint', 2 ** 15 - 1],
  ['int2', 2 ** 15 - 1],
]);
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Whether a table column of the same type holds the value unchanged. */
function isTabular(column: ColumnMetadata, value: Stored): boolean {
  if (column.unsigned || column.isVirtualProperty) return false;
  switch (kindOf(column)) {
    case 'integer':
      return Number.isInteger(value) && Math.abs(value as number) <= (MAX_BY_TYPE.get(typeOf(column).type) ?? -1);
    case 'bigint':
      return typeof value === 'bigint' && value < 2n ** 63n && value >= -(2n ** 63n);
    case 'uuid':
      return typeof value === 'string' && (isTextual(column) || UUID.test(value));
    case 'text':
      return typeof value === 'string' && !value.includes('\0');
    default:
      return false;
  }
}
