// Turns conditions into matchers, which tell the hub whether a row belongs to a channel.

import type { Change, Image, Link } from '../../core/changes/change.js';
import { getOrAdd } from '../../core/support/get-or-add.js';
import type { Past, RelatedRows, RowMatcher } from '../../live/delivery/channel.js';
import { canonical } from '../query/column-value.js';
import { isOpaque, relationsOf } from '../query/condition.js';
import { shapeOf, type Shaped } from '../query/condition-shape.js';
import { judgeImages, judgeTogether } from '../query/judge-images.js';
import { decidersOf, readRelatedState } from '../query/related-state.js';
import type { RowPredicate } from '../query/row-predicate.js';
import { mayAlter } from './related-change.js';

interface LinkedImages {
  readonly group: Image[];
  readonly links: Link[];
}

/** Maximum number of many-to-many rows in one query; SQLite takes 500. With more, it is unknown who saw the row. */
const MAX_LINKS = 300;

/** Matches a visibility or a filter: in memory if the result is certain, otherwise by the database in one batch. */
export class PredicateMatcher implements RowMatcher {
  readonly related?: RelatedRows;
  readonly isOpaque: boolean;
  readonly crossesLinks: boolean;

  private shaped: { readonly shape: Shaped | undefined } | undefined;

  constructor(private readonly predicate: RowPredicate) {
    const { condition, metadata } = predicate;
    const names = decidersOf(condition);
    this.isOpaque = isOpaque(condition);
    this.crossesLinks = relationsOf(condition).some(({ isManyToMany }) => isManyToMany);
    if (names.size > 0) this.related = { names, readState: () => readRelatedState(metadata.dataSource, condition) };
  }

  get key(): string {
    return this.predicate.key;
  }

  get family(): string | undefined {
    const { shape } = this;
    return shape && `${this.predicate.metadata.name}: ${shape.key}`;
  }

  private get shape(): Shaped | undefined {
    return (this.shaped ??= { shape: shapeOf(this.predicate.condition) }).shape;
  }

  get equalities(): ReadonlyMap<string, readonly unknown[]> {
    return this.predicate.equalities;
  }

  matches(image: Image): boolean | undefined {
    return this.predicate.matches(image);
  }

  async judge(images: readonly Image[], past: ReadonlyMap<Image, Past>): Promise<(boolean | undefined)[]> {
    const { predicate } = this;
    const { manager } = predicate.metadata.dataSource;
    const before = new Set(images.filter((image) => past.has(image)));
    const unknowable = this.unknowable(before, past);
    const verdicts = new Map<Image, boolean | undefined>();
    for (const { group, links } of this.byLinks(
      images.filter((image) => !unknowable.has(image)),
      past,
    )) {
      if (links.length > MAX_LINKS) continue;
      const judged = await judgeImages(manager, predicate, group, { before, links });
      for (const [i, image] of group.entries()) verdicts.set(image, judged[i]);
    }
    return images.map((image) => verdicts.get(image));
  }

  async judgeFamily(
    family: readonly PredicateMatcher[],
    images: readonly Image[],
    past: ReadonlyMap<Image, Past>,
  ): Promise<(boolean | undefined)[][]> {
    const { metadata } = this.predicate;
    const shape = this.shape as Shaped;
    const before = new Set(images.filter((image) => past.has(image)));
    const verdicts = family.map(() => new Map<Image, boolean | undefined>());
    const constants = family.map((one) => (one.shape as Shaped).values);
    for (const { group, links } of this.byLinks(images, past)) {
      if (links.length > MAX_LINKS) continue;
      const judged = await judgeTogether(metadata.dataSource.manager, { metadata, shape }, constants, group, { before, links }); // prettier-ignore
      for (const [i, known] of verdicts.entries())
        for (const [j, image] of group.entries()) known.set(image, judged[i][j]);
    }
    return family.map((one, i) => {
      const unknowable = one.unknowable(before, past);
      return images.map((image) =>
        unknowable.has(image) ? undefined : (one.matches(image) ?? verdicts[i].get(image)),
      );
    });
  }

  /**
   * Images from before a commit that also changed related rows which may decide. The database has only the new state of
   * those rows.
   */
  private unknowable(images: ReadonlySet<Image>, past: ReadonlyMap<Image, Past>): Set<Image> {
    const deciding = new Map<readonly Change[], readonly Change[]>();
    const found = new Set<Image>();
    // The application's SQL may read anything; subscriptions that depend on what it reads refetch.
    if (this.isOpaque) return found;
    for (const image of images) {
      const { change, commit = [] } = past.get(image) as Past;
      if (commit.length < 2 && (commit[0] ?? change) === change) continue;
      const concerning = getOrAdd(deciding, commit, () => commit.filter((one) => !isLinkedOnly(one) && this.isConcernedBy(one))); // prettier-ignore
      if (concerning.some((one) => one !== change)) found.add(image);
    }
    return found;
  }

  /** Groups the images by the many-to-many rows to undo: images from before a commit are judged with the links as they were. */
  private byLinks(images: readonly Image[], past: ReadonlyMap<Image, Past>): readonly LinkedImages[] {
    const groups: LinkedImages[] = [];
    const open = new Map<string, LinkedImages>();
    for (const image of images) {
      const before = this.crossesLinks ? past.get(image) : undefined;
      const links = before?.change.links ?? [];
      const shared = before ? linksOfOthers(before) : [];
      const position = links.length + shared.length > 0 ? (before?.position ?? '') : '';
      let into = open.get(position);
      if (!into || into.links.length + links.length > MAX_LINKS) {
        into = { group: [], links: [...shared] };
        open.set(position, into);
        groups.push(into);
      }
      into.group.push(image);
      into.links.push(...links);
    }
    return groups;
  }

  isConcernedBy(change: Change): boolean {
    return mayAlter(this.predicate.condition, change);
  }
}

/** Many-to-many rows that the commit changed for other rows, whose columns it left unchanged. */
function linksOfOthers({ change, commit = [] }: Past): readonly Link[] {
  return commit.flatMap((one) => (one !== change && isLinkedOnly(one) ? (one.links ?? []) : []));
}

/** Whether only many-to-many rows were added or removed: images are judged with those as they were. */
function isLinkedOnly({ type, before, after, links = [] }: Change): boolean {
  return type === 'modified' && links.length > 0 && canonical(before) === canonical(after);
}
