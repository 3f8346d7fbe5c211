// Judges a condition in memory, from a row's image. Decides only comparisons with the same result on every database and
// leaves all others to the database.

import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { matchesPattern } from '../../policy/filtering/pattern.js';
import type { Image } from '../../core/changes/change.js';
import { exactOf } from '../../core/changes/exact-values.js';
import { compareStored, exactToStored, kindOf, toStored, type Stored } from './column-value.js';
import type { Comparison, Condition, DatePartComparison, TextComparison } from './condition.js';
import { fold } from './fold.js';
import { isSaid, mayJudge } from './memory-rules.js';

/** SQL's three truth values (`null` is unknown), or `undefined`: ask the database. */
export type Truth = boolean | null | undefined;

export function judge(condition: Condition, image: Image): Truth {
  if ('column' in condition && !isSaid(condition.column, image)) return undefined;
  switch (condition.kind) {
    case 'compare':
      return judgeComparison(condition, read(condition.column, image));
    case 'null':
      return read(condition.column, image) === null;
    case 'text':
      return judgeText(condition, read(condition.column, image));
    case 'part':
      return judgeDatePart(condition, read(condition.column, image));
    case 'and':
      return judgeGroup(condition.parts, image, false);
    case 'or':
      return judgeGroup(condition.parts, image, true);
    case 'negate': {
      const truth = judge(condition.part, image);
      return truth === null || truth === undefined ? truth : !truth;
    }
    case 'complement': {
      const truth = judge(condition.part, image);
      return truth === undefined ? undefined : truth !== true;
    }
    case 'native':
    case 'related':
    case 'count':
      return undefined;
  }
}

/** One decisive part decides the group. Otherwise, one part that memory cannot judge leaves the group to the database. */
function judgeGroup(parts: readonly Condition[], image: Image, decisive: boolean): Truth {
  let result: Truth = !decisive;
  for (const part of parts) {
    const truth = judge(part, image);
    if (truth === decisive) return decisive;
    if (truth === undefined || (truth === null && result !== undefined)) result = truth;
  }
  return result;
}

/** The column's stored value, from the row's image and the exact values captured with it. */
export function read(column: ColumnMetadata, image: Image): Stored {
  const exact = exactOf(image)?.[column.databaseName];
  if (exact !== undefined) return exactToStored(column, exact);
  const value: unknown = column.getEntityValue(image);
  const stored = toStored(column, value);
  // Not a safe integer: the stored value is unknown.
  return typeof stored === 'bigint' && typeof value === 'number' && !Number.isSafeInteger(value)
    ? { opaque: value }
    : stored;
}

function judgeComparison({ column, operator, values }: Comparison, actual: Stored): Truth {
  if (actual === null) return null;
  if (typeof actual === 'object' || !mayJudge(column, operator === 'in' ? 'equality' : 'order')) return undefined;
  if (kindOf(column) === 'day' && ![actual, ...values].every(isCommonDay)) return undefined;
  if (operator === 'in') {
    if (values.some((value) => value === actual)) return true;
    return values.some((value) => typeof value === 'object') ? undefined : false;
  }
  const [bound] = values;
  if (bound === undefined || bound === null || typeof bound === 'object') return undefined;
  const order = compareStored(actual, bound);
  if (operator === 'lt') return order < 0;
  if (operator === 'lte') return order <= 0;
  return operator === 'gt' ? order > 0 : order >= 0;
}

/** Invalid dates, and years that do not have four digits, do not sort like their text. */
function isCommonDay(value: Stored): boolean {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value);
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

function judgeText({ column, test, folded, value }: TextComparison, actual: Stored): Truth {
  if (actual === null) return null;
  if (typeof actual !== 'string' || !mayJudge(column, 'text')) return undefined;
  if (test === 'regex') return matchesPattern(value, folded, actual);
  // Beyond ASCII, each database folds case by its own version of Unicode.
  if (folded && !(isAscii(actual) && isAscii(value))) return undefined;
  const text = folded ? fold(actual) : actual;
  const sought = folded ? fold(value) : value;
  if (test === 'exact') return text === sought;
  if (test === 'contains') return text.includes(sought);
  return test === 'startswith' ? text.startsWith(sought) : text.endsWith(sought);
}

function judgeDatePart({ column, part, value }: DatePartComparison, actual: Stored): Truth {
  if (actual === null) return null;
  if (!mayJudge(column, 'part')) return undefined;
  if (kindOf(column) === 'instant' && typeof actual === 'number') return datePart(new Date(actual), part) === value;
  if (isCommonDay(actual) && typeof actual === 'string') return datePart(new Date(actual), part) === value;
  return undefined;
}

function datePart(date: Date, part: DatePartComparison['part']): number {
  switch (part) {
    case 'year':
      return date.getUTCFullYear();
    case 'month':
      return date.getUTCMonth() + 1;
    case 'day':
      return date.getUTCDate();
    case 'week_day':
      return date.getUTCDay() + 1;
    case 'hour':
      return date.getUTCHours();
    case 'minute':
      return date.getUTCMinutes();
    case 'second':
      return date.getUTCSeconds();
  }
}
