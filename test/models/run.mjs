// `npm run models -- --runs 2000 --database postgres --seed 1`: the models of test/models, as many as asked for.

import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    database: { type: 'string' },
    seed: { type: 'string' },
    steps: { type: 'string' },
    failures: { type: 'string' },
    shrink: { type: 'string' },
  },
});
const { runs, database, seed, steps, failures, shrink } = values;
const given = {
  MODEL_RUNS: runs,
  MODEL_DATABASE: database === 'sqlite' ? 'better-sqlite3' : database,
  MODEL_SEED: seed,
  MODEL_STEPS: steps,
  MODEL_FAILURES: failures,
  MODEL_SHRINK_MS: shrink,
};
const env = { ...process.env, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
const { status } = spawnSync('npx', ['vitest', 'run', 'test/models/models.test.ts'], { env, stdio: 'inherit' });
process.exit(status ?? 1);
