// Differential oracle: whatever several actors do to the tables, replaying what was announced gives the tables.
//
// ORACLE_RUNS=10000 npx vitest run test/capture/oracle.test.ts    ORACLE_SEED=… repeats a run

import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installSqliteLeases } from '../../libs/jira/src/commits/leases/sqlite-leases.js';
import { describeEachDatabase, type DatabaseType } from '../support/databases.js';
import { seedOf } from '../support/seed.js';
import { histories, play } from './support/histories.js';
import { Mirror } from './support/mirror.js';
import { Label, Seat, Task } from './support/oracle-entities.js';

const RUNS = Number(process.env['ORACLE_RUNS'] ?? (process.env['CI'] ? 1_000 : 60));
const SEED = seedOf('ORACLE_SEED');

/** Deadlocks are part of the game; the default second of PostgreSQL would make it a long one. */
const EXTRA: Partial<Record<DatabaseType, object>> = { postgres: { options: '-c deadlock_timeout=20ms' } };

describeEachDatabase('Differential oracle', ({ type, options }) => {
  let dataSource: DataSource;
  let mirror: Mirror;

  beforeAll(async () => {
    const place = await options([Task, Label, Seat]);
    dataSource = await new DataSource(Object.assign(place, { extra: EXTRA[type] })).initialize();
    installSqliteLeases(dataSource, { lockTimeoutMs: 20_000 });
    mirror = new Mirror(dataSource, ['Task', 'Label', 'Seat'], ['Task']);
  });
  afterAll(() => dataSource?.destroy());

  const reset = async (): Promise<void> => {
    for (const { tablePath } of dataSource.entityMetadatas) {
      await dataSource.query(`DELETE FROM ${dataSource.driver.escape(tablePath)}`);
    }
    mirror.forget();
    await dataSource.manager.insert(Label, [{ code: 'l0', weight: 1 }, { code: 'l1' }]);
    await dataSource.manager.insert(Task, [{ name: 'n0' }, { name: 'n1', points: 1 }, {}]);
  };

  it(`replays ${RUNS} histories of seed ${SEED} to what the tables hold`, { timeout: 0 }, async () => {
    let changes = 0;
    const property = fc.asyncProperty(histories, async (history) => {
      await reset();
      await play(dataSource, history);
      const faults = await mirror.compare();
      if (faults.length > 0) throw new Error(faults.join('\n'));
      changes += mirror.changes.length;
    });
    await fc.assert(property, { numRuns: RUNS, seed: SEED });
    process.stdout.write(`oracle on ${type}: ${RUNS} histories, ${changes} changes, seed ${SEED}\n`);
    expect(changes).toBeGreaterThan(RUNS);
  });
});
