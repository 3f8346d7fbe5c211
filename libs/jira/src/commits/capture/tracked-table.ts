// One table whose rows are captured: which columns make a row, its key, its id and its image.

import type { DataSource, EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from '../typeorm-internals.js';
import type { RowId } from 'nestjs-jira-protocol';
import type { Image } from '../../core/changes/change.js';
import { dialectOf } from '../dialect/dialects.js';
import { ExactColumns } from './exact-columns.js';
import { returningOf } from './returning.js';

/** A row as the driver returned it, by column name of the database. */
export type RawRow = Readonly<Record<string, unknown>>;

/** The primary key of a row as the driver returns it, in the order of the table's key columns. */
export type RawKey = readonly unknown[];

export class TrackedTable {
  /** The entity that owns the table; with single-table inheritance, the topmost parent. */
  readonly metadata: EntityMetadata;
  readonly path: string;
  readonly columns: readonly ColumnMetadata[];
  /**
   * Many-to-many tables whose rows the database deletes or renames with rows of this table, each with the columns that
   * name them.
   */
  readonly junctions: { readonly table: TrackedTable; readonly columns: readonly ColumnMetadata[] }[] = [];
  /** Whether the table is tracked only because a watched table links to its rows. */
  isOnlyLinked = false;
  readonly keyColumns: readonly ColumnMetadata[];
  /** `column, column, …` of a select that reads whole rows. */
  readonly selection: string;
  /** The same for a RETURNING, under names that no column has. */
  readonly returning: string;
  /** The stored values that differ from those in a row's image. */
  readonly exact: ExactColumns;
  private readonly returned: readonly string[];

  constructor(
    readonly dataSource: DataSource,
    metadata: EntityMetadata,
  ) {
    this.metadata = tableOwner(metadata);
    this.path = this.metadata.tablePath;
    this.keyColumns = this.metadata.primaryColumns;
    this.columns = this.metadata.columns.filter((column) => !column.isVirtualProperty);
    this.exact = new ExactColumns(dataSource, this.columns);
    const expressions = this.columns.map((column) => expressionOf(dataSource, column));
    const selected = this.columns.map((column, i) => selectExpression(dataSource, column, expressions[i]));
    this.selection = [...selected, ...this.exact.selection].join(', ');
    const { sql, names } = returningOf(dataSource, this.escapedPath(), expressions);
    this.returning = [sql, ...this.exact.selection].join(', ');
    this.returned = names;
  }

  get isJunction(): boolean {
    return this.metadata.tableType === 'junction';
  }

  escapedPath(): string {
    return this.path
      .split('.')
      .map((part) => (part === '' ? part : this.dataSource.driver.escape(part)))
      .join('.');
  }

  /** Converts a row that `returning` returned to the form of `selection`. */
  rowReturned(given: RawRow): RawRow {
    const row: Record<string, unknown> = {};
    for (const [i, { databaseName }] of this.columns.entries()) row[databaseName] = given[this.returned[i]];
    for (const name of this.exact.names) row[name] = given[name];
    return row;
  }

  keyOf(row: RawRow): RawKey {
    return this.keyColumns.map((column) => row[column.databaseName]);
  }

  /** The concrete entity of a row: with single table inheritance the discriminator tells. */
  entityOf(row: RawRow): EntityMetadata {
    const discriminator = this.metadata.discriminatorColumn;
    if (!discriminator) return this.metadata;
    const value = String(row[discriminator.databaseName]);
    const children = [this.metadata, ...this.metadata.childEntityMetadatas];
    return children.find((child) => String(child.discriminatorValue) === value) ?? this.metadata;
  }

  isSoftDeleted(row: RawRow): boolean {
    const column = this.metadata.deleteDateColumn;
    return column !== undefined && row[column.databaseName] !== null && row[column.databaseName] !== undefined;
  }

  idOf(row: RawRow): RowId {
    const values = this.keyColumns.map((column) => [column.propertyPath, scalar(this.hydrate(column, row))] as const);
    const [first] = values;
    return values.length === 1 && first ? first[1] : Object.fromEntries(values);
  }

  /** The row as its entity would hold it; relations show as their foreign keys. */
  imageOf(row: RawRow): Image {
    const image: Record<string, unknown> = {};
    const concrete = this.entityOf(row);
    for (const column of concrete.columns) {
      if (column.isVirtualProperty || (column.isVirtual && !column.relationMetadata)) continue;
      const value = this.hydrate(column, row);
      if (value === undefined) continue;
      // setEntityValue would write { relation: { id: null } } for a foreign key that is null.
      if (value === null && column.isVirtual && !column.embeddedMetadata) image[column.propertyName] = null;
      else if (image[column.propertyName] !== null || column.embeddedMetadata) column.setEntityValue(image, value);
    }
    return image;
  }

  private hydrate(column: ColumnMetadata, row: RawRow): unknown {
    const value: unknown = row[column.databaseName];
    return value === undefined ? undefined : this.dataSource.driver.prepareHydratedValue(value, column);
  }
}

/** The entity that owns the table of this one. */
export function tableOwner(metadata: EntityMetadata): EntityMetadata {
  let owner = metadata;
  while (owner.parentEntityMetadata && owner.parentEntityMetadata.tablePath === metadata.tablePath) {
    owner = owner.parentEntityMetadata;
  }
  return owner;
}

/** One string per key: equal keys give equal strings, whether the driver returned them or a caller wrote them. */
export function keyString(key: RawKey): string {
  const [only] = key;
  return key.length === 1 ? String(scalar(only)) : JSON.stringify(key.map((value) => String(scalar(value))));
}

/** A part of a key in the form that clients are sent. */
export function scalar(value: unknown): string | number {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return String(value);
}

function expressionOf(dataSource: DataSource, column: ColumnMetadata): string {
  const isSpatial = dataSource.driver.spatialTypes.includes(column.type);
  return dialectOf(dataSource).readExpression(dataSource.driver.escape(column.databaseName), column, isSpatial);
}

function selectExpression(dataSource: DataSource, column: ColumnMetadata, expression: string): string {
  const name = dataSource.driver.escape(column.databaseName);
  return expression === name ? name : `${expression} AS ${name}`;
}
