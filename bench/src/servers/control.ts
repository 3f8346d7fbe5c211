// What every server process reports to the runner: its port, its CPU time, its memory.

import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { clockMs } from '../work/clock.js';
import { answerCalls } from '../work/ipc.js';
import { LISTED_ROWS, SEEDED_ROWS } from '../work/issues.js';
import { startProfile, stopProfile } from './profile.js';

/** CPU time that all threads of the process have used, in microseconds. */
export interface CpuReading {
  readonly microseconds: number;
}

export interface MemoryReading {
  readonly rss: number;
  /** Bytes that V8 accounts for: the heap, buffers and other external memory. */
  readonly accounted: number;
}

/** Functions that only some servers have. */
export interface Abilities {
  /** Runs updates by criteria, of ten rows each, one after another; returns how many it ran. */
  update?(order: UpdateOrder): Promise<number>;
}

export interface UpdateOrder {
  readonly updates: number;
  readonly watched: boolean;
}

/** The row this process was started for. */
export const ROW = process.argv[2] ?? '';

/** Number of rows before the first request. */
export const ROWS = ROW === 'live-list' ? LISTED_ROWS : SEEDED_ROWS;

const commits: number[] = [];

/** Records the time of a commit, for the latency row. */
export function markCommit(): void {
  commits.push(clockMs());
}

/** Answers the calls of the runner: where the server listens, and what it measures. */
export function serve(server: Server, abilities: Abilities = {}): void {
  answerCalls({
    port: () => (server.address() as AddressInfo).port,
    cpu: readCpu,
    memory: readMemory,
    startProfile,
    stopProfile,
    commits: () => commits.splice(0),
    update: (order: UpdateOrder) => {
      if (abilities.update === undefined) throw new Error('This server has no update().');
      return abilities.update(order);
    },
  });
}

function readCpu(): CpuReading {
  const { user, system } = process.cpuUsage();
  return { microseconds: user + system };
}

function readMemory(): MemoryReading {
  if (globalThis.gc === undefined) throw new Error('The server process needs --expose-gc.');
  // Finalizers that run after one collection free what the next one finds.
  for (let i = 0; i < 3; i++) globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, accounted: heapUsed + external };
}

/** Listens on the loopback address, on a port that the system chooses. */
export function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}
