// Finds the rows that a relation leads to, in SQL, for every kind of relation.

import type { EntityMetadata, RelationMetadata } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { SqlWriter } from './sql-writer.js';
import { decisiveColumns, rowConditions, tableAs, type RowsOptions } from './table-rows.js';

/** How a relation finds its rows: each `own` column of the row equals the `related` column at the same position. */
export interface RelationKeys {
  /** Columns of the row that has the relation. */
  readonly own: readonly ColumnMetadata[];
  /** Columns of the related row, or of the link table. */
  readonly related: readonly ColumnMetadata[];
  /** Columns of the related row that the link table refers to; empty without a link table. */
  readonly other: readonly ColumnMetadata[];
}

export interface LinkTable {
  readonly table: EntityMetadata;
  /** The link's columns that name the row that has the relation. */
  readonly own: readonly ColumnMetadata[];
  /** The link's columns that name the related row. */
  readonly other: readonly ColumnMetadata[];
}

/** The link table of a many-to-many relation, seen from the relation's side; otherwise undefined. */
export function linkTableOf({ junctionEntityMetadata: table, isOwning }: RelationMetadata): LinkTable | undefined {
  if (!table) return undefined;
  return isOwning
    ? { table, own: table.ownerColumns, other: table.inverseColumns }
    : { table, own: table.inverseColumns, other: table.ownerColumns };
}

export function relationKeys(relation: RelationMetadata): RelationKeys {
  const link = linkTableOf(relation);
  if (link) return { own: referenced(link.own), related: link.own, other: referenced(link.other) };
  if (relation.isOwning) return { own: relation.joinColumns, related: referenced(relation.joinColumns), other: [] };
  const related = relation.inverseRelation?.joinColumns ?? [];
  return { own: referenced(related), related, other: [] };
}

/** The foreign keys that the row itself holds for the relation; empty if the related row or a link table holds them. */
export function ownForeignKeys({ isOwning, isManyToMany, joinColumns }: RelationMetadata): readonly ColumnMetadata[] {
  return isOwning && !isManyToMany ? joinColumns : [];
}

/** The join columns if they always name an existing row of the related entity; otherwise undefined. */
export function foreignKeyOf(relation: RelationMetadata): readonly ColumnMetadata[] | undefined {
  const isSure =
    relation.isOwning &&
    !relation.isManyToMany &&
    relation.createForeignKeyConstraints &&
    decisiveColumns(relation.inverseEntityMetadata).length === 0;
  return isSure ? relation.joinColumns : undefined;
}

export interface RelatedSide {
  /** Alias of the related rows. */
  readonly alias: string;
  readonly from: string;
  /** Conditions that restrict the table to rows of the related entity. */
  readonly where: readonly string[];
  /** SQL of the columns that name the rows they are related to, in the order of `relationKeys`. */
  readonly keys: readonly string[];
}

/** All rows that the relation leads to, each once for every row that it is related to. */
export function relatedSide(relation: RelationMetadata, writer: SqlWriter, options?: RowsOptions): RelatedSide {
  const target = relation.inverseEntityMetadata;
  const alias = writer.alias();
  const where = rowConditions(target, alias, writer, options);
  const rows = tableAs(target, alias, writer);
  const { related, other } = relationKeys(relation);
  const link = linkTableOf(relation);
  if (!link) return { alias, from: rows, where, keys: related.map((column) => writer.column(alias, column)) };
  const holder = writer.alias();
  const on = link.other.map((column, i) => `${writer.column(holder, column)} = ${writer.column(alias, other[i])}`); // prettier-ignore
  return {
    alias,
    from: `${tableAs(link.table, holder, writer)} INNER JOIN ${rows} ON ${on.join(' AND ')}`,
    where,
    keys: related.map((column) => writer.column(holder, column)),
  };
}

/** `FROM … WHERE …` over the rows related to the row at `alias`. */
export function relatedRows(
  relation: RelationMetadata,
  alias: string,
  writer: SqlWriter,
  condition: (inner: string) => string = () => '1 = 1',
  options?: RowsOptions,
): string {
  const side = relatedSide(relation, writer, options);
  const { own } = relationKeys(relation);
  const joined = own.map((column, i) => `${writer.column(alias, column)} = ${side.keys[i]}`);
  const asked = condition(side.alias);
  return `FROM ${side.from} WHERE ${[...joined, ...side.where, ...(asked === '1 = 1' ? [] : [asked])].join(' AND ')}`;
}

function referenced(columns: readonly ColumnMetadata[]): ColumnMetadata[] {
  return columns.map((column) => column.referencedColumn as ColumnMetadata);
}
