// `npm run resume -- --runs 10000 --database postgres --seed 1 --forgeries 100000`: the histories and the forged tokens of
// test/resuming, as many as asked for. Or one of its figures: `--storm 5000`, `--rolling 300`, `--cuts 1000 --seconds 120`.

import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    forgeries: { type: 'string', default: '100000' },
    database: { type: 'string' },
    seed: { type: 'string' },
    storm: { type: 'string' },
    rolling: { type: 'string' },
    cuts: { type: 'string' },
    seconds: { type: 'string' },
  },
});
const { runs, forgeries, database, seed, storm, rolling, cuts, seconds } = values;
const isFigure = (storm ?? rolling ?? cuts) !== undefined;
const given = {
  RESUME_RUNS: runs,
  RESUME_FORGERIES: forgeries,
  RESUME_DATABASE: database === 'sqlite' ? 'better-sqlite3' : database,
  RESUME_SEED: seed,
  RESUME_STORM: storm,
  RESUME_ROLLING: rolling,
  RESUME_CUTS: cuts,
  RESUME_SECONDS: seconds,
};
const env = { ...process.env, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
const files = isFigure
  ? ['test/resuming/storms.test.ts']
  : ['test/resuming/histories.test.ts', 'libs/jira/src/live/delivery/resume-tokens.spec.ts'];
const { status } = spawnSync('npx', ['vitest', 'run', ...files], { env, stdio: 'inherit' });
process.exit(status ?? 1);
