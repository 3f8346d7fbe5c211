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
  // initialize() builds new metadata, by which these tables would no longer be found.
  private readonly metadatas: readonly EntityMetadata[];

  constructor(
    private readonly dataSource: DataSource,
    private readonly watched: ReadonlySet<string>,
  ) {
    this.metadatas = dataSource.entityMetadatas;
    for (const entity of watched) this.track(this.find(entity));
    for (const metadata of this.metadatas) this.trackJunction(metadata);
    // Several entities may share a table, by inheritance or by name.
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

  /** The watched entities whose rows are in this table, or own its rows. */
  watchedIn(table: TrackedTable): string[] {
    const { metadata } = this.owners.get(table.path) ?? table;
    return [metadata, ...metadata.childEntityMetadatas].flatMap(({ name }) => (this.watched.has(name) ? [name] : []));
  }

  warnings(): string[] {
    return [...this.byPath.values()].flatMap(({ metadata }) => invisibleWrites(metadata));
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
    throw new ConfigurationError(entity, 'is watched, but is no entity of its data source.', 'Add it to "entities".');
  }

  private track(metadata: EntityMetadata): TrackedTable {
    const known = this.byPath.get(metadata.tablePath);
    if (known) return known;
    const table = new TrackedTable(this.dataSource, metadata);
    this.byPath.set(metadata.tablePath, table);
    return table;
  }

  private trackJunction(metadata: EntityMetadata): void {
    if (metadata.tableType !== 'junction') return;
    const owner = metadata.ownerColumns[0]?.referencedColumn?.entityMetadata;
    const table = owner && this.byPath.get(owner.tablePath);
    if (!table) return;
    table.junctions.push(this.track(metadata));
    this.owners.set(metadata.tablePath, table);
  }
}
