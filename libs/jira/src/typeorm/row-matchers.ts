// Conditions as the matchers a hub works with.

import type { Change, Image } from '../observers/change.js';
import type { RelatedRows, RowMatcher } from '../observers/channel.js';
import { isOpaque } from './query/condition.js';
import { judgeImages } from './query/judge-images.js';
import { decidersOf, readRelatedState } from './query/related-state.js';
import type { RowPredicate } from './query/row-predicate.js';
import { mayAlter } from './related-change.js';

/** A visibility or a filter: from memory where that has one meaning, else asked of the database in one batch. */
export class PredicateMatcher implements RowMatcher {
  readonly related?: RelatedRows;
  readonly isOpaque: boolean;

  constructor(private readonly predicate: RowPredicate) {
    const { condition, metadata } = predicate;
    const names = decidersOf(condition);
    this.isOpaque = isOpaque(condition);
    if (names.size > 0) this.related = { names, readState: () => readRelatedState(metadata.dataSource, condition) };
  }

  get key(): string {
    return this.predicate.key;
  }

  get equalities(): ReadonlyMap<string, readonly unknown[]> {
    return this.predicate.equalities;
  }

  matches(image: Image): boolean | undefined {
    return this.predicate.matches(image);
  }

  judge(images: readonly Image[], gone: ReadonlySet<Image>): Promise<(boolean | undefined)[]> {
    return judgeImages(this.predicate.metadata.dataSource.manager, this.predicate, images, gone);
  }

  isConcernedBy(change: Change): boolean {
    return mayAlter(this.predicate.condition, change);
  }
}
