// A condition as SQL over one alias, with its own aliases and parameters.

import type { DataSource, EntityMetadata, RelationMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { kindOf, toParameter, type Stored } from './column-value.js';
import type { Comparison, Condition, DatePartComparison, TextComparison } from './condition.js';
import { comparison, datePartSql, exactText, textIn, textTest } from './dialect.js';
import { PATTERN_FUNCTION, registerFunctions } from './sqlite-functions.js';

/** Where the SQL is written into: gives parameters and aliases that nobody else uses. */
export class SqlWriter {
  readonly parameters: Record<string, unknown> = {};
  private parameterCount = 0;
  private aliasCount = 0;

  /**
   * @param taken parameter names in use already
   * @param substitute SQL to select from in place of a many-to-many table
   */
  constructor(
    readonly dataSource: DataSource,
    private readonly taken: Readonly<Record<string, unknown>> = {},
    private readonly substitute?: (table: EntityMetadata) => string | undefined,
  ) {}

  /** Gives the value a parameter; returns its placeholder. Arrow, so that it can be handed on. */
  readonly bind = (value: unknown): string => {
    let name = `jira_p${this.parameterCount++}`;
    while (Object.hasOwn(this.taken, name)) name = `jira_p${this.parameterCount++}`;
    this.parameters[name] = value;
    return `:${name}`;
  };

  alias(): string {
    return `jira_r${this.aliasCount++}`;
  }

  escape(name: string): string {
    return this.dataSource.driver.escape(name);
  }

  table(path: string): string {
    return path
      .split('.')
      .filter((part) => part !== '')
      .map((part) => this.escape(part))
      .join('.');
  }

  /** What to select a many-to-many table's rows from. */
  links(table: EntityMetadata): string {
    return this.substitute?.(table) ?? this.table(table.tablePath);
  }

  column(alias: string, column: ColumnMetadata): string {
    if (column.isVirtualProperty && column.query) return `(${column.query(this.escape(alias))})`;
    return `${this.escape(alias)}.${this.escape(column.databaseName)}`;
  }
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

function compareSql({ column, operator, values }: Comparison, alias: string, writer: SqlWriter): string {
  const sql = writer.column(alias, column);
  const { driver } = writer.dataSource;
  const kind = kindOf(column);
  if (kind === 'instant') return instantSql(sql, operator, values, (time) => writer.bind(toParameter(column, time)));
  const bound = values.map((value) => writer.bind(toParameter(column, value)));
  const isText = kind === 'text' || kind === 'enum';
  if (operator === 'in') return isText ? textIn(driver, sql, column, bound) : comparison(sql, bound);
  const sign = { lt: '<', lte: '<=', gt: '>', gte: '>=' }[operator];
  if (!isText) return `${sql} ${sign} ${bound[0]}`;
  return `${exactText(driver, sql, column)} ${sign} ${exactText(driver, bound[0])}`;
}

/**
 * Moments compare by the millisecond, which is all that a `Date` holds: a column may hold microseconds that no client
 * ever saw.
 */
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
  return textTest(writer.dataSource.driver, sql, test, value, folded, writer.bind);
}

function partSql({ column, part, value }: DatePartComparison, alias: string, writer: SqlWriter): string {
  const sql = datePartSql(writer.dataSource.driver, writer.column(alias, column), column, part);
  return `${sql} = ${writer.bind(value)}`;
}

/** `FROM … WHERE …` over the rows related to the row at `alias`; soft-deleted ones are not among them, as in TypeORM. */
export function relatedRows(
  relation: RelationMetadata,
  alias: string,
  writer: SqlWriter,
  condition: (inner: string) => string = () => '1 = 1',
  withDeleted = false,
): string {
  const inner = writer.alias();
  const target = relation.inverseEntityMetadata;
  const table = `${writer.table(target.tablePath)} ${writer.escape(inner)}`;
  const parts = [];
  let from = table;
  if (relation.isManyToMany) {
    const junction = writer.alias();
    const { own, other, metadata } = junctionOf(relation);
    from = `${writer.links(metadata)} ${writer.escape(junction)} INNER JOIN ${table} ON ${joined(other, junction, inner, writer)}`;
    parts.push(joined(own, junction, alias, writer));
  } else {
    const columns = relation.isOwning ? relation.joinColumns : (relation.inverseRelation?.joinColumns ?? []);
    parts.push(relation.isOwning ? joined(columns, alias, inner, writer) : joined(columns, inner, alias, writer));
  }
  if (target.deleteDateColumn && !withDeleted) parts.push(`${writer.column(inner, target.deleteDateColumn)} IS NULL`);
  const where = condition(inner);
  if (where !== '1 = 1') parts.push(where);
  return `FROM ${from} WHERE ${parts.join(' AND ')}`;
}

/** The junction's columns that name this side's row and the other side's. */
export function junctionOf(relation: RelationMetadata): {
  own: ColumnMetadata[];
  other: ColumnMetadata[];
  metadata: EntityMetadata;
} {
  const junction = relation.junctionEntityMetadata;
  if (!junction) throw new TypeError(`${relation.entityMetadata.name}.${relation.propertyPath} has no junction table.`);
  return relation.isOwning
    ? { own: junction.ownerColumns, other: junction.inverseColumns, metadata: junction }
    : { own: junction.inverseColumns, other: junction.ownerColumns, metadata: junction };
}

function joined(columns: readonly ColumnMetadata[], holder: string, referenced: string, writer: SqlWriter): string {
  return columns
    .map((column) => {
      const target = column.referencedColumn as ColumnMetadata;
      return `${writer.column(holder, column)} = ${writer.column(referenced, target)}`;
    })
    .join(' AND ');
}
