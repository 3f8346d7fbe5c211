// Mappings drawn at random: whatever TypeORM maps, and however it is written, users see what they may, and all of it.
//
// npm run models -- --runs 2000 --database postgres --seed 1

import { expect, it } from 'vitest';
import { DATABASES, describeEachDatabase, type DatabaseType } from '../support/databases.js';
import { seedOf } from '../support/seed.js';
import { Covering } from './covering.js';
import { described, drawable } from './factors.js';
import { examine } from './play.js';
import { Places } from './places.js';
import { Random } from './random.js';
import type { Tally } from './watches.js';

const RUNS = Number(process.env['MODEL_RUNS'] ?? (process.env['CI'] ? 100 : 5));
const SEED = seedOf('MODEL_SEED');
const ONLY = process.env['MODEL_DATABASE'] as DatabaseType | undefined;
const LENGTH = Number(process.env['MODEL_STEPS'] ?? 12);
/** How long one failure is made smaller; 0 = it is told as it is. */
const SHRINK_MS = Number(process.env['MODEL_SHRINK_MS'] ?? 20_000);
const MAX_FAILURES = Number(process.env['MODEL_FAILURES'] ?? 1);

describeEachDatabase('mappings drawn at random', ({ type, options }) => {
  it.skipIf(ONLY !== undefined && ONLY !== type)(`show users what they may see (seed ${SEED})`, { timeout: 60_000 + RUNS * 20_000 }, async () => {
    expect(DATABASES).toContain(ONLY ?? type);
    const covering = new Covering(new Random(SEED), (spec) => drawable(spec, type));
    const total: Tally = { frames: 0, resets: 0, written: 0, refused: 0 };
    const onTally = (tally: Tally): void => {
      for (const name of Object.keys(total) as (keyof Tally)[]) total[name] += tally[name];
    };
    await using places = await Places.open(type, await options([]));
    const failures: unknown[] = [];
    for (let run = 0; run < RUNS && failures.length < MAX_FAILURES; run++) {
      const spec = covering.next();
      const failure = await examine(spec, type, places, { seed: SEED + run, runs: 1, length: LENGTH, shrinkMs: SHRINK_MS, onTally });
      if (failure) {
        const message = String((failure.error as Error).stack);
        failures.push({ ...failure, error: message, drawn: described(spec) });
        // oxlint-disable-next-line no-console -- what was found, as a test by name says it
        console.error(JSON.stringify({ spec: failure.spec, steps: failure.steps, drawn: described(spec) }), message);
      }
    }
    const { covered, possible } = covering.report();
    // oxlint-disable-next-line no-console -- how much was drawn is what the test shows
    console.info(`${type}: ${RUNS} models, seed ${SEED}, ${covered} of ${possible} pairs; ${JSON.stringify(total)}`);
    expect(failures).toEqual([]);
    // A few models may have nothing to tell.
    expect(Math.min(total.frames, total.written, total.refused)).toBeGreaterThan(RUNS < 20 ? -1 : 0);
  });
}); // prettier-ignore
