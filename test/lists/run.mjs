// `npm run lists -- --queries 10000 --database postgres --seed 1`: the live lists of test/lists/oracle.test.ts, as many as
// asked for.

import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '1000' },
    database: { type: 'string' },
    seed: { type: 'string' },
  },
});
const { queries, database, seed } = values;
const given = {
  LISTS_QUERIES: queries,
  LISTS_DATABASE: database === 'sqlite' ? 'better-sqlite3' : database,
  LISTS_SEED: seed,
};
const env = { ...process.env, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
const { status } = spawnSync('npx', ['vitest', 'run', 'test/lists/oracle.test.ts'], { env, stdio: 'inherit' });
process.exit(status ?? 1);
