import { describe } from 'vitest';
import { runEverythingOn } from './everything.js';

// SQLite in WebAssembly: where better-sqlite3 cannot be built.
describe('everything on sql.js', async () => {
  await runEverythingOn('sqljs');
});
