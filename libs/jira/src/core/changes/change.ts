// A committed change of one row, as the change source reports it.

import type { RowId } from 'nestjs-jira-protocol';

/**
 * All own columns of a row at one point in time, shaped like the entity: foreign keys and `select: false` columns included,
 * embedded columns nested, a foreign key without a property of its own as `{ relation: { id } }`.
 * Images stay on the server; clients get the output view made from them.
 */
export type Image = Readonly<Record<string, unknown>>;

/** What happened to the row. */
export type ChangeType = 'added' | 'modified' | 'removed';

/**
 * Stored values by the column's name in the database: what an entity without transformers would hold, with whole numbers
 * beyond 2^53 as text. Only columns whose value in the image differs from the stored one.
 */
export type ExactValues = Readonly<Record<string, unknown>>;

/** A row of a many-to-many table, inserted or deleted with a change of the row that owns the relation. */
export interface Link {
  /** Name of the many-to-many table's entity in the data source's metadata. */
  readonly table: string;
  readonly row: Image;
  /** Whether the row was inserted; `false` if it was deleted. */
  readonly isNew: boolean;
  /** Stored values that `row` holds in another form. */
  readonly exact?: ExactValues;
}

/** The net change of one row in one committed transaction. */
export interface Change<Row = Image> {
  /** Name of the data source that holds the row; `default` unless the application names several. */
  readonly source: string;
  /** Name of the entity in its data source's metadata. */
  readonly entity: string;
  /** Entities it inherits its table from, nearest first; absent if there are none. The change concerns their subscribers, too. */
  readonly ancestors?: readonly string[];
  readonly id: RowId;
  /** A soft delete is `removed` and a restore is `added`; both have both images. */
  readonly type: ChangeType;
  /** True if the row was absent or soft-deleted before and after: it concerns only those who ask for deleted rows. */
  readonly isSoftDeleted?: boolean;
  /** The row before the transaction; absent if there was none. */
  readonly before?: Row;
  /** The row as committed; absent if it was deleted. */
  readonly after?: Row;
  /** Rows of its many-to-many relations that were inserted or deleted; absent if there are none. */
  readonly links?: readonly Link[];
  /** Stored values that the images hold in another form; absent if there are none. */
  readonly exact?: { readonly before?: ExactValues; readonly after?: ExactValues };
}

interface AddedChange<Row> extends Change<Row> {
  readonly type: 'added';
  readonly after: Row;
}
interface ModifiedChange<Row> extends Change<Row> {
  readonly type: 'modified';
  readonly before: Row;
  readonly after: Row;
}
interface RemovedChange<Row> extends Change<Row> {
  readonly type: 'removed';
  readonly before: Row;
}

/** A committed change of one row. Its `type` says which images it has: `added` after, `removed` before, `modified` both. */
export type EntityChange<Row = Image> = AddedChange<Row> | ModifiedChange<Row> | RemovedChange<Row>;

/** What one transaction changed, in the order of the first write to each row. Never empty. */
export interface Commit {
  readonly kind?: 'commit';
  readonly changes: readonly Change[];
  /** The transaction itself, for TypeORM its query runner. Pass it to `ChangeLog.positionOf()`. */
  readonly transaction?: object;
}

/** One string per row id: equal ids give equal strings, whatever the order of a composite key's columns. */
export function idKey(id: RowId): string {
  if (typeof id !== 'object') return `${typeof id === 'number' ? 'n' : 's'}${id}`;
  return JSON.stringify(Object.entries(id).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
