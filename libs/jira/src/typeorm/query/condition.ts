// The condition tree that visibility and filters compile to. Every condition can be written as SQL (condition-sql.ts);
// many can also be judged in memory (condition-memory.ts).

import type { ColumnMetadata, RelationMetadata } from '../../commits/typeorm-internals.js';
import type { DatePart, TextTest } from '../../commits/dialect/dialect.js';
import { canonical, type Stored } from './column-value.js';

/** Compares one column with constants. A comparison with null is unknown, as in SQL. */
export interface Comparison {
  readonly kind: 'compare';
  readonly column: ColumnMetadata;
  /** `in` takes any number of values, the other operators take one. */
  readonly operator: 'in' | 'lt' | 'lte' | 'gt' | 'gte';
  readonly values: readonly Stored[];
  /** Replaces the single value: the number of a column of the constants table. */
  readonly slot?: number;
}

export interface NullTest {
  readonly kind: 'null';
  readonly column: ColumnMetadata;
}

export interface TextComparison {
  readonly kind: 'text';
  readonly column: ColumnMetadata;
  readonly test: TextTest | 'exact' | 'regex';
  readonly folded: boolean;
  readonly value: string;
}

/** A part of an instant (in UTC) or of a day. */
export interface DatePartComparison {
  readonly kind: 'part';
  readonly column: ColumnMetadata;
  readonly part: DatePart;
  readonly value: number;
}

/** An operator that only the database understands. */
export interface NativeComparison {
  readonly kind: 'native';
  readonly column: ColumnMetadata;
  readonly key: string;
  /** Whether the application wrote the SQL, which may then read anything. */
  readonly isRaw?: boolean;
  readonly sql: (column: string, bind: (value: unknown) => string) => string;
}

/** True if a related row satisfies the condition. */
export interface Related {
  readonly kind: 'related';
  readonly relation: RelationMetadata;
  readonly condition: Condition;
}

/** Compares the number of related rows with a constant. */
export interface RelatedCount {
  readonly kind: 'count';
  readonly relation: RelationMetadata;
  readonly operator: '<' | '<=' | '>' | '>=';
  readonly value: number;
}

export interface Group {
  readonly kind: 'and' | 'or';
  readonly parts: readonly Condition[];
}

/** SQL's NOT: unknown stays unknown. */
export interface Negation {
  readonly kind: 'negate';
  readonly part: Condition;
}

/** True for every row for which the part is false or unknown. */
export interface Complement {
  readonly kind: 'complement';
  readonly part: Condition;
}

export type Condition =
  | Comparison
  | NullTest
  | TextComparison
  | DatePartComparison
  | NativeComparison
  | Related
  | RelatedCount
  | Group
  | Negation
  | Complement;

export const ALL: Group = { kind: 'and', parts: [] };
export const NONE: Group = { kind: 'or', parts: [] };

/** The condition's value if it is the same for every row; otherwise undefined. */
export function constantOf(condition: Condition): boolean | undefined {
  return (condition.kind === 'and' || condition.kind === 'or') && condition.parts.length === 0
    ? condition.kind === 'and'
    : undefined;
}

export function and(parts: readonly Condition[]): Condition {
  return group('and', parts);
}

export function or(parts: readonly Condition[]): Condition {
  return group('or', parts);
}

function group(kind: 'and' | 'or', parts: readonly Condition[]): Condition {
  const decisive = kind === 'or';
  const flat = parts.flatMap((part) => (part.kind === kind ? part.parts : [part]));
  if (flat.some((part) => constantOf(part) === decisive)) return decisive ? ALL : NONE;
  // Sorted by key, so that the same parts in another order give the same condition.
  const byKey = new Map(flat.filter((part) => constantOf(part) === undefined).map((part) => [keyOf(part), part]));
  const kept = [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part);
  return kept.length === 1 ? kept[0] : { kind, parts: kept };
}

export function complement(part: Condition): Condition {
  const constant = constantOf(part);
  if (constant !== undefined) return constant ? NONE : ALL;
  return { kind: 'complement', part };
}

export function negate(part: Condition): Condition {
  const constant = constantOf(part);
  if (constant !== undefined) return constant ? NONE : ALL;
  return { kind: 'negate', part };
}

/** The column has one of these values. Equal sets of values give equal conditions. */
export function oneOf(column: ColumnMetadata, values: readonly Stored[]): Condition {
  if (values.length === 0) return NONE;
  const byKey = new Map(values.map((value) => [canonical(value), value]));
  const sorted = [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
  return { kind: 'compare', column, operator: 'in', values: sorted };
}

export function related(relation: RelationMetadata, condition: Condition): Condition {
  return constantOf(condition) === false ? NONE : { kind: 'related', relation, condition };
}

const keys = new WeakMap<Condition, string>();

/** A text that identifies the condition: conditions made of the same parts have the same key. */
export function keyOf(condition: Condition): string {
  const known = keys.get(condition);
  if (known !== undefined) return known;
  const key = makeKey(condition);
  keys.set(condition, key);
  return key;
}

function makeKey(condition: Condition): string {
  switch (condition.kind) {
    case 'compare':
      return `${condition.column.propertyPath} ${condition.operator} ${condition.slot === undefined ? canonical(condition.values) : `?${condition.slot}`}`;
    case 'null':
      return `${condition.column.propertyPath} null`;
    case 'text':
      return `${condition.column.propertyPath} ${condition.folded ? 'i' : ''}${condition.test} ${canonical(condition.value)}`;
    case 'part':
      return `${condition.column.propertyPath} ${condition.part} ${condition.value}`;
    case 'native':
      return `${condition.column.propertyPath} native ${condition.key}`;
    case 'related':
      return `${condition.relation.propertyPath}.(${keyOf(condition.condition)})`;
    case 'count':
      return `count(${condition.relation.propertyPath}) ${condition.operator} ${condition.value}`;
    case 'and':
    case 'or':
      return `${condition.kind}(${condition.parts.map(keyOf).join(';')})`;
    case 'negate':
    case 'complement':
      return `${condition.kind}(${keyOf(condition.part)})`;
  }
}

/** The tree's conditions on the row itself, without those on related rows. */
export function* ownConditions(condition: Condition): Generator<Condition> {
  yield condition;
  if (condition.kind === 'and' || condition.kind === 'or')
    for (const part of condition.parts) yield* ownConditions(part);
  if (condition.kind === 'negate' || condition.kind === 'complement') yield* ownConditions(condition.part);
}

/** The relations the tree crosses, at any depth. */
export function relationsOf(condition: Condition): RelationMetadata[] {
  return [...ownConditions(condition)].flatMap((part) => {
    if (part.kind === 'related') return [part.relation, ...relationsOf(part.condition)];
    return part.kind === 'count' ? [part.relation] : [];
  });
}

/** Whether the condition contains SQL of the application, which may read anything. */
export function isOpaque(condition: Condition): boolean {
  return [...ownConditions(condition)].some(
    (part) =>
      (part.kind === 'native' && part.isRaw === true) ||
      ('column' in part && part.column.isVirtualProperty) ||
      (part.kind === 'related' && isOpaque(part.condition)),
  );
}
