// A matcher that calls application code for each row, and the matcher that accepts every row.

import type { Image } from '../../core/changes/change.js';
import type { RowMatcher } from '../delivery/channel.js';

const NO_EQUALITIES: ReadonlyMap<string, readonly unknown[]> = new Map();

/** Application code that decides row by row. `key` must name everything it depends on. */
export class FunctionMatcher implements RowMatcher {
  readonly equalities = NO_EQUALITIES;
  readonly isOpaque = true;

  constructor(
    readonly key: string,
    private readonly accepts: (image: Image) => Promise<boolean>,
  ) {}

  matches(): undefined {
    return undefined;
  }

  judge(images: readonly Image[]): Promise<boolean[]> {
    return Promise.all(images.map((image) => this.accepts(image)));
  }

  /** The code may read any row that its hook depends on. */
  isConcernedBy(): boolean {
    return true;
  }
}

export const EVERY_ROW: RowMatcher = {
  key: 'every row',
  equalities: NO_EQUALITIES,
  matches: () => true,
  judge: async (images) => images.map(() => true),
};
