// Describes the rows of a hook by property: columns with their types, and relations.

import type { EntityMetadata } from 'typeorm';
import type { FieldType, FieldTypes } from '../../policy/filtering/field-type.js';
import type { BaseHook } from '../../hooks/base-hook.js';
import { CONTEXT } from '../../hooks/plumbing.js';
import { EntityFieldTypes } from '../query/field-types.js';
import type { TypeOrmEdge } from '../typeorm-edge.js';
import { GenericModelHook } from './generic-model-hook.js';

export interface ColumnFact {
  readonly kind: 'column';
  readonly type: FieldType;
  /** Whether every row that is read has a value for it. */
  readonly isSelected: boolean;
  /** The form of a value that cannot be compared. */
  readonly form?: 'json' | 'texts' | 'bytes';
}

export interface RelationFact {
  readonly kind: 'relation';
  readonly isMany: boolean;
  readonly rows: RowFacts;
}

export interface RowFacts {
  readonly types: FieldTypes;
  /** Properties of the primary key. */
  readonly keyNames: readonly string[];
  readonly versionName?: string;
  /** Undefined for names that are not properties of the rows, and for properties whose content is unknown. */
  of(property: string): ColumnFact | RelationFact | undefined;
}

/** Undefined for a hook without an entity. */
export function rowFactsOf(hook: BaseHook, edge: TypeOrmEdge): RowFacts | undefined {
  if (!(hook instanceof GenericModelHook)) return undefined;
  const { entity } = hook as GenericModelHook<object>;
  return factsOf(edge.dataSources.find(entity, hook.constructor.name, hook[CONTEXT].metadata.dataSource).metadata);
}

type Member = 'serialize' | 'serializeAll' | 'present' | 'getList' | 'parseFilter' | 'parseOrdering' | 'lookupFilter';

/** Whether the hook overrides none of these members. */
export function areStock(hook: object, ...names: readonly (Member | 'getQuery' | 'getStore')[]): boolean {
  const stock = GenericModelHook.prototype as unknown as Readonly<Record<string, unknown>>;
  return names.every((name) => (hook as Record<string, unknown>)[name] === stock[name]);
}

const KNOWN = new WeakMap<EntityMetadata, RowFacts>();

function factsOf(metadata: EntityMetadata): RowFacts {
  let facts = KNOWN.get(metadata);
  if (!facts) KNOWN.set(metadata, (facts = makeFacts(metadata)));
  return facts;
}

function makeFacts(metadata: EntityMetadata): RowFacts {
  const types = new EntityFieldTypes(metadata);
  return {
    types,
    keyNames: metadata.primaryColumns.map(({ propertyPath }) => propertyPath),
    versionName: metadata.versionColumn?.propertyName,
    of: (property) => columnFact(metadata, types, property) ?? relationFact(metadata, property),
  };
}

function columnFact(metadata: EntityMetadata, types: FieldTypes, property: string): ColumnFact | undefined {
  const column = metadata.columns.find((one) => one.propertyPath === property);
  // A transformer may return any value, and so may a listener of the entity.
  if (!column || column.transformer || column.isVirtualProperty || column.relationMetadata) return undefined;
  if (metadata.afterLoadListeners.length > 0) return undefined;
  const type = types.typeOf([property]);
  if (!type) return undefined;
  const form = type.kind === 'other' ? formOf(column.type, column.isArray) : undefined;
  return { kind: 'column', type, isSelected: column.isSelect, ...(form && { form }) };
}

function formOf(type: unknown, isArray: boolean): ColumnFact['form'] {
  if (isArray) return undefined;
  if (type === 'simple-array') return 'texts';
  if (typeof type !== 'string') return undefined;
  if (/json/.test(type)) return 'json';
  return /blob|bytea|binary/.test(type) ? 'bytes' : undefined;
}

function relationFact(metadata: EntityMetadata, property: string): RelationFact | undefined {
  const relation = metadata.relations.find(({ propertyPath }) => propertyPath === property);
  if (!relation) return undefined;
  const isMany = relation.isOneToMany || relation.isManyToMany;
  return { kind: 'relation', isMany, rows: factsOf(relation.inverseEntityMetadata) };
}
