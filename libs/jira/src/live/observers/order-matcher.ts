// A matcher for related rows that determine the order of a list, but not which rows it has.

import type { Change } from '../../core/changes/change.js';
import type { RelatedRows, RowMatcher } from '../delivery/channel.js';

/** Accepts every row; any change of the named entities may alter the order. */
export class OrderMatcher implements RowMatcher {
  readonly key: string;
  readonly equalities = new Map<string, readonly unknown[]>();
  readonly related: RelatedRows;

  constructor(private readonly names: readonly string[]) {
    this.key = `order by ${JSON.stringify(names)}`;
    this.related = { names: new Set(names), readState: () => Promise.resolve('') };
  }

  matches(): boolean {
    return true;
  }

  judge(images: readonly unknown[]): Promise<boolean[]> {
    return Promise.resolve(images.map(() => true));
  }

  isConcernedBy({ entity, ancestors = [] }: Change): boolean {
    return [entity, ...ancestors].some((name) => this.names.includes(name));
  }
}
