// Measures one row: each server has a process and a generator of its own, and rounds are interleaved.

import type { MemoryReading, UpdateOrder } from '../servers/control.js';
import { WrongAnswer } from '../work/ipc.js';
import { ROWS_OF_A_PROJECT } from '../work/issues.js';
import type { Row, ServerName } from '../work/rows.js';
import type { Options, Plan } from './options.js';
import { Pair } from './pair.js';
import { percentile } from './statistics.js';

/** One line of the table, with a figure for each round of each server. */
export interface Line {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly better: Row['better'];
  readonly figures: Partial<Record<ServerName, readonly number[]>>;
}

export async function measureRow(row: Row, options: Options): Promise<Line[]> {
  const servers = row.servers.filter((name) => options.servers.includes(name));
  if (row.name === 'memory') return [await measureMemory(row, servers, options.plan)];
  const pairs: Pair[] = [];
  try {
    pairs.push(...(await Promise.all(servers.map((name) => Pair.start(row, name)))));
    for (const pair of pairs) await pair.open(row);
    return await (row.name === 'latency'
      ? measureLatency(row, pairs, options)
      : measureThroughput(row, pairs, options));
  } finally {
    await Promise.all(pairs.map((pair) => pair.stop()));
  }
}

async function measureThroughput(row: Row, pairs: readonly Pair[], { plan, profile }: Options): Promise<Line[]> {
  const figures = emptyFigures(pairs);
  await runRound(row, pairs, plan.warmUpCpuMs);
  await withProfiles(row, pairs, profile, async () => {
    for (let n = 0; n < plan.rounds; n++)
      for (const [name, figure] of await runRound(row, turned(pairs, n), plan.roundCpuMs)) figures[name]?.push(figure);
  });
  return [{ ...row, figures }];
}

const SLICE_MS = 200;
/** Ends a round even on the busiest machine. */
const MOST_SLICES = 100;

/** Works in short slices, the servers in turn, until each has used its CPU budget: a disturbance then affects all. */
async function runRound(row: Row, pairs: readonly Pair[], cpuMs: number): Promise<Map<ServerName, number>> {
  const progress = new Map<Pair, { mark: number; used: number; units: number }>();
  for (const pair of pairs) {
    await pair.settle();
    progress.set(pair, { mark: await pair.cpuMs(), used: 0, units: 0 });
  }
  for (let n = 0; n < MOST_SLICES; n++)
    for (const [pair, its] of progress) {
      if (its.used >= cpuMs) continue;
      its.units += await runSlice(row, pair);
      const now = await pair.cpuMs();
      its.used += now - its.mark;
      its.mark = row.name === 'connect' ? await closeAll(pair) : now;
    }
  return new Map([...progress].map(([{ name }, { used, units }]) => [name, (units / used) * 1000]));
}

/** Closes all connections between two slices, unmeasured; returns the server's CPU time afterwards. */
async function closeAll(pair: Pair): Promise<number> {
  await pair.generator.call('tidy');
  await pair.settle();
  return pair.cpuMs();
}

async function runSlice(row: Row, { name, server, generator }: Pair): Promise<number> {
  if (row.name !== 'update' && row.name !== 'update-unwatched') return generator.call('round', SLICE_MS);
  const watched = row.name === 'update';
  const updates = await server.call<number>('update', { updates: SLICE_MS, watched } satisfies UpdateOrder);
  const events = await generator.call<number>('round', SLICE_MS);
  const expected = (name === 'jira' || name === 'ordinary') && watched ? updates * ROWS_OF_A_PROJECT : 0;
  if (events !== expected) throw new WrongAnswer(`${name} announced ${events} of ${expected} updated rows`);
  return updates;
}

/** Runs by the clock, one server at a time. */
async function measureLatency(row: Row, pairs: readonly Pair[], { plan, profile }: Options): Promise<Line[]> {
  const [p50, p99] = [emptyFigures(pairs), emptyFigures(pairs)];
  for (const pair of pairs) await latenciesOf(pair, plan.latencyMs / 4);
  await withProfiles(row, pairs, profile, async () => {
    for (let n = 0; n < plan.rounds; n++)
      for (const pair of turned(pairs, n)) {
        await pair.settle();
        const latencies = await latenciesOf(pair, plan.latencyMs);
        p50[pair.name]?.push(percentile(latencies, 0.5));
        p99[pair.name]?.push(percentile(latencies, 0.99));
      }
  });
  return [
    { ...row, name: `${row.name}-p50`, title: `${row.title}, p50`, figures: p50 },
    { ...row, name: `${row.name}-p99`, title: `${row.title}, p99`, figures: p99 },
  ];
}

async function latenciesOf({ name, server, generator }: Pair, durationMs: number): Promise<number[]> {
  await server.call('commits');
  const writes = await generator.call<number>('round', durationMs);
  const commits = await server.call<number[]>('commits');
  const arrivals = await generator.call<number[]>('lastArrivals');
  if (commits.length !== writes || arrivals.length !== writes)
    throw new WrongAnswer(`${name} made ${commits.length} commits of ${writes} writes`);
  return arrivals.map((at, index) => at - (commits[index] ?? NaN));
}

/** Starts a process for each round, because memory does not shrink again. */
async function measureMemory(row: Row, servers: readonly ServerName[], plan: Plan): Promise<Line> {
  const figures: Record<string, number[]> = Object.fromEntries(servers.map((name) => [name, []]));
  for (let n = 0; n < plan.memoryRounds; n++)
    for (const name of servers) {
      const pair = await Pair.start(row, name);
      try {
        await pair.open(row);
        await pair.settle();
        const before = await pair.server.call<MemoryReading>('memory');
        const connections = await pair.generator.call<number>('round', 0);
        await pair.settle();
        const after = await pair.server.call<MemoryReading>('memory');
        figures[name]?.push((after.rss - before.rss) / 1024 / connections);
      } finally {
        await pair.stop();
      }
    }
  return { ...row, figures };
}

async function withProfiles(
  row: Row,
  pairs: readonly Pair[],
  folder: string | undefined,
  work: () => Promise<void>,
): Promise<void> {
  if (folder === undefined) return work();
  for (const { server } of pairs) await server.call('startProfile');
  await work();
  for (const { name, server } of pairs) await server.call('stopProfile', { folder, name: `${row.name}-${name}` });
}

function emptyFigures(pairs: readonly Pair[]): Partial<Record<ServerName, number[]>> {
  return Object.fromEntries(pairs.map(({ name }) => [name, []]));
}

/** Rotates the order in each round, so that no server always follows the same one. */
function turned<Item>(items: readonly Item[], n: number): Item[] {
  const first = n % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
