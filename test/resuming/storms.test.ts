// Many clients that come back: all at once, through a restart of both nodes, and again and again under writes.
//
// npm run resume -- --storm 5000
// npm run resume -- --rolling 300
// npm run resume -- --cuts 1000 --seconds 120

import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientOptions } from 'nestjs-jira-client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Dice } from '../authorization/support/dice.js';
import { seedOf } from '../support/seed.js';
import { describeWith } from '../support/services.js';
import { Proxy } from './support/proxy.js';
import { Reader } from './support/reader.js';
import { USERS, World } from './support/world.js';

const SEED = seedOf('RESUME_SEED');
const { RESUME_STORM, RESUME_ROLLING, RESUME_CUTS, RESUME_SECONDS = '120' } = process.env;
/** A figure is asked for: the other ones are not. */
const isFigure = [RESUME_STORM, RESUME_ROLLING, RESUME_CUTS].some((value) => value !== undefined);
const LONG = { timeout: 600_000, interval: 50 };
const WRITES_PER_SECOND = 20;
/** Statements by which the rows of one gap are judged: what is seen of them, and which refer to rows that are gone. */
const STATEMENTS = 2;

describeWith('redis', 'clients of two nodes', (redisUrl) => {
  let file: string;
  beforeEach(() => {
    file = join(tmpdir(), `jira-${randomUUID()}.sqlite`);
  });
  afterEach(() => rm(file, { force: true }));

  const open = (): Promise<World> =>
    World.open({ database: { type: 'better-sqlite3', database: file }, redisUrl, areApart: isFigure });

  const connect = async (count: number, urlOf: (n: number) => string, options: ClientOptions): Promise<Reader[]> => {
    const readers: Reader[] = [];
    while (readers.length < count) {
      const more = Array.from({ length: Math.min(100, count - readers.length) }, (_, i) => {
        const n = readers.length + i;
        return new Reader(urlOf(n), (n % USERS) + 1, n % 2 === 0, options);
      });
      await Promise.all(more.map(({ ready }) => ready));
      readers.push(...more);
    }
    return readers;
  };

  /** Closes them once they hold what they should, and were told it once, and never to refetch. */
  const settle = async (world: World, readers: readonly Reader[]): Promise<void> => {
    await vi.waitFor(async () => expect((await world.wrong(readers)).length).toBe(0), LONG);
    expect(readers.flatMap(({ twice }) => twice)).toEqual([]);
    expect(readers.filter(({ resets }) => resets > 0).length).toBe(0);
    for (const reader of readers) reader.close();
  };

  const told = (readers: readonly Reader[]): number => readers.reduce((sum, { recovered }) => sum + recovered, 0);
  const tell = (figure: string): void => console.info(figure); // oxlint-disable-line no-console -- what the command is for

  it.skipIf(isFigure && RESUME_STORM === undefined)(
    `come back at once after a restart, and cost the database what their channels do (seed ${SEED})`,
    { timeout: 900_000 },
    async () => {
      const count = Number(RESUME_STORM ?? 60);
      await using world = await open();
      const dice = new Dice(SEED);
      const hurry = isFigure ? {} : { reconnectMinMs: 10, reconnectMaxMs: 100 };
      const readers = await connect(count, () => world.balancer.url, hurry);
      for (let i = 0; i < 20; i++) await world.write(dice);
      await vi.waitFor(async () => expect((await world.wrong(readers)).length).toBe(0), LONG);
      world.balancer.cut();
      await vi.waitFor(() => expect(readers.some(({ isConnected }) => isConnected)).toBe(false), LONG);
      await world.restart(0);
      for (let i = 0; i < 50; i++) await world.write(dice);
      await world.reports();

      const [cpu, began] = [process.cpuUsage(), performance.now()];
      world.balancer.isOpen = true;
      await vi.waitFor(() => expect(readers.every(({ recovered, resets }) => recovered + resets > 0)).toBe(true), LONG);
      const ms = performance.now() - began;
      const reports = await world.reports();
      const clientsMs = process.cpuUsage(cpu).user / 1_000;
      tell(`${count} clients came back within ${ms.toFixed()} ms (their own CPU: ${clientsMs.toFixed()} ms): ${JSON.stringify(reports)}`); // prettier-ignore
      await settle(world, readers);
      const channels = reports.reduce((sum, report) => sum + report.channels, 0);
      const statements = reports.reduce((sum, report) => sum + report.statements, 0);
      // Chance decides whether a user came back to both nodes.
      expect(channels).toBeGreaterThanOrEqual(USERS);
      expect(channels).toBeLessThanOrEqual(2 * USERS);
      // Equal resumes share their work for a second.
      const turns = 1 + Math.floor(ms / 990);
      expect(statements).toBeLessThanOrEqual(STATEMENTS * channels * turns);
      if (!isFigure) return;
      expect(statements).toBeLessThanOrEqual(channels + count);
      expect(ms).toBeLessThan(10_000);
    },
  );

  it.skipIf(isFigure && RESUME_ROLLING === undefined)(
    `go through a rolling restart under writes without a reset (seed ${SEED})`,
    { timeout: 900_000 },
    async () => {
      const count = Number(RESUME_ROLLING ?? 20);
      await using world = await open();
      const dice = new Dice(SEED);
      const readers = await connect(count, () => world.balancer.url, { reconnectMinMs: 10, reconnectMaxMs: 100 });
      const over = new AbortController();
      let writes = 0;
      const writing = (async () => {
        for (; !over.signal.aborted; writes++) {
          await world.write(dice);
          await delay(1_000 / WRITES_PER_SECOND);
        }
      })();
      for (const n of [0, 1]) {
        await world.restart(n);
        await vi.waitFor(() => expect(readers.every(({ isConnected }) => isConnected)).toBe(true), LONG);
      }
      over.abort();
      await writing;
      // Each was at a node that stopped.
      await vi.waitFor(() => expect(readers.every(({ recovered }) => recovered > 0)).toBe(true), LONG);
      await settle(world, readers);
      tell(`${count} clients went through two restarts and ${writes} writes; they came back ${told(readers)} times`);
    },
  );

  it.skipIf(isFigure && RESUME_CUTS === undefined)(
    `lose their connections again and again, some without a word, and end with what they should (seed ${SEED})`,
    { timeout: 900_000 },
    async () => {
      const count = Number(RESUME_CUTS ?? 20);
      const [awayMs, everyMs, totalMs] = isFigure ? [2_000, 10_000, Number(RESUME_SECONDS) * 1_000] : [20, 150, 1_500];
      await using world = await open();
      const dice = new Dice(SEED);
      const proxies = await Promise.all(Array.from({ length: count }, (_, n) => Proxy.to(world.nodes[n % 2].url)));
      const heartbeat = isFigure
        ? { heartbeatIntervalMs: 1_000, heartbeatTimeoutMs: 4_000 }
        : { heartbeatIntervalMs: 20, heartbeatTimeoutMs: 2_000, connectTimeoutMs: 2_000 };
      // On a machine that is busy they must be able to wait until the others have come back.
      const options = { reconnectMinMs: 10, reconnectMaxMs: 3_000, ...heartbeat };
      const readers = await connect(count, (n) => proxies[n].url, options);
      const end = performance.now() + totalMs;
      let [cuts, writes] = [0, 0];
      const cutting = proxies.map(async (proxy, n) => {
        await delay((everyMs * n) / count);
        for (let round = 0; round === 0 || performance.now() < end; round++) {
          if ((n + round) % 2 === 0) proxy.cut();
          else proxy.lose();
          cuts++;
          await delay(awayMs);
          // Half of the time it comes back to the other node.
          proxy.targets = [world.nodes[(n + (round >> 1)) % 2].url];
          proxy.isOpen = true;
          await delay(everyMs - awayMs);
        }
      });
      const writing = (async () => {
        for (; writes < 20 || performance.now() < end; writes++) {
          await world.write(dice);
          await delay(1_000 / WRITES_PER_SECOND);
        }
      })();
      await Promise.all([...cutting, writing]);
      await vi.waitFor(() => expect(readers.every(({ recovered }) => recovered > 0)).toBe(true), LONG);
      await settle(world, readers);
      tell(`${count} clients were cut ${cuts} times under ${writes} writes; they came back ${told(readers)} times`);
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
    },
  );
});
