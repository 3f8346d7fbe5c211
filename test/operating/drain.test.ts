// A server that drains under load: what it committed it has acknowledged. DRAIN_CLIENTS=5000 sets how many clients write.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestApp, type TestApp, type TestClient } from '../support/app.js';
import { Issue, seedTracker, TRACKER } from '../support/tracker.js';

const CLIENTS = Number(process.env['DRAIN_CLIENTS'] ?? 300);
const CONNECTED_AT_ONCE = 100;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jira-drain-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Writes one row after the other until the connection ends. Returns the titles that were acknowledged as created. */
function writeUntilEnd(
  client: TestClient,
  name: string,
): { readonly acknowledged: string[]; readonly ended: Promise<void> } {
  const acknowledged: string[] = [];
  const ended = new Promise<void>((resolve) => client.socket.once('disconnect', () => resolve()));
  const write = (i: number): void => {
    const title = `${name} ${i}`;
    const frame = { requestId: title, method: 'POST', action: 'create', data: { title, projectId: 1 } };
    client.socket.emit('issues', frame, ({ status }: { readonly status: number }) => {
      if (status === 201) acknowledged.push(title);
      if (status !== 503) write(i + 1);
    });
  };
  write(0);
  return { acknowledged, ended };
}

async function connectAll(app: TestApp): Promise<TestClient[]> {
  const clients: TestClient[] = [];
  while (clients.length < CLIENTS)
    clients.push(...(await Promise.all(Array.from({ length: Math.min(CONNECTED_AT_ONCE, CLIENTS - clients.length) }, () => app.connect(1))))); // prettier-ignore
  return clients;
}

it(`acknowledges every commit to ${CLIENTS} clients that write while it drains`, { timeout: 300_000 }, async () => {
  // No power is cut: thousands of writes need not wait for the disk.
  const prepareDatabase = (connection: { pragma(text: string): unknown }) =>
    void connection.pragma('synchronous = OFF');
  const database: DataSourceOptions = { type: 'better-sqlite3', database: join(folder, 'drain.db'), prepareDatabase };
  const limits = { connectionsPerUser: 100_000, handshakesPerSecond: 100_000, userRequestsInFlight: 100_000, drainMs: 60_000 }; // prettier-ignore
  const app = await createTestApp({ ...TRACKER, database, options: { limits } });
  await seedTracker(app);
  const before = await app.dataSource.getRepository(Issue).count();
  const clients = await connectAll(app);
  const writers = clients.map((client, i) => writeUntilEnd(client, `client ${i}`));
  const count = (): number => writers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
  await expect.poll(count, { interval: 5, timeout: 120_000 }).toBeGreaterThan(CLIENTS);
  await app.shutDown();
  await Promise.all(writers.map(({ ended }) => ended));

  const after = await new DataSource({ ...database, entities: TRACKER.entities as never }).initialize();
  const rows = await after.getRepository(Issue).find({ order: { id: 'ASC' }, skip: before, take: 10_000_000 });
  await after.destroy();
  const acknowledged = writers.flatMap((writer) => writer.acknowledged);
  expect(new Set(rows.map(({ title }) => title))).toEqual(new Set(acknowledged));
  expect(rows.length).toBe(acknowledged.length);
  // Each was asked to come back later, and no two at the same moment.
  const told = clients.flatMap(({ frames }) => frames.filter(({ event }) => event === '$reconnect'));
  expect(told.length).toBe(CLIENTS);
  expect(new Set(told.map(({ frame }) => frame['afterMs'])).size).toBeGreaterThan(CLIENTS / 10);
  await app.close();
});
