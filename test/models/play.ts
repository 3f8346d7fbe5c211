// One model from its spec to the end of its histories, and what is left of a failure when it has been made small.

import fc from 'fast-check';
import type { DatabaseType } from '../support/databases.js';
import { buildModel } from './entities.js';
import { described, FACTOR_NAMES, PLAIN, drawable, type Spec } from './factors.js';
import type { Places } from './places.js';
import { histories, type Step } from './steps.js';
import type { Tally } from './watches.js';
import { World } from './world.js';

export interface Failure {
  readonly spec: Partial<Spec>;
  readonly steps: readonly Step[];
  readonly error: unknown;
}

/** What one history of a model did; throws what did not hold. */
async function play(spec: Spec, database: DatabaseType, steps: readonly Step[], places: Places): Promise<Tally> {
  let world: World | undefined;
  try {
    world = await World.open(buildModel(spec, database), await places.next());
    await world.play(steps);
    return world.tally;
  } finally {
    await world?.close();
  }
}

/** Plays random histories of a model. Returns the failure, made as small as it gets. */
export async function examine(
  spec: Spec,
  database: DatabaseType,
  places: Places,
  options: { seed: number; runs: number; length: number; shrinkMs: number; onTally: (tally: Tally) => void },
): Promise<Failure | undefined> {
  const fails = async (steps: readonly Step[], tried: Spec): Promise<unknown> => {
    try {
      options.onTally(await play(tried, database, steps, places));
      return undefined;
    } catch (error) {
      return error;
    }
  };
  let until = Infinity;
  const property = fc.asyncProperty(histories(options.length), async (steps) => {
    if (Date.now() > until) return; // small enough
    const error = await fails(steps, spec);
    if (error === undefined) return;
    until = Math.min(until, Date.now() + options.shrinkMs);
    throw error as Error;
  });
  const result = await fc.check(property, { seed: options.seed, numRuns: options.runs, endOnFailure: options.shrinkMs === 0 }); // prettier-ignore
  if (!result.failed || !result.counterexample) return undefined;
  const [steps] = result.counterexample;
  let smallest = spec;
  let error: unknown = result.errorInstance;
  for (const factor of options.shrinkMs === 0 ? [] : FACTOR_NAMES) {
    const tried = drawable({ ...smallest, [factor]: PLAIN[factor] }, database);
    if (smallest[factor] === PLAIN[factor] || tried[factor] !== PLAIN[factor]) continue;
    const found = await fails(steps, tried);
    if (found !== undefined && (found as Error).constructor === (error as Error).constructor) [smallest, error] = [tried, found];
  } // prettier-ignore
  return { spec: described(smallest), steps, error };
}
