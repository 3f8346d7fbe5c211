// The compiled condition on the rows of an entity. Visibility and filters compile to it.

import type { EntityMetadata, SelectQueryBuilder } from 'typeorm';
import { expressionMapOf, type ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { Filter } from '../../policy/filtering/filter.js';
import type { Image } from '../../core/changes/change.js';
import { canonical, kindOf, type Stored } from './column-value.js';
import { constantOf, keyOf, ownConditions, relationsOf, type Condition } from './condition.js';
import { judge } from './condition-memory.js';
import { SqlWriter } from '../rows/sql-writer.js';
import { writeSql } from './condition-sql.js';
import { mayJudge } from './memory-rules.js';
import { filterCondition } from './filter-condition.js';
import type { Sight } from './sight.js';
import { visibilityCondition } from './visibility.js';

export type EqualityValue = string | number | bigint | boolean;

/** A condition on the rows of one entity, with the same result in SQL and in memory. */
export class RowPredicate {
  /** `true` or `false` if the condition has this value for every row. */
  readonly constant?: boolean;
  // Computed on first use: a request that only reads needs neither.
  private equal?: ReadonlyMap<string, readonly EqualityValue[]>;
  private names?: readonly string[];

  constructor(
    readonly metadata: EntityMetadata,
    readonly condition: Condition,
  ) {
    this.constant = constantOf(condition);
  }

  /** Canonical: conditions made of the same parts have equal keys, in whatever order you write the parts. */
  get key(): string {
    return `${this.metadata.name}: ${keyOf(this.condition)}`;
  }

  /**
   * Necessary conditions. Maps the property path of an own column to values, as entities hold them: a matching row has
   * one of these values.
   */
  get equalities(): ReadonlyMap<string, readonly EqualityValue[]> {
    return (this.equal ??= equalitiesOf(this.condition));
  }

  /** Sorted names of the related entities, and of the link tables, that the condition reads. */
  get relations(): readonly string[] {
    const found = (): string[] => [...new Set(relationsOf(this.condition).flatMap(entitiesOf))];
    return (this.names ??= found().toSorted((a, b) => (a < b ? -1 : 1)));
  }

  /** Adds the condition to a query, in brackets. It never joins, so it neither loses nor doubles rows. */
  apply<E extends object>(query: SelectQueryBuilder<E>, alias: string): void {
    if (this.constant === true) return;
    const writer = new SqlWriter(this.metadata.dataSource, query.getParameters());
    const sql = writeSql(this.condition, alias, writer);
    bracketAlternatives(query);
    query.andWhere(`(${sql})`, writer.parameters);
  }

  /** Whether the row satisfies the condition, judged from its image alone; undefined if only the database can tell. */
  matches(image: Image): boolean | undefined {
    const truth = judge(this.condition, image);
    return truth === undefined ? undefined : truth === true;
  }

  /** The entity's own columns that the condition reads. */
  columns(): readonly ColumnMetadata[] {
    const own = [...ownConditions(this.condition)].flatMap((part) => ('column' in part ? [part.column] : []));
    return [...new Set(own)];
  }
}

/** An existing `a OR b` must not become `a OR (b AND …)`. */
function bracketAlternatives<E extends object>(query: SelectQueryBuilder<E>): void {
  const map = expressionMapOf(query);
  const { wheres } = map;
  if (wheres.some(({ type }) => type === 'or'))
    map.wheres = [{ type: 'simple', condition: { operator: 'brackets', condition: wheres } }];
}

/** @param subject the owner of the visibility, for errors: `IssueHook` */
export function compileVisibility(metadata: EntityMetadata, visibility: unknown, subject?: string): RowPredicate {
  return new RowPredicate(metadata, visibilityCondition(metadata, visibility, subject));
}

/** @param sight the related rows that the filter may read @default all of them */
export function compileFilter(metadata: EntityMetadata, filter: Filter, sight?: Sight): RowPredicate {
  return new RowPredicate(metadata, filterCondition(metadata, filter, sight));
}

function equalitiesOf(condition: Condition): Map<string, readonly EqualityValue[]> {
  if (condition.kind === 'compare' && condition.operator === 'in') {
    const { column, values } = condition;
    const found = values.flatMap((value) => equalityValue(column, value));
    return new Map(found.length === values.length ? [[column.propertyPath, found]] : []);
  }
  if (condition.kind === 'and') return intersected(condition.parts.map(equalitiesOf));
  if (condition.kind === 'or' && condition.parts.length > 0) return united(condition.parts.map(equalitiesOf));
  return new Map();
}

/** The value as images hold it; none if the column's entity value does not say what the database holds. */
function equalityValue(column: ColumnMetadata, value: Stored): EqualityValue[] {
  if (value === null || typeof value === 'object' || column.transformer || column.referencedColumn?.transformer)
    return [];
  // Bytes cannot be looked up; days and dates may be read in another time zone than they were written in.
  if (!mayJudge(column, 'equality') || ['binary', 'day', 'instant'].includes(kindOf(column))) return [];
  // Drivers that read big integers as numbers round them; TypeORM cuts fractions off.
  const isLossy = typeof value === 'bigint' ? !Number.isSafeInteger(Number(value)) : kindOf(column) === 'integer' && !Number.isInteger(value); // prettier-ignore
  return isLossy ? [] : [value];
}

function intersected(
  maps: readonly ReadonlyMap<string, readonly EqualityValue[]>[],
): Map<string, readonly EqualityValue[]> {
  const result = new Map<string, readonly EqualityValue[]>();
  for (const [path, values] of maps.flatMap((map) => [...map])) {
    const known = result.get(path);
    result.set(path, known === undefined ? values : known.filter((value) => has(values, value)));
  }
  return result;
}

function united(maps: readonly ReadonlyMap<string, readonly EqualityValue[]>[]): Map<string, readonly EqualityValue[]> {
  const [first, ...rest] = maps;
  const result = new Map<string, readonly EqualityValue[]>();
  for (const [path, values] of first ?? []) {
    const others = rest.map((map) => map.get(path));
    if (others.every((other) => other !== undefined)) result.set(path, [...values, ...others.flat()]);
  }
  return result;
}

function has(values: readonly EqualityValue[], sought: EqualityValue): boolean {
  return values.some((value) => canonical(value) === canonical(sought));
}

function entitiesOf(relation: ReturnType<typeof relationsOf>[number]): string[] {
  const names = [relation.inverseEntityMetadata.name];
  if (relation.junctionEntityMetadata) names.push(relation.junctionEntityMetadata.name);
  return names;
}
