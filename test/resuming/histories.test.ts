// Random histories with cuts, judged by the tables alone: nobody is left with stale rows, nor told of a row out of sight.
//
// npm run resume -- --runs 10000 --database postgres --seed 1

import { expect, it } from 'vitest';
import { createTestApp } from '../support/app.js';
import { describeEachDatabase, type DatabaseType } from '../support/databases.js';
import { seedOf } from '../support/seed.js';
import { ENTITIES, HOOKS } from './support/entities.js';
import { Histories, seedHistories, type Tally } from './support/histories.js';

const RUNS = Number(process.env['RESUME_RUNS'] ?? (process.env['CI'] ? 60 : 15));
const SEED = seedOf('RESUME_SEED');
/** Long runs say from time to time how far they are. */
const PROGRESS = 250;
const ONLY = process.env['RESUME_DATABASE'] as DatabaseType | undefined;

function tell(type: DatabaseType, { faults: _, ...counts }: Tally): void {
  // oxlint-disable-next-line no-console -- how much was played is what the test shows
  console.info(`${type}: ${JSON.stringify(counts)}, seed ${SEED}`);
}

describeEachDatabase('subscribers that come and go', ({ type, options }) => {
  it.skipIf(ONLY !== undefined && ONLY !== type)(
    `hold what they may see, and were told of nothing else (seed ${SEED})`,
    { timeout: 60_000 + RUNS * 5_000 },
    async () => {
      await using app = await createTestApp({
        entities: ENTITIES,
        providers: HOOKS,
        database: await options([]),
        options: { limits: { connectionsPerUser: 10_000, userRequestsPerSecond: 100_000 } },
      });
      await seedHistories(app);
      const tally: Tally = { histories: 0, recovered: 0, refetched: 0, told: 0, faults: [] };
      const histories = new Histories(app, tally);
      for (let run = 1; run <= RUNS && tally.faults.length === 0; run++) {
        await histories.play(SEED + run - 1);
        if (run % PROGRESS === 0 || run === RUNS) tell(type, tally);
      }
      const { faults } = tally;
      expect(faults).toEqual([]);
      expect(Math.min(tally.recovered, tally.refetched, tally.told)).toBeGreaterThan(0);
    },
  );
});
