// The one reader behind answers and events: an image of a row → the entity that reading the row would give.

import { isPromise } from '../../core/support/is-promise.js';
import type { EntityMetadata, EntitySubscriberInterface, ObjectLiteral } from 'typeorm';
import type { ColumnMetadata } from '../../commits/typeorm-internals.js';
import type { Image } from '../../core/changes/change.js';

export class RowMaker {
  private readonly columns = new Map<EntityMetadata, readonly ColumnMetadata[]>();
  private readonly made = new WeakMap<Image, ObjectLiteral | Promise<ObjectLiteral>>();

  /** Whether the entity has neither virtual columns nor ids of related rows, which only a query finds out. */
  readonly isComplete: boolean;

  constructor(private readonly metadata: EntityMetadata) {
    this.isComplete = hasColumnsOnly(metadata);
  }

  /** Whether what a plain select gives of a row is in its image. */
  get isEnough(): boolean {
    return this.isComplete && !this.isHeard;
  }

  /** Whether somebody beside the entity itself has a say when it is loaded. */
  get isHeard(): boolean {
    return this.metadata.dataSource.subscribers.some((one) => this.isHeardBy(one));
  }

  /**
   * The selected columns of the row in an instance of its entity, after its `@AfterLoad()`. Made once an image: treat it as
   * read-only.
   *
   * @param entity name of the row's entity, where the image is of a child of this one
   */
  rowOf(image: Image, entity = this.metadata.name): ObjectLiteral | Promise<ObjectLiteral> {
    let row = this.made.get(image);
    if (!row) this.made.set(image, (row = this.make(image, entity)));
    return row;
  }

  /** The same, each time another. */
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

/** Whether a select of the entity reads the column: `select: false` hides it, from answers and events alike. */
export function isRead(column: ColumnMetadata): boolean {
  return column.isSelect && !column.isVirtual && !column.isVirtualProperty;
}

function hasColumnsOnly(metadata: EntityMetadata): boolean {
  return [metadata, ...metadata.childEntityMetadatas].every(
    ({ columns, relationIds }) =>
      relationIds.length === 0 && columns.every(({ isVirtualProperty }) => !isVirtualProperty),
  );
}

/** As TypeORM does after it has read an entity. */
function loaded(metadata: EntityMetadata, row: ObjectLiteral): ObjectLiteral | Promise<ObjectLiteral> {
  let waiting: Promise<unknown>[] | undefined;
  for (const listener of metadata.afterLoadListeners) {
    if (!listener.isAllowed(row)) continue;
    const done: unknown = listener.execute(row);
    if (isPromise(done)) (waiting ??= []).push(done);
  }
  return waiting ? Promise.all(waiting).then(() => row) : row;
}
