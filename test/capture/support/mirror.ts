// Replays announced changes on a copy of the tables, and records every change that does not fit the copy.

import { isDeepStrictEqual } from 'node:util';
import type { DataSource } from 'typeorm';
import { idKey, type Change, type Commit, type Image } from '../../../libs/jira/src/core/changes/change.js';
import { TrackedTable, type RawRow } from '../../../libs/jira/src/commits/capture/tracked-table.js';
import { TypeOrmChangeSource } from '../../../libs/jira/src/commits/capture/typeorm-change-source.js';

export class Mirror {
  readonly commits: Commit[] = [];
  readonly faults: string[] = [];
  readonly source: TypeOrmChangeSource;
  private readonly rows = new Map<string, Image>();

  /** @param owners entities that own many-to-many relations: a change of links leaves their columns as they were */
  constructor(
    private readonly dataSource: DataSource,
    private readonly entities: readonly string[],
    private readonly owners: readonly string[] = [],
  ) {
    this.source = new TypeOrmChangeSource(dataSource, 'default');
    for (const entity of entities) this.source.watch(entity);
    this.source.attach();
    this.source.listen({
      onCommit: (commit) => this.apply(commit),
      onGap: (failure) => this.faults.push(`gap of ${failure.entity}: ${String(failure.error)}`),
    });
  }

  get changes(): Change[] {
    return this.commits.flatMap((commit) => commit.changes);
  }

  /** The changes announced since the last call, as texts without images. */
  take(): string[] {
    const taken = this.changes.map(({ type, entity, id, isSoftDeleted }) => {
      return `${type} ${entity} ${typeof id === 'object' ? JSON.stringify(id) : id}${isSoftDeleted ? ' (deleted)' : ''}`;
    });
    this.commits.length = 0;
    return taken;
  }

  forget(): void {
    this.commits.length = 0;
    this.faults.length = 0;
    this.rows.clear();
  }

  /** Records each row in which the copy and the tables differ; returns all faults. */
  async compare(): Promise<readonly string[]> {
    const actual = new Map<string, Image>();
    for (const entity of this.entities) {
      const table = new TrackedTable(this.dataSource, this.dataSource.getMetadata(entity));
      const rows: RawRow[] = await this.dataSource.query(`SELECT ${table.selection} FROM ${table.escapedPath()}`);
      for (const row of rows) actual.set(this.keyOf(table.metadata.name, idKey(table.idOf(row))), table.imageOf(row));
    }
    for (const [key, image] of actual) {
      if (!isDeepStrictEqual(this.rows.get(key), image))
        this.fault(`${key} is`, image, 'announced as', this.rows.get(key));
    }
    if (this.faults.length > 0)
      this.fault(
        'announced:',
        this.commits.map(({ changes }) => changes),
      );
    for (const key of this.rows.keys()) if (!actual.has(key)) this.fault(`${key} is gone, but was announced as there`);
    return this.faults;
  }

  private apply(commit: Commit): void {
    this.commits.push(commit);
    for (const change of commit.changes) this.applyChange(change);
  }

  private applyChange(change: Change): void {
    const { before, after, type } = change;
    const table = new TrackedTable(this.dataSource, this.dataSource.getMetadata(change.entity));
    const key = this.keyOf(table.metadata.name, idKey(change.id));
    if (!isDeepStrictEqual(this.rows.get(key), before)) {
      this.fault(`${type} ${key} claims to have been`, before, 'but was', this.rows.get(key));
    }
    if (isDeepStrictEqual(before, after) && !this.owners.includes(change.entity))
      this.fault(`${type} ${key} changed nothing`);
    if (!before && !after) this.fault(`${type} ${key} has no image`);
    if (after) this.rows.set(key, after);
    else this.rows.delete(key);
  }

  private keyOf(table: string, id: string): string {
    return `${table} ${id}`;
  }

  private fault(...parts: unknown[]): void {
    this.faults.push(parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' '));
  }
}
