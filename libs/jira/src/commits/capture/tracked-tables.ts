// Which tables of a data source are captured, for the entities that are watched.

import type { DataSource, EntityMetadata } from 'typeorm';
import { ConfigurationError } from '../../core/errors/configuration.error.js';
import { invisibleWrites } from './invisible-writes.js';
import { TrackedTable } from './tracked-table.js';

export class TrackedTables {
  /** Owning entity's table by the path of the many-to-many table. */
  readonly owners = new Map<string, TrackedTable>();
  private readonly byPath = new Map<string, TrackedTable>();
  private readonly byMetadata = new Map<EntityMetadata, TrackedTable>();
  // initialize() builds new metadata, by which these tables would not be found.
  private readonly metadatas: readonly EntityMetadata[];

  constructor(
    private readonly dataSource: DataSource,
    private readonly watched: ReadonlySet<string>,
  ) {
    this.metadatas = dataSource.entityMetadatas;
    for (const entity of watched) this.track(this.find(entity));
    const watchedPaths = new Set(this.byPath.keys());
    for (const metadata of this.metadatas) this.trackJunction(metadata, watchedPaths);
    for (const [path, table] of this.byPath) table.isOnlyLinked = !watchedPaths.has(path) && !table.isJunction;
    // Several entities may share a table, by inheritance or by its name.
    for (const metadata of this.metadatas) {
      const table = this.byPath.get(metadata.tablePath);
      if (table) this.byMetadata.set(metadata, table);
    }
  }

  isCurrent(): boolean {
    return this.dataSource.entityMetadatas === this.metadatas;
  }

  get(metadata: EntityMetadata): TrackedTable | undefined {
    return this.byMetadata.get(metadata);
  }

  /** The watched entities whose rows are in this table, or which own its rows. */
  watchedIn(table: TrackedTable): string[] {
    const { metadata } = this.owners.get(table.path) ?? table;
    return [metadata, ...metadata.childEntityMetadatas].flatMap(({ name }) => (this.watched.has(name) ? [name] : []));
  }

  warnings(): string[] {
    return [...this.byPath.values()].flatMap(({ metadata, isOnlyLinked }) =>
      isOnlyLinked ? [] : invisibleWrites(metadata),
    );
  }

  private find(entity: string): EntityMetadata {
    const [metadata, ...namesakes] = this.metadatas.filter(({ name, target }) => name === entity && target !== '');
    if (namesakes.length > 0) {
      throw new ConfigurationError(
        entity,
        'is the name of several entities of one data source, whose changes could not be told apart.',
        'Give each entity class a name of its own.',
      );
    }
    if (metadata) return metadata;
    throw new ConfigurationError(
      entity,
      'is watched, but is not an entity of its data source.',
      'Add it to "entities".',
    );
  }

  private track(metadata: EntityMetadata): TrackedTable {
    const known = this.byPath.get(metadata.tablePath);
    if (known) return known;
    const table = new TrackedTable(this.dataSource, metadata);
    this.byPath.set(metadata.tablePath, table);
    return table;
  }

  /** Tracks a many-to-many table: its rows belong to their owner, and are deleted with the rows of either side. */
  private trackJunction(metadata: EntityMetadata, watchedPaths: ReadonlySet<string>): void {
    if (metadata.tableType !== 'junction') return;
    const { ownerColumns, inverseColumns } = metadata;
    const owner = ownerColumns[0]?.referencedColumn?.entityMetadata;
    if (!owner || !watchedPaths.has(owner.tablePath)) return;
    const table = this.track(metadata);
    for (const columns of [ownerColumns, inverseColumns]) {
      const side = columns[0]?.referencedColumn?.entityMetadata;
      if (side) this.track(side).junctions.push({ table, columns });
    }
    this.owners.set(metadata.tablePath, this.track(owner));
  }
}
