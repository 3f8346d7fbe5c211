// The rows that pages of a hook's list are cut from. What a pagination reads are own properties, so that a copy made with
// `{ ...source }` has them and may replace them. `sliceAndCount` is a method of the class, and not in the copy.
// There are no getters in an object literal: each would have a shape of its own, which holds the request until the next full
// garbage collection.

import type { PageSource } from '../policy/pagination/pagination.js';
import type { CursorRow, Seek } from '../policy/pagination/cursor.js';
import type { Store, StoreQuery } from './store.js';

export class ListSource<E extends object> implements PageSource {
  readonly order: string | undefined;
  readonly isConcurrent: boolean;

  constructor(
    private readonly store: Store<E>,
    private readonly query: StoreQuery,
    private readonly present: (rows: readonly E[]) => unknown[] | Promise<unknown[]>,
  ) {
    const { ordering } = query;
    this.isConcurrent = store.isConcurrent === true;
    this.order = store.hasCursors?.(ordering) ? JSON.stringify(ordering) : undefined;
  }

  readonly count = (limit?: number): Promise<number> => this.store.count(this.query.filter, limit);

  readonly estimate = async (): Promise<number | undefined> => this.store.estimate?.(this.query.filter);

  readonly slice = (offset: number, limit: number): Promise<unknown[]> => {
    const { filter, ordering } = this.query;
    return this.find({ filter, ordering, offset, limit });
  };

  readonly seek = async (from: Seek | undefined, limit: number): Promise<CursorRow<unknown>[]> => {
    const found = (await this.store.seek?.({ ...this.query, limit }, from)) ?? [];
    const shown = await this.present(found.map(({ row }) => row));
    return found.map(({ cursor }, i) => ({ cursor, row: shown[i] }));
  };

  async sliceAndCount(offset: number, limit: number): Promise<{ results: unknown[]; count: number } | undefined> {
    const { filter, ordering } = this.query;
    const found = await this.store.findAndCount?.({ filter, ordering, offset, limit });
    return found && { results: await this.present(found.rows), count: found.count };
  }

  async find(query: StoreQuery): Promise<unknown[]> {
    return this.present(await this.store.find(query));
  }
}
