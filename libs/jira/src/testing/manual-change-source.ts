// Changes without a write to the database, as if another source of commits announced them.

import type { RowId } from 'nestjs-jira-protocol';
import type { DataSource, EntityTarget } from 'typeorm';
import type { Change, ChangeType } from '../core/changes/change.js';
import type { ChangeListener, ChangeSource } from '../core/changes/change-source.js';

/** A change of one row. Its type follows from the rows that are given. */
export interface ManualChange<E extends object = object> {
  readonly entity: EntityTarget<E>;
  /** The row before; absent for a new row. */
  readonly before?: Partial<E>;
  /** The row now; absent for a deleted row. */
  readonly after?: Partial<E>;
}

/** A change source that a test controls. Its images are not checked against the database. */
export class ManualChangeSource implements ChangeSource {
  /** The watched entities. */
  readonly watched = new Set<string>();
  private readonly listeners = new Set<ChangeListener>();

  constructor(
    private readonly dataSource: DataSource,
    /** Name of the data source that holds the rows. */
    private readonly name = 'default',
  ) {}

  watch(entity: string): void {
    this.watched.add(entity);
  }

  listen(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Announces one row as committed. Pass whole rows: filters and visibility are applied to them. */
  commit<E extends object>(change: ManualChange<E>): void {
    const commit = { changes: [this.changeOf(change)] };
    for (const listener of this.listeners) listener.onCommit(commit);
  }

  /** Announces that unknown rows of this entity changed: its subscribers get `reset`. */
  gap(entity: EntityTarget<object>, error: unknown = new Error('A gap caused by a test.')): void {
    const failure = { source: this.name, entity: this.dataSource.getMetadata(entity).name, error };
    for (const listener of this.listeners) listener.onGap(failure);
  }

  private changeOf<E extends object>({ entity, before, after }: ManualChange<E>): Change {
    const row = after ?? before;
    if (!row) throw new Error('A change needs the row before it, the row after it, or both.');
    const metadata = this.dataSource.getMetadata(entity);
    const key: Record<string, unknown> = metadata.getEntityIdMap(row) ?? {};
    const values = Object.values(key);
    return {
      source: this.name,
      entity: metadata.name,
      id: (values.length === 1 ? values[0] : key) as RowId,
      type: typeOf(before, after),
      ...(before && { before: { ...before } }),
      ...(after && { after: { ...after } }),
    };
  }
}

function typeOf(before: object | undefined, after: object | undefined): ChangeType {
  if (!before) return 'added';
  return after ? 'modified' : 'removed';
}
