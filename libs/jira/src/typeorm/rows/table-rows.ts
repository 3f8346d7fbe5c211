// Which rows of which table are an entity's: inheritance in one table, soft deletion.

import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import { tableOwner } from '../../commits/capture/tracked-table.js';
import type { SqlWriter } from './sql-writer.js';

export interface RowsOptions {
  /** Soft-deleted rows are rows too. @default false */
  readonly withDeleted?: boolean;
  /** Rows of the parent entity and of other children in the same table are rows too. @default false */
  readonly withSiblings?: boolean;
}

/** `table alias`, for a FROM. */
export function tableAs(metadata: EntityMetadata, alias: string, writer: SqlWriter): string {
  return `${writer.source(metadata)} ${writer.escape(alias)}`;
}

/** What holds of the table's rows that are the entity's, one condition each; none where all of them are. */
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

/** The columns that say whether a row of the table is the entity's. */
export function decisiveColumns({
  discriminatorColumn,
  parentEntityMetadata,
  deleteDateColumn,
}: EntityMetadata): ColumnMetadata[] {
  const discriminator = parentEntityMetadata ? discriminatorColumn : undefined; // prettier-ignore
  return [discriminator, deleteDateColumn].filter((column) => column !== undefined);
}

/** The discriminator's values of a child entity's rows; undefined where every row of the table is the entity's. */
export function discriminatorsOf(metadata: EntityMetadata): readonly unknown[] | undefined {
  // A relation's metadata may lack its parent's; TypeORM asks the same question.
  if (!metadata.discriminatorColumn || !metadata.parentEntityMetadata) return undefined;
  const family = [metadata, ...metadata.childEntityMetadatas.filter((child) => child.discriminatorColumn)];
  return family.map((one) => one.discriminatorValue);
}

/** Whether both are of one family of entities whose rows lie in one table: parents, children, siblings. */
export function shareTable(one: EntityMetadata, other: EntityMetadata): boolean {
  return one === other || tableOwner(one) === tableOwner(other);
}

/** Whether every row of `part` is one of `whole`: the same entity, or a parent of it. */
export function covers(whole: EntityMetadata, part: EntityMetadata): boolean {
  const all = discriminatorsOf(whole);
  const some = discriminatorsOf(part);
  return shareTable(whole, part) && (!all || (some !== undefined && some.every((value) => all.includes(value))));
}
