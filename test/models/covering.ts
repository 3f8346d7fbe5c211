// Chooses models so that every two levels of different factors meet, and says how many of them did.

import { FACTOR_NAMES, FACTORS, type Factor, type Spec } from './factors.js';
import type { Random } from './random.js';

const CANDIDATES = 12;

export class Covering {
  private readonly covered = new Set<string>();
  /** Pairs that never came out of a draw which asked for them. */
  private readonly refused = new Map<string, number>();
  private readonly open: string[];

  /** @param possible takes from a spec what does not go together */
  constructor(
    private readonly random: Random,
    private readonly possible: (spec: Spec) => Spec,
  ) {
    this.open = this.random.shuffled(allPairs());
  }

  /** The next model: one that has a pair which was not seen yet, and as many more of these as a few draws give. */
  next(): Spec {
    const wanted = this.nextOpen();
    let best = this.draw(wanted);
    let most = this.newPairs(best);
    const draws = wanted === undefined ? 1 : CANDIDATES;
    for (let i = 1; i < draws; i++) {
      const candidate = this.draw(wanted);
      const count = this.newPairs(candidate);
      if (count > most) [best, most] = [candidate, count];
    }
    const pairs = pairsOf(best);
    for (const pair of pairs) this.covered.add(pair);
    if (wanted !== undefined && !this.covered.has(wanted))
      this.refused.set(wanted, (this.refused.get(wanted) ?? 0) + 1);
    return best;
  }

  /** How many pairs were seen, of those that can be. */
  report(): { covered: number; possible: number } {
    const impossible = [...this.refused].filter(([pair, times]) => times >= 2 && !this.covered.has(pair)).length;
    return { covered: this.covered.size, possible: allPairs().length - impossible };
  }

  private nextOpen(): string | undefined {
    while (this.open.length > 0) {
      const pair = this.open.at(-1) as string;
      if (!this.covered.has(pair) && (this.refused.get(pair) ?? 0) < 2) return pair;
      this.open.pop();
    }
    return undefined;
  }

  private draw(wanted: string | undefined): Spec {
    const drawn = Object.fromEntries(FACTOR_NAMES.map((factor) => [factor, this.random.oneOf(FACTORS[factor])]));
    for (const choice of wanted?.split(' ') ?? []) {
      const [factor, level] = choice.split('=') as [Factor, never];
      drawn[factor] = level;
    }
    return this.possible(drawn as Spec);
  }

  private newPairs(spec: Spec): number {
    return pairsOf(spec).filter((pair) => !this.covered.has(pair)).length;
  }
}

function pairsOf(spec: Spec): string[] {
  return FACTOR_NAMES.flatMap((one, index) =>
    FACTOR_NAMES.slice(index + 1).map((other) => `${one}=${spec[one]} ${other}=${spec[other]}`),
  );
}

function allPairs(): string[] {
  return FACTOR_NAMES.flatMap((one, index) =>
    FACTOR_NAMES.slice(index + 1).flatMap((other) =>
      FACTORS[one].flatMap((level) => FACTORS[other].map((second) => `${one}=${level} ${other}=${second}`)),
    ),
  );
}
