// One compiled condition on the rows of an entity: what visibility and filters become.

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

/** A condition on the rows of one entity that SQL and memory judge alike. */
export class RowPredicate {
  /** True or false where it is so for every row. */
  readonly constant?: boolean;
  // Made when asked for: a request that only reads needs none of them.
  private equal?: ReadonlyMap<string, readonly EqualityValue[]>;
  private names?: readonly string[];

  constructor(
    readonly metadata: EntityMetadata,
    readonly condition: Condition,
  ) {
    this.constant = constantOf(condition);
  }

  /** Canonical: conditions equal by construction have equal keys, whatever the order they were written in. */
  get key(): string {
    return `${this.metadata.name}: ${keyOf(this.condition)}`;
  }

  /**
   * Necessary conditions: property path of an own column → values as the entity has them, one of which the row must have.
   */
  get equalities(): ReadonlyMap<string, readonly EqualityValue[]> {
    return (this.equal ??= equalitiesOf(this.condition));
  }

  /** Names of the entities whose rows decide too, through relations. */
  get relations(): readonly string[] {
    const found = (): string[] => [...new Set(relationsOf(this.condition).flatMap(entitiesOf))];
    return (this.names ??= found().toSorted((a, b) => (a < b ? -1 : 1)));
  }

  /** Narrows a query by a condition of its own, bracketed; never joins, so rows are neither lost nor doubled. */
  apply<E extends object>(query: SelectQueryBuilder<E>, alias: string): void {
    if (this.constant === true) return;
    const writer = new SqlWriter(this.metadata.dataSource, query.getParameters());
    const sql = writeSql(this.condition, alias, writer);
    bracketAlternatives(query);
    query.andWhere(`(${sql})`, writer.parameters);
  }

  /** Whether a row satisfies it, from its image alone; undefined where only the database knows. */
  matches(image: Image): boolean | undefined {
    const truth = judge(this.condition, image);
    return truth === undefined ? undefined : truth === true;
  }

  /** The own columns it reads. */
  columns(): readonly ColumnMetadata[] {
    const own = [...ownConditions(this.condition)].flatMap((part) => ('column' in part ? [part.column] : []));
    return [...new Set(own)];
  }
}

/** `a OR b` that the query has already must not become `a OR (b AND …)`. */
function bracketAlternatives<E extends object>(query: SelectQueryBuilder<E>): void {
  const map = expressionMapOf(query);
  const { wheres } = map;
  if (wheres.some(({ type }) => type === 'or'))
    map.wheres = [{ type: 'simple', condition: { operator: 'brackets', condition: wheres } }];
}

/** @param subject whose visibility it is, for errors: `IssueHook` */
export function compileVisibility(metadata: EntityMetadata, visibility: unknown, subject?: string): RowPredicate {
  return new RowPredicate(metadata, visibilityCondition(metadata, visibility, subject));
}

/** @param sight of the related rows that the filter reads @default all of them */
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

/** The value as an image has it, for columns whose entity value says what the database holds. */
function equalityValue(column: ColumnMetadata, value: Stored): EqualityValue[] {
  if (value === null || typeof value === 'object' || column.transformer || column.referencedColumn?.transformer)
    return [];
  // Bytes are no index; days and moments may be read in another zone than they were written in.
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
