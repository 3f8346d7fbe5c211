// Shows rows in events as a read would show them: from the image of the commit if it holds all that is shown, otherwise
// from a new read.

import { isPromise } from '../../core/support/is-promise.js';
import type { Type } from '@nestjs/common';
import type { EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { Image } from '../../core/changes/change.js';
import type { Store } from '../../hooks/store.js';
import { isAllowed } from '../hooks/hook-gate.js';
import type { HookScope } from '../../core/scope/scope.js';
import { UnknowableRow } from '../../live/delivery/judgements.js';
import type { Announced } from '../../live/observers/observed-rows.js';
import { accessorOf, exposedProperties, planOf } from '../../policy/serialization/compiled-view.js';
import { canonical } from '../query/column-value.js';
import { keysFilter } from '../query/keys-filter.js';
import { isPlain } from '../query/narrowing.js';
import { isRead, type RowMaker } from './row-maker.js';

/** The parts of a hook that announcing its rows needs. */
export interface RowReading<E extends object> {
  readonly output?: Type<object>;
  /** Whether the application's own code shows the rows. */
  readonly showsByItself: boolean;
  /** The query that the hook reads its rows with; absent = a plain read. */
  readonly queryOf?: (scope: HookScope) => SelectQueryBuilder<E>;
  show(row: E, scope: HookScope): unknown;
  getStore(scope: HookScope): Promise<Store<E>>;
  checkObjectPermissions(scope: HookScope, row: E): Promise<void> | void;
}

export class AnnouncedRows<E extends object> {
  /** Whether the image holds all that the output shows. */
  private readonly showsImages: boolean;
  private readonly loaded = new WeakMap<Image, WeakMap<HookScope, E>>();

  constructor(
    private readonly metadata: EntityMetadata,
    private readonly maker: RowMaker,
    private readonly reading: RowReading<E>,
  ) {
    this.showsImages = !reading.showsByItself && showsColumnsOnly(metadata, reading.output);
  }

  /** The row as a plain read would return it. */
  rowOf(image: Image, entity?: string): E | Promise<E> {
    return (this.showsImages ? image : this.maker.rowOf(image, entity)) as E | Promise<E>;
  }

  /** @param isLoaded whether `load` was called with it */
  serialize(announced: Announced, scope: HookScope, isLoaded: boolean): unknown {
    const { image, change } = announced;
    // A row that is gone cannot be read any more.
    if (isLoaded && image !== change.after) return { pk: change.id };
    const row = isLoaded ? this.loadedRow(image, scope) : this.rowOf(image, change.entity);
    return isPromise(row) ? row.then((made) => this.reading.show(made, scope)) : this.reading.show(row, scope);
  }

  /** Reads what the images do not hold. */
  async load(announced: readonly Announced[], scope: HookScope): Promise<void> {
    const keys = announced.map(({ image }) => this.keyOf(image));
    const rows = await this.retrieve(scope, keys);
    const byKey = new Map(rows.map((row) => [canonical(this.keyOf(row)), row]));
    for (const [i, { image }] of announced.entries()) {
      const row = byKey.get(canonical(keys[i]));
      const known = this.loaded.get(image) ?? new WeakMap<HookScope, E>();
      if (row) this.loaded.set(image, known.set(scope, row));
    }
  }

  /** The rows with these keys that the caller may retrieve now, in their current state. */
  private async retrieve(caller: HookScope, keys: readonly object[]): Promise<E[]> {
    // Facts about the caller are cached per scope; with a new scope, they are determined again.
    const scope = Object.create(caller) as HookScope;
    const store = await this.reading.getStore(scope);
    const allowed: E[] = [];
    for (const row of await store.find({ filter: keysFilter(this.metadata, keys), ordering: [] }))
      if (await isAllowed(() => this.reading.checkObjectPermissions(scope, row))) allowed.push(row);
    return allowed;
  }

  /** Identifies how the caller's rows are read; `undefined` if images hold all that is shown. */
  wayOf(scope: HookScope): string | undefined {
    const query = this.reading.queryOf?.(scope);
    if (query && !isPlain(query) && !this.showsImages) return JSON.stringify(query.getQueryAndParameters());
    return this.maker.isHeard || (!this.showsImages && !this.maker.isComplete) ? '' : undefined;
  }

  private loadedRow(image: Image, scope: HookScope): E {
    const row = this.loaded.get(image)?.get(scope);
    // The row has since been changed and is hidden from the caller now; the next commit announces that.
    if (!row) throw new UnknowableRow();
    return row;
  }

  private keyOf(row: object): ObjectLiteral {
    return this.metadata.getEntityIdMap(row) as ObjectLiteral;
  }
}

/** Whether the output exposes only columns, and a read of the entity returns these unchanged. */
export function showsColumnsOnly(metadata: EntityMetadata, output: Type<object> | undefined): boolean {
  if (!output || !planOf(output, []).isWhole) return false;
  const metadatas = [metadata, ...metadata.childEntityMetadatas];
  if (metadatas.some(({ afterLoadListeners }) => afterLoadListeners.length > 0)) return false;
  return exposedProperties(output).every(
    (name) =>
      metadata.columns.some((column) => column.propertyPath === name && isRead(column)) &&
      metadatas.every(({ target }) => typeof target !== 'function' || !accessorOf(target.prototype as object, name)),
  );
}
