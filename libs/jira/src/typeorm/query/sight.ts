// Keeps filters, search and ordering from reading related rows that are hidden from the caller.

import type { EntityMetadata } from 'typeorm';
import type { RelationMetadata } from '../../commits/typeorm-internals.js';
import type { DeclaredField } from '../../policy/filtering/field-declaration.js';
import type { Filter, FilterTerm, Ordering } from '../../policy/filtering/filter.js';
import { ALL, type Condition } from './condition.js';
import { resolvePath } from './field-path.js';

/** For each related entity, the rows that a query may read. */
export type Sight = (related: EntityMetadata) => Condition;

export const SEES_ALL: Sight = () => ALL;

/** Reads which rows of an entity the caller may retrieve by any of its hooks. */
export type SightReader = (related: EntityMetadata) => Promise<Condition>;

export interface SightQuery {
  readonly filter?: Filter;
  readonly ordering?: readonly Ordering[];
}

/** The sight for one query. Reads it once for each entity that the query crosses to; synchronous if it crosses to none. */
export function sightFor(metadata: EntityMetadata, query: SightQuery, read: SightReader): Sight | Promise<Sight> {
  const crossed = new Set(
    relationsIn(metadata, fieldsIn(query)).map(({ inverseEntityMetadata }) => inverseEntityMetadata),
  );
  return crossed.size === 0 ? SEES_ALL : readSight(crossed, read);
}

async function readSight(crossed: ReadonlySet<EntityMetadata>, read: SightReader): Promise<Sight> {
  const seen = new Map<EntityMetadata, Condition>();
  for (const related of crossed) seen.set(related, await read(related));
  return (related) => seen.get(related) ?? ALL;
}

/** The relations that the fields cross, without those of unrestricted fields. */
export function relationsIn(metadata: EntityMetadata, fields: readonly DeclaredField[]): RelationMetadata[] {
  // A single name never crosses a relation: the name of a relation stands for its key.
  return fields.flatMap(({ path, unrestricted }) =>
    path.length < 2 || unrestricted ? [] : (resolvePath(metadata, path)?.relations ?? []),
  );
}

function fieldsIn({ filter, ordering = [] }: SightQuery): DeclaredField[] {
  return filter ? [...termsIn(filter), ...ordering] : [...ordering];
}

function termsIn(filter: Filter): FilterTerm[] {
  if (filter.kind === 'term') return [filter];
  return filter.kind === 'not' ? termsIn(filter.filter) : filter.filters.flatMap(termsIn);
}
