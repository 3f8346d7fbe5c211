// Several processes on one database without a change log that they share: somebody says so, and only then.

import { Logger } from '@nestjs/common';
import { Expose } from 'class-transformer';
import { Column, Entity, PrimaryGeneratedColumn, type DataSourceOptions } from 'typeorm';
import { afterEach, beforeEach, expect, it, vi, type MockInstance } from 'vitest';
import { Hook, IsAuthenticated, ReadOnlyModelHook } from 'nestjs-jira';
import { MemoryChangeLog, type ChangeLog } from 'nestjs-jira/ports';
import { SpareConnection } from '../../libs/jira/src/commits/spare-connection.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { describeEachServer } from '../support/databases.js';
import { TRACKER } from '../support/tracker.js';

@Entity()
class Invoice {
  @PrimaryGeneratedColumn() id: number;
  @Column() total: number;
}

class InvoiceView {
  @Expose() id: number;
  @Expose() total: number;
}

@Hook('invoices')
class InvoiceHook extends ReadOnlyModelHook<Invoice> {
  entity = Invoice;
  output = InvoiceView;
  permissions = [IsAuthenticated];
}

const INVOICES = { entities: [Invoice], providers: [InvoiceHook] };

describeEachServer('an application that shares no change log', ({ options }) => {
  let warn: MockInstance<Logger['warn']>;
  let looks: MockInstance<SpareConnection['ask']>;
  const warnings = (): string[] => warn.mock.calls.map(([message]) => String(message)).filter((text) => text.startsWith('Another process')); // prettier-ignore
  /** Every application has looked this many times more, and is done with all but the last. */
  const looked = async (times: number): Promise<void> => {
    const before = looks.mock.calls.length;
    await expect.poll(() => looks.mock.calls.length - before).toBeGreaterThanOrEqual(times);
  };
  const start = (database: DataSourceOptions, content = TRACKER, more = {}): Promise<TestApp> =>
    createTestApp({ ...content, database, options: { otherProcessesMs: 20, ...more } });

  beforeEach(() => {
    warn = vi.spyOn(Logger.prototype, 'warn').mockClear();
    looks = vi.spyOn(SpareConnection.prototype, 'ask').mockClear();
  });
  afterEach(() => vi.restoreAllMocks());

  it('is told once of another that uses its tables, with the cure', async () => {
    const database = await options([...TRACKER.entities]);
    await using one = await start(database);
    await looked(1);
    await using two = await start(database);
    await expect.poll(warnings).toHaveLength(1);
    expect(warnings()[0]).toMatch(/\(issue, project\) of data source "default".*redisCluster/);
    await looked(5);
    expect(warnings()).toHaveLength(1);
    await work(one, two);
  });

  it('is left alone on its own, beside another with other tables, and once another has ended', async () => {
    const database = await options([...TRACKER.entities, Invoice]);
    const first = await start(database);
    await using invoices = await start(database, INVOICES as never);
    await looked(4);
    await first.close();
    await using second = await start(database);
    await looked(6);
    expect(warnings()).toEqual([]);
    await work(invoices, second);
  });

  it('is left alone where its own session was lost, and the server has not noticed', async () => {
    const database = await options([...TRACKER.entities]);
    await using app = await start(database);
    await looked(2);
    // The session stays as it is; the next look has another one, as after a connection that broke.
    vi.spyOn(SpareConnection.prototype, 'letGo').mockResolvedValue();
    const [spare] = looks.mock.contexts as unknown as { kept: Promise<{ release(): Promise<void> }> }[];
    const lost = await spare.kept;
    Object.assign(spare, { kept: undefined, opening: undefined });
    await looked(4);
    expect(warnings()).toEqual([]);
    await work(app);
    await lost.release();
  });

  it('does not look where a change log is shared, or when it is told not to', async () => {
    const database = await options([...TRACKER.entities]);
    await using quiet = await start(database, TRACKER, { otherProcessesMs: false });
    await using shared = await start(database, TRACKER, { changeLog: sharedLog() });
    await using watching = await start(database);
    await looked(4);
    expect(warnings()).toEqual([]);
    expect(new Set(looks.mock.contexts).size).toBe(1);
    await work(quiet, shared, watching);
  });
});

async function work(...apps: readonly TestApp[]): Promise<void> {
  for (const { dataSource } of apps) expect(await dataSource.query('SELECT 1 AS one')).toMatchObject([{ one: 1 }]);
}

/** One that says nothing of being in memory. */
function sharedLog(): ChangeLog {
  const log = new MemoryChangeLog();
  const bound = (key: string | symbol): unknown => {
    const value: unknown = Reflect.get(log, key);
    return typeof value === 'function' ? (value.bind(log) as unknown) : value;
  };
  return new Proxy(log, { getPrototypeOf: () => null, get: (_, key) => bound(key) });
}
