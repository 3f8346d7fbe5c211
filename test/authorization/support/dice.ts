// Random tasks, filters and words, the same for the same seed.

import type { Task } from './entities.js';
import type { Filter } from './world.js';

export const TEAMS = [1, 2, 3];
export const WATCHERS = [1, 2];
export const WRITER = 3;

export class Dice {
  /** A random number from 0 (included) to 1 (excluded). */
  readonly chance: () => number;

  constructor(seed: number) {
    this.chance = random(seed);
  }

  fields(): Omit<Task, 'id' | 'team' | 'readers'> {
    const [title, secret] = [this.word(), this.word()];
    const ownerId = this.oneOf([...WATCHERS, ...WATCHERS, WRITER, null]);
    const level = this.oneOf([1, 2, 3, null]);
    return { title, secret, ownerId, level, isPublic: this.chance() < 0.3, teamId: this.oneOf([...TEAMS, ...TEAMS, null]) };
  } // prettier-ignore

  pick<K extends 'teamId' | 'ownerId' | 'title' | 'isPublic' | 'level'>(names: readonly K[]): Partial<Pick<Task, K>> {
    const fields = this.fields();
    const name = this.oneOf(names);
    return { [name]: fields[name] } as Partial<Pick<Task, K>>;
  }

  filter(): Filter {
    const roll = this.chance();
    if (roll < 0.5) return {};
    return roll < 0.75 ? { teamId: this.oneOf(TEAMS) } : { isPublic: this.chance() < 0.5 };
  }

  word(): string {
    return Math.floor(this.chance() * 2 ** 40).toString(36);
  }

  oneOf<T>(items: readonly T[]): T {
    return items[Math.floor(this.chance() * items.length)];
  }
}

/** mulberry32: a generator that gives the same numbers for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
