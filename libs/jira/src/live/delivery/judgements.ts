// Collects the verdicts of matchers on images: from memory where possible, otherwise by one batch of queries per
// matcher.

import { getOrAdd } from '../../core/support/get-or-add.js';
import { Gate } from '../../core/support/gate.js';
import type { Image } from '../../core/changes/change.js';
import { isObserved, publish } from '../../core/diagnostics/diagnostics.js';
import type { Channel, Past, RowMatcher } from './channel.js';

/** Thrown if it is unknown who saw a row: the rows that decided it were deleted or changed with it. */
export class UnknowableRow extends Error {
  override readonly name = 'UnknowableRow';
}

/** Rejects if related rows no longer decide what they decided when the channel last checked them. */
export async function assertUnaltered(channel: Channel): Promise<void> {
  if ((await channel.definition.readRelated?.()) !== channel.related) throw new UnknowableRow();
}

/** Requests need connections of the same pool, too. */
const QUERIES_AT_ONCE = 4;

export class Judgements {
  private readonly verdicts = new Map<RowMatcher, Map<Image, boolean | undefined>>();
  private readonly failures = new Map<RowMatcher, unknown>();
  private readonly questions = new Map<RowMatcher, Set<Image>>();
  private readonly past = new Map<Image, Past>();
  /** How many images memory could judge. */
  private decided = 0;

  /**
   * Records the queries needed to tell whether all matchers accept the image.
   *
   * @param past given if the image is from before a change
   */
  prepare(matchers: readonly RowMatcher[], image: Image, past?: Past): void {
    if (past) this.past.set(image, past);
    if (this.fromMemory(matchers, image) !== undefined) {
      this.decided++;
      return;
    }
    for (const matcher of matchers) {
      if (this.verdictOf(matcher, image) !== undefined) continue;
      const images = this.questions.get(matcher);
      if (images) images.add(image);
      else this.questions.set(matcher, new Set([image]));
    }
  }

  get hasQuestions(): boolean {
    return this.questions.size > 0;
  }

  /** Reports to diagnostics how many images memory judged. */
  tellMemory(): void {
    if (this.decided > 0 && isObserved('judge'))
      publish('judge', { by: 'memory', images: this.decided, durationMs: 0, isFailed: false });
  }

  /** Runs the recorded queries. Never rejects: a failed matcher throws when its verdict is used. */
  async ask(): Promise<void> {
    const families = new Map<unknown, RowMatcher[]>();
    for (const matcher of this.questions.keys())
      getOrAdd(families, matcher.family ?? matcher, (): RowMatcher[] => []).push(matcher);
    const gate = new Gate(QUERIES_AT_ONCE);
    await Promise.all([...families.values()].map((family) => gate.run(() => this.askFamily(family))));
    this.questions.clear();
  }

  /** Whether all matchers accept the image. Rethrows the error of a failed matcher. */
  accepts(matchers: readonly RowMatcher[], image: Image): boolean {
    return matchers.every((matcher) => {
      const verdict = this.verdictOf(matcher, image);
      if (verdict !== undefined) return verdict;
      if (this.failures.has(matcher))
        throw new Error('Could not decide who may see a row.', { cause: this.failures.get(matcher) });
      throw new UnknowableRow();
    });
  }

  private fromMemory(matchers: readonly RowMatcher[], image: Image): boolean | undefined {
    let verdict: boolean | undefined = true;
    for (const matcher of matchers) {
      const one = this.verdictOf(matcher, image);
      if (one === false) return false;
      if (one === undefined) verdict = undefined;
    }
    return verdict;
  }

  private verdictOf(matcher: RowMatcher, image: Image): boolean | undefined {
    let images = this.verdicts.get(matcher);
    if (!images) this.verdicts.set(matcher, (images = new Map<Image, boolean | undefined>()));
    if (!images.has(image)) images.set(image, matcher.matches(image));
    return images.get(image);
  }

  private async askFamily(family: readonly RowMatcher[]): Promise<void> {
    const [first] = family;
    if (!first.judgeFamily || family.length === 1) return this.askOne(first);
    const images = [...new Set(family.flatMap((one) => [...(this.questions.get(one) ?? [])]))];
    const startedAt = performance.now();
    try {
      const verdicts = await first.judgeFamily(family, images, this.past);
      for (const [i, matcher] of family.entries()) {
        const asked = this.questions.get(matcher);
        const known = this.verdicts.get(matcher);
        images.forEach((image, j) => asked?.has(image) && known?.set(image, verdicts[i][j]));
      }
    } catch (error) {
      for (const matcher of family) this.failures.set(matcher, error);
    }
    this.asked(images, startedAt, first);
  }

  private async askOne(matcher: RowMatcher): Promise<void> {
    const images = [...(this.questions.get(matcher) ?? [])];
    const startedAt = performance.now();
    try {
      const verdicts = await matcher.judge(images, this.past);
      const known = this.verdicts.get(matcher);
      images.forEach((image, i) => known?.set(image, verdicts[i]));
    } catch (error) {
      this.failures.set(matcher, error);
    }
    this.asked(images, startedAt, matcher);
  }

  private asked(images: readonly Image[], startedAt: number, matcher: RowMatcher): void {
    if (!isObserved('judge')) return;
    const isFailed = this.failures.has(matcher);
    publish('judge', { by: 'database', images: images.length, durationMs: performance.now() - startedAt, isFailed });
  }
}
