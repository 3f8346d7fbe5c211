// Chooses models so that every two levels of different factors meet, and says how many of them did.

import { FACTOR_NAMES, FACTORS, type Factor, type Spec } from './factors.js';
import type { Random } from './random.js';

const CANDIDATES = 12;

export class Covering {
  private readonly covered = new Set<string>();
  /** Pairs that never came out of draws which asked for them. */
  private readonly refused = new Set<string>();
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
    const best = this.nextOpen() ?? this.draw();
    for (const pair of pairsOf(best)) this.covered.add(pair);
    return best;
  }

  /** How many pairs were seen, of those that can be. */
  report(): { covered: number; possible: number } {
    const impossible = [...this.refused].filter((pair) => !this.covered.has(pair)).length;
    return { covered: this.covered.size, possible: allPairs().length - impossible };
  }

  private nextOpen(): Spec | undefined {
    for (let wanted = this.open.pop(); wanted !== undefined; wanted = this.open.pop()) {
      if (this.covered.has(wanted)) continue;
      const best = this.bestWith(wanted);
      if (best) return best;
      this.refused.add(wanted);
    }
    return undefined;
  }

  private bestWith(wanted: string): Spec | undefined {
    const [one, other] = wanted.split(' ').map((choice) => choice.split('=') as [Factor, string]);
    const has = (spec: Spec, [factor, level]: [Factor, string]): boolean => spec[factor] === level;
    const drawn = Array.from({ length: CANDIDATES }, () => this.draw(wanted));
    const fitting = drawn.filter((spec) => has(spec, one) && has(spec, other));
    const counts = fitting.map((spec) => pairsOf(spec).filter((pair) => !this.covered.has(pair)).length);
    return fitting[counts.indexOf(Math.max(...counts))];
  }

  private draw(wanted?: string): Spec {
    const drawn = Object.fromEntries(FACTOR_NAMES.map((factor) => [factor, this.random.oneOf(FACTORS[factor])]));
    for (const choice of wanted?.split(' ') ?? []) {
      const [factor, level] = choice.split('=') as [Factor, never];
      drawn[factor] = level;
    }
    return this.possible(drawn as Spec);
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
