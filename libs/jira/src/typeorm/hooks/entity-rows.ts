// The rows of an entity as observers use them: watched for changes, matched by a visibility, and read.

import type { EntityMetadata } from 'typeorm';
import type { RowId } from 'nestjs-jira-protocol';
import { entityKey, type RowMatcher } from '../../live/delivery/channel.js';
import type { Change } from '../../core/changes/change.js';
import { noteExact } from '../../core/changes/exact-values.js';
import type { ObservedRows, OwnRows } from '../../live/observers/observed-rows.js';
import { readByKeys } from '../../commits/capture/row-reader.js';
import { TrackedTable, type RawRow } from '../../commits/capture/tracked-table.js';
import type { FoundEntity } from '../data-sources.js';
import { compileVisibility } from '../query/row-predicate.js';
import { PredicateMatcher } from './row-matchers.js';

/** Captures the changes of entities. */
export interface RowWatcher {
  watch(found: FoundEntity): void;
  /** Whether an entity of the same data source was watched before the first client connected. */
  isAlwaysWatched(found: FoundEntity, name: string): boolean;
}

export class EntityRows implements ObservedRows {
  readonly key: string;
  readonly name: string;
  readonly withDeleted: boolean;
  readonly own?: OwnRows;
  readonly shape: string;

  constructor(
    private readonly found: FoundEntity,
    /** The owner of the visibility, for errors. */
    private readonly subject: string,
    private readonly watcher: RowWatcher,
    { withDeleted = false, own }: { withDeleted?: boolean; own?: OwnRows } = {},
  ) {
    this.name = found.metadata.name;
    this.key = entityKey(found.name, this.name);
    this.withDeleted = withDeleted;
    this.own = own;
    this.shape = JSON.stringify(
      found.metadata.columns.map(({ propertyPath, databaseName, type, isArray, isSelect }) => [
        propertyPath,
        databaseName,
        typeof type === 'function' ? type.name : type,
        isArray,
        isSelect,
      ]),
    );
  }

  watch(): void {
    this.watcher.watch(this.found);
  }

  isAlwaysWatched(name: string): boolean {
    const { metadata } = this.found;
    // Rows of its own many-to-many tables come with its changes.
    const junctions = metadata.manyToManyRelations.filter(({ isOwning }) => isOwning);
    if (junctions.some(({ junctionEntityMetadata }) => junctionEntityMetadata?.name === name)) return true;
    return this.watcher.isAlwaysWatched(this.found, name);
  }

  related(name: string): EntityRows | undefined {
    const metadatas = this.found.dataSource.entityMetadatas.filter((one) => one.name === name && isWatchable(one));
    const [metadata] = metadatas;
    // Two entities of one name could not be told apart.
    if (!metadata || metadatas.length > 1) return undefined;
    return new EntityRows({ ...this.found, metadata }, this.subject, this.watcher);
  }

  matcherOf(visibility: unknown): RowMatcher {
    return new PredicateMatcher(compileVisibility(this.found.metadata, visibility, this.subject));
  }

  async read(ids: readonly RowId[]): Promise<Change[]> {
    const { dataSource, metadata } = this.found;
    const table = new TrackedTable(dataSource, metadata);
    const keys = ids.map((id) =>
      table.keyColumns.map((column): unknown => {
        const value = typeof id === 'object' ? id[column.propertyPath] : id;
        return dataSource.driver.preparePersistentValue(value, column) as unknown;
      }),
    );
    const runner = dataSource.createQueryRunner();
    try {
      const rows = await readByKeys(runner, table, keys, 'none');
      return rows.map((row) => this.unchanged(table, row));
    } finally {
      await runner.release();
    }
  }

  private unchanged(table: TrackedTable, row: RawRow): Change {
    const image = table.imageOf(row);
    const exact = table.exact.of(row);
    const change: Change = {
      source: this.found.name,
      entity: table.entityOf(row).name,
      id: table.idOf(row),
      type: 'modified',
      ...(table.isSoftDeleted(row) && { isSoftDeleted: true }),
      before: image,
      after: image,
      ...(exact && { exact: { before: exact, after: exact } }),
    };
    noteExact(change);
    return change;
  }
}

/** Changes of many-to-many rows come with the rows that own them; nothing writes to views. */
function isWatchable({ tableType, target }: EntityMetadata): boolean {
  return target !== '' && tableType !== 'junction' && tableType !== 'view';
}
