// Turns the image of a row into the entity that a read of the row would return. Answers and events share it.

import { isPromise } from '../../core/support/is-promise.js';
import type { EntityMetadata, EntitySubscriberInterface, ObjectLiteral } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { Image } from '../../core/changes/change.js';

export class RowMaker {
  private readonly columns = new Map<EntityMetadata, readonly ColumnMetadata[]>();
  private readonly made = new WeakMap<Image, ObjectLiteral | Promise<ObjectLiteral>>();

  /** Whether the entity has neither virtual columns nor ids of related rows, which only a query can supply. */
  readonly isComplete: boolean;

  constructor(private readonly metadata: EntityMetadata) {
    this.isComplete = hasColumnsOnly(metadata);
  }

  /** Whether the image of a row holds all that a plain select would return. */
  get isEnough(): boolean {
    return this.isComplete && !this.isHeard;
  }

  /** Whether a subscriber listens to the loading of the entity and may change it. */
  get isHeard(): boolean {
    return this.metadata.dataSource.subscribers.some((one) => this.isHeardBy(one));
  }

  /**
   * An instance of the row's entity with its selected columns, after its `@AfterLoad()`. Made once per image and
   * shared: treat it as read-only.
   *
   * @param entity name of the row's entity, if it is a child of this one
   */
  rowOf(image: Image, entity = this.metadata.name): ObjectLiteral | Promise<ObjectLiteral> {
    let row = this.made.get(image);
    if (!row) this.made.set(image, (row = this.make(image, entity)));
    return row;
  }

  /** Like `rowOf`, but a new instance each time. */
  make(image: Image, entity = this.metadata.name): ObjectLiteral | Promise<ObjectLiteral> {
    const metadata = this.metadata.childEntityMetadatas.find(({ name }) => name === entity) ?? this.metadata;
    const row = metadata.create(undefined, { fromDeserializer: true }) as ObjectLiteral;
    for (const column of this.columnsOf(metadata)) {
      const value: unknown = column.getEntityValue(image);
      if (value !== undefined) column.setEntityValue(row, value);
    }
    return loaded(metadata, row);
  }

  private columnsOf(metadata: EntityMetadata): readonly ColumnMetadata[] {
    let columns = this.columns.get(metadata);
    if (!columns) this.columns.set(metadata, (columns = metadata.columns.filter(isRead)));
    return columns;
  }

  private isHeardBy(subscriber: EntitySubscriberInterface): boolean {
    const target: unknown = subscriber.afterLoad !== undefined && (subscriber.listenTo?.() ?? Object);
    if (typeof target !== 'function') return target === this.metadata.target;
    const targets = [this.metadata, ...this.metadata.childEntityMetadatas].map((one) => one.target as unknown);
    return targets.some((one) => one === target || (typeof one === 'function' && one.prototype instanceof target));
  }
}

/** Whether a select of the entity reads the column. `select: false` hides it, from answers and events alike. */
export function isRead(column: ColumnMetadata): boolean {
  return column.isSelect && !column.isVirtual && !column.isVirtualProperty;
}

function hasColumnsOnly(metadata: EntityMetadata): boolean {
  return [metadata, ...metadata.childEntityMetadatas].every(
    ({ columns, relationIds }) =>
      relationIds.length === 0 && columns.every(({ isVirtualProperty }) => !isVirtualProperty),
  );
}

/** Runs the entity's load listeners, as TypeORM does after a read. */
function loaded(metadata: EntityMetadata, row: ObjectLiteral): ObjectLiteral | Promise<ObjectLiteral> {
  let waiting: Promise<unknown>[] | undefined;
  for (const listener of metadata.afterLoadListeners) {
    if (!listener.isAllowed(row)) continue;
    const done: unknown = listener.execute(row);
    if (isPromise(done)) (waiting ??= []).push(done);
  }
  return waiting ? Promise.all(waiting).then(() => row) : row;
}
