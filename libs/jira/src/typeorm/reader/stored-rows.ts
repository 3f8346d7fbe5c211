// Reads back what a write has stored: as the entity that a read would return, and as its image.

import type { EntityManager, EntityMetadata, QueryRunner } from 'typeorm';
import type { Image } from '../../core/changes/change.js';
import { readByKeys } from '../../commits/capture/row-reader.js';
import { keyString, TrackedTable, type RawKey, type RawRow } from '../../commits/capture/tracked-table.js';
import type { TypeOrmChangeSource } from '../../commits/capture/typeorm-change-source.js';
import { RowMaker } from './row-maker.js';
import { columnValue } from '../../commits/column-value.js';

export interface StoredRow<E> {
  readonly image: Image;
  /** What a plain select of the entity returns. */
  readonly row: E;
}

export class StoredRows<E extends object> {
  readonly maker: RowMaker;
  private readonly table: TrackedTable;

  /** @param source captures the entity's changes; a written row that it has read is not read again */
  constructor(
    private readonly metadata: EntityMetadata,
    private readonly source?: TypeOrmChangeSource,
  ) {
    this.maker = new RowMaker(metadata);
    this.table = new TrackedTable(metadata.dataSource, metadata);
  }

  /** The stored row with the entity's key; null if there is none. */
  async read(manager: EntityManager, entity: E): Promise<StoredRow<E> | null> {
    const raw = await this.readRaw(manager.queryRunner, this.keyOf(entity));
    return raw && this.stored(raw);
  }

  private keyOf(entity: E): RawKey {
    const { dataSource, primaryColumns } = this.metadata;
    return primaryColumns.map(
      (column): unknown => dataSource.driver.preparePersistentValue(columnValue(column, entity), column) as unknown,
    );
  }

  /** Like `read` for several entities, in their order. */
  async readEach(manager: EntityManager, entities: readonly E[]): Promise<(StoredRow<E> | null)[]> {
    const runner = manager.queryRunner;
    // Change capture has read most of these rows already.
    if (!runner || this.source?.tableOf(this.metadata)) {
      const stored: (StoredRow<E> | null)[] = [];
      for (const entity of entities) stored.push(await this.read(manager, entity));
      return stored;
    }
    const keys = entities.map((entity) => this.keyOf(entity));
    const rows = await readByKeys(runner, this.table, keys, 'none');
    const byKey = new Map(rows.map((row) => [keyString(this.table.keyOf(row)), row]));
    return Promise.all(
      keys.map(async (key) => {
        const row = byKey.get(keyString(key));
        return row ? this.stored(row) : null;
      }),
    );
  }

  /** Like `read`, for a row that was selected already. */
  async stored(raw: RawRow): Promise<StoredRow<E>> {
    const image = this.table.imageOf(raw);
    return { image, row: (await this.maker.make(image, this.table.entityOf(raw).name)) as E };
  }

  /** `column, column, …` of a select that `stored` understands. */
  get selection(): string {
    return (this.source?.tableOf(this.metadata) ?? this.table).selection;
  }

  /** Runs a query that changes nothing, so that rows that were read back before stay current. */
  ask<T>({ queryRunner }: EntityManager, query: () => Promise<T>): Promise<T> {
    return (queryRunner && this.source?.ask(queryRunner, query)) ?? query();
  }

  /** Stays equal until something is written in the transaction; `undefined` if nothing counts the writes. */
  markOf({ queryRunner }: EntityManager): number | undefined {
    return queryRunner && this.source?.markOf(queryRunner);
  }

  private async readRaw(runner: QueryRunner | undefined, key: RawKey): Promise<RawRow | null> {
    const captured = runner && (await this.source?.readStored(runner, this.metadata, key));
    if (captured !== undefined) return captured;
    const own = runner ?? this.metadata.dataSource.createQueryRunner('master');
    try {
      const [row = null] = await readByKeys(own, this.table, [key], 'none');
      return row;
    } finally {
      if (!runner) await own.release();
    }
  }
}
