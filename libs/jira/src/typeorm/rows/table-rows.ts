// Which rows of a table belong to an entity, with single-table inheritance and soft deletion.

import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { tableOwner } from '../../commits/capture/tracked-table.js';
import type { SqlWriter } from './sql-writer.js';

export interface RowsOptions {
  /** Include soft-deleted rows. @default false */
  readonly withDeleted?: boolean;
  /** Include rows of the parent entity and of its other children in the same table. @default false */
  readonly withSiblings?: boolean;
}

/** `table alias`, for a FROM. */
export function tableAs(metadata: EntityMetadata, alias: string, writer: SqlWriter): string {
  return `${writer.source(metadata)} ${writer.escape(alias)}`;
}

/** The conditions that a row of the table satisfies if it is the entity's; empty if all rows are. */
export function rowConditions(
  metadata: EntityMetadata,
  alias: string,
  writer: SqlWriter,
  { withDeleted = false, withSiblings = false }: RowsOptions = {},
): string[] {
  const conditions: string[] = [];
  const values = withSiblings ? undefined : discriminatorsOf(metadata);
  if (values && metadata.discriminatorColumn)
    conditions.push(`${writer.column(alias, metadata.discriminatorColumn)} IN (${values.map(writer.bind).join(', ')})`);
  if (metadata.deleteDateColumn && !withDeleted)
    conditions.push(`${writer.column(alias, metadata.deleteDateColumn)} IS NULL`);
  return conditions;
}

/** The columns that decide whether a row of the table is the entity's. */
export function decisiveColumns({
  discriminatorColumn,
  parentEntityMetadata,
  deleteDateColumn,
}: EntityMetadata): ColumnMetadata[] {
  const discriminator = parentEntityMetadata ? discriminatorColumn : undefined; // prettier-ignore
  return [discriminator, deleteDateColumn].filter((column) => column !== undefined);
}

/** The discriminator values of a child entity's rows; undefined if every row of the table is the entity's. */
export function discriminatorsOf(metadata: EntityMetadata): readonly unknown[] | undefined {
  // A relation's metadata may lack its parent's; TypeORM makes the same check.
  if (!metadata.discriminatorColumn || !metadata.parentEntityMetadata) return undefined;
  const family = [metadata, ...metadata.childEntityMetadatas.filter((child) => child.discriminatorColumn)];
  return family.map((one) => one.discriminatorValue);
}

/** Whether both are related by single-table inheritance: parents, children, siblings, or the same entity. */
export function shareTable(one: EntityMetadata, other: EntityMetadata): boolean {
  return one === other || tableOwner(one) === tableOwner(other);
}

/** Whether every row of `part` is also a row of `whole`: the same entity, or a parent of it. */
export function covers(whole: EntityMetadata, part: EntityMetadata): boolean {
  const all = discriminatorsOf(whole);
  const some = discriminatorsOf(part);
  return shareTable(whole, part) && (!all || (some !== undefined && some.every((value) => all.includes(value))));
}
