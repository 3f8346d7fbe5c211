// Which entities can be read without TypeORM's query builder, and how to build from their rows the entities that it
// would build.

import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { isOwnSubscriber } from '../../commits/capture/own-subscribers.js';
import { dateOf } from './stored-date.js';

/** Puts one value of a row where TypeORM would. */
type Setter = (entity: ObjectLiteral, row: readonly unknown[]) => void;

export interface EntityShape {
  /** The columns TypeORM selects, in the order of `hydrate`'s row. */
  readonly columns: readonly ColumnMetadata[];
  hydrate(row: readonly unknown[]): ObjectLiteral;
}

/**
 * `undefined` if a plain select of the entity's own columns differs from what TypeORM reads: inheritance, trees,
 * embedded or computed columns, eager or lazy relations, listeners.
 */
export function entityShapeOf(metadata: EntityMetadata): EntityShape | undefined {
  if (!isPlain(metadata)) return undefined;
  const columns = metadata.columns.filter((column) => !column.isVirtual && column.isSelect);
  const setters = columns.map((column, index) => setterOf(metadata, column, index));
  return {
    columns,
    hydrate(row) {
      const entity = metadata.create(undefined, { fromDeserializer: true }) as ObjectLiteral;
      for (let i = 0; i < setters.length; i++) setters[i](entity, row);
      return entity;
    },
  };
}

function isPlain(metadata: EntityMetadata): boolean {
  return (
    metadata.tableType === 'regular' &&
    metadata.inheritancePattern === undefined &&
    metadata.childEntityMetadatas.length === 0 &&
    metadata.parentEntityMetadata === undefined &&
    metadata.treeType === undefined &&
    metadata.embeddeds.length === 0 &&
    metadata.eagerRelations.length === 0 &&
    metadata.lazyRelations.length === 0 &&
    metadata.relationIds.length === 0 &&
    metadata.afterLoadListeners.length === 0 &&
    metadata.primaryColumns.every((column) => !column.isVirtual && column.isSelect) &&
    metadata.columns.every((column) => !column.isVirtualProperty && !column.isArray && !isSpatial(metadata, column))
  );
}

function isSpatial({ dataSource }: EntityMetadata, column: ColumnMetadata): boolean {
  return (dataSource.driver.spatialTypes as readonly unknown[]).includes(column.type);
}

/** Types whose values TypeORM's drivers pass through unchanged. */
const AS_THEY_COME = new Set<unknown>(['varchar', 'text', 'character varying', String]);
const NUMBERS = new Set<unknown>(['int', 'integer', 'smallint', Number]);

function setterOf({ dataSource: { driver } }: EntityMetadata, column: ColumnMetadata, index: number): Setter {
  const name = column.propertyName;
  const isInteger = NUMBERS.has(column.type) && column.generationStrategy === undefined;
  if (column.transformer === undefined && (AS_THEY_COME.has(column.type) || isInteger))
    return (entity, row) => {
      entity[name] = row[index];
    };
  const isDate = column.transformer === undefined && (column.type === 'datetime' || column.type === Date);
  return (entity, row) => {
    const value = row[index];
    entity[name] = (isDate ? dateOf(value) : undefined) ?? (driver.prepareHydratedValue(value, column) as unknown);
  };
}

const READ_EVENTS = ['afterLoad', 'beforeQuery', 'afterQuery'] as const;

/** Whether application code listens to queries or loaded entities, so that TypeORM itself has to run them. */
export function hasReadListeners(dataSource: DataSource): boolean {
  return dataSource.subscribers.some(
    (one) => !isOwnSubscriber(one) && READ_EVENTS.some((event) => one[event] !== undefined),
  );
}
