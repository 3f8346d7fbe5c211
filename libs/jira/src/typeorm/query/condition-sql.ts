// Writes a condition as SQL that tests the row at an alias.

import { relatedRows } from '../rows/related-rows.js';
import type { SqlWriter } from '../rows/sql-writer.js';
import { comparison } from '../../commits/dialect/dialect.js';
import { dialectOf } from '../../commits/dialect/dialects.js';
import { isTextual, toParameter, typeOf, type Stored } from './column-value.js';
import type { Comparison, Condition, DatePartComparison, TextComparison } from './condition.js';
import { PATTERN_FUNCTION, registerFunctions } from './sqlite-functions.js';

/** Alias of the images that are judged in place of rows. */
export const IMAGES = 'jira_image';

/** Alias of the constants table that `Comparison.slot` refers to. */
export const CONSTANTS = 'jira_constants';

export function constantName(slot: number): string {
  return `jira_c${slot}`;
}

export function writeSql(condition: Condition, alias: string, writer: SqlWriter): string {
  switch (condition.kind) {
    case 'compare':
      return compareSql(condition, alias, writer);
    case 'null':
      return `${writer.column(alias, condition.column)} IS NULL`;
    case 'text':
      return textSql(condition, alias, writer);
    case 'part':
      return partSql(condition, alias, writer);
    case 'native':
      return `(${condition.sql(writer.column(alias, condition.column), writer.bind)})`;
    case 'related': {
      const { relation } = condition;
      return `EXISTS (SELECT 1 ${relatedRows(relation, alias, writer, (inner) => writeSql(condition.condition, inner, writer))})`;
    }
    case 'count':
      return `(SELECT COUNT(*) ${relatedRows(condition.relation, alias, writer)}) ${condition.operator} ${writer.bind(condition.value)}`;
    case 'and':
    case 'or':
      return groupSql(condition.kind, condition.parts.map((part) => writeSql(part, alias, writer))); // prettier-ignore
    case 'negate':
      return `NOT (${writeSql(condition.part, alias, writer)})`;
    case 'complement':
      return `((${writeSql(condition.part, alias, writer)}) IS NOT TRUE)`;
  }
}

function groupSql(kind: 'and' | 'or', parts: readonly string[]): string {
  if (parts.length === 0) return kind === 'and' ? '1 = 1' : '1 = 0';
  return `(${parts.join(kind === 'and' ? ' AND ' : ' OR ')})`;
}

function compareSql({ column, operator, values, slot }: Comparison, alias: string, writer: SqlWriter): string {
  const sql = writer.column(alias, column);
  const dialect = dialectOf(writer.dataSource);
  const type = typeOf(column);
  if (type.kind === 'instant')
    return instantSql(sql, operator, values, (time) => writer.bind(toParameter(column, time)));
  const bound =
    slot === undefined
      ? values.map((value) => dialect.comparable(type, value, writer.bind(toParameter(column, value))))
      : [`${writer.escape(CONSTANTS)}.${writer.escape(constantName(slot))}`];
  const isText = isTextual(column);
  if (operator === 'in') return isText ? dialect.textIn(sql, type, bound, alias !== IMAGES) : comparison(sql, bound);
  const sign = { lt: '<', lte: '<=', gt: '>', gte: '>=' }[operator];
  if (!isText) return `${sql} ${sign} ${bound[0]}`;
  return `${dialect.exactText(sql, type)} ${sign} ${dialect.exactText(bound[0])}`;
}

/** Dates compare by millisecond, the precision of a `Date`. The column may hold microseconds, which no client ever saw. */
function instantSql(
  sql: string,
  operator: Comparison['operator'],
  values: readonly Stored[],
  bind: (time: number) => string,
): string {
  if (operator === 'in') {
    const ranges = values.map((value) =>
      typeof value === 'number' ? `(${sql} >= ${bind(value)} AND ${sql} < ${bind(value + 1)})` : '1 = 0',
    );
    return groupSql('or', ranges);
  }
  const [time] = values;
  if (typeof time !== 'number') throw new TypeError('A date comparison needs a valid date.');
  const isUpper = operator === 'lt' || operator === 'lte';
  return `${sql} ${isUpper ? '<' : '>='} ${bind(operator === 'lte' || operator === 'gt' ? time + 1 : time)}`;
}

function textSql({ column, test, folded, value }: TextComparison, alias: string, writer: SqlWriter): string {
  const sql = writer.column(alias, column);
  if (folded || test === 'regex') registerFunctions(writer.dataSource);
  if (test === 'regex') return `${PATTERN_FUNCTION}(${writer.bind(value)}, ${folded ? 1 : 0}, ${sql}) = 1`;
  const dialect = dialectOf(writer.dataSource);
  const text = (one: string): string => (folded ? dialect.foldedText(one) : dialect.exactText(one));
  const bare = (one: string): string => one;
  // A test of the bare column finds candidates, by an index if there is one; the exact test decides.
  const narrow = (): string | undefined => {
    if (alias === IMAGES) return undefined;
    if (folded) return dialect.narrowFolded?.(sql, typeOf(column), test, value, writer.bind);
    return test !== 'exact' && dialect.canNarrowText(typeOf(column))
      ? dialect.textTest(bare, sql, test, value, writer.bind)
      : undefined;
  };
  const candidates = narrow();
  const exact = test === 'exact' ? `${text(sql)} = ${text(writer.bind(value))}` : dialect.textTest(text, sql, test, value, writer.bind); // prettier-ignore
  return candidates === undefined ? exact : `(${candidates} AND ${exact})`;
}

function partSql({ column, part, value }: DatePartComparison, alias: string, writer: SqlWriter): string {
  const sql = dialectOf(writer.dataSource).datePart(writer.column(alias, column), typeOf(column), part);
  return `${sql} = ${writer.bind(value)}`;
}
